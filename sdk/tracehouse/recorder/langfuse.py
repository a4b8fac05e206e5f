"""A second home for spans: Langfuse, where its variables are set.

With `LANGFUSE_PUBLIC_KEY`, `LANGFUSE_SECRET_KEY` and `LANGFUSE_BASE_URL` (or `LANGFUSE_HOST`) set
in the environment, what is recorded goes there as well, through a buffer and a thread of its own:
either destination can be away and the other does not notice. Spans go there when they have ended,
since Langfuse does not change what it has, and with Langfuse's own attributes beside ours.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from tracehouse.recorder.spans import SpanVersion, encode_versions
from tracehouse.settings import Destination
from tracehouse_semconv import attributes as names

_PATH = "/api/public/otel/v1/traces"
_TYPES = {
    "invoke_agent": "agent", "execute_tool": "tool", "chat": "generation",
    "user_msg": "event", "assistant_msg": "generation", "tool_use": "tool", "tool_result": "event",
    "thinking": "event", "attachment": "event", "experiment_item": "span",
}  # fmt: skip
_INPUTS = (
    names.TRACEHOUSE_EVALUATION_INPUT, "gen_ai.tool.call.arguments", "gen_ai.input.messages",
)  # fmt: skip
_OUTPUTS = (
    names.TRACEHOUSE_EVALUATION_OUTPUT, names.GEN_AI_TOOL_CALL_RESULT, "gen_ai.output.messages",
)  # fmt: skip


def langfuse_destination(own: Destination) -> Destination | None:
    """Where Langfuse's variables point, if they are all set and that is not our own server."""
    public, secret = (os.environ.get(f"LANGFUSE_{kind}_KEY") for kind in ("PUBLIC", "SECRET"))
    base = os.environ.get("LANGFUSE_BASE_URL") or os.environ.get("LANGFUSE_HOST")
    return destination_of(public, secret, base, own) if public and secret and base else None


def destination_of(public: str, secret: str, base: str, own: Destination) -> Destination | None:
    """A Langfuse with its keys; None where it is our own server."""
    base = base.rstrip("/")
    # One of our keys, or our address: Langfuse's SDK is told to send here, which has it already.
    if secret.startswith("ba_") or base == own.api_base:
        return None
    basic = base64.b64encode(f"{public}:{secret}".encode()).decode()
    return Destination(
        base,
        secret,  # tells the buffer apart: `tracehouse sync` must not send it to our server
        headers=(("Authorization", f"Basic {basic}"), ("x-langfuse-ingestion-version", "4")),
        urls=(("traces", f"{base}{_PATH}"),),
    )


def encode_for_langfuse(versions: Iterable[SpanVersion]) -> bytes:
    """An ExportTraceServiceRequest of those that have ended."""
    ended = (version.span for version in versions if not version.pending)
    return encode_versions(SpanVersion(_in_langfuse_words(span), pending=False) for span in ended)


def _in_langfuse_words(span: ReadableSpan) -> ReadableSpan:
    """The same span with Langfuse's attributes beside its own."""
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={**_said(span.attributes or {}), **(span.attributes or {})},
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _said(attributes: Mapping[str, Any]) -> dict[str, Any]:
    operation = attributes.get(names.TRACEHOUSE_SPAN_KIND) or attributes.get(
        names.GEN_AI_OPERATION_NAME
    )
    found: dict[str, Any] = {
        "langfuse.observation.type": _TYPES.get(str(operation)),
        "session.id": attributes.get(names.GEN_AI_CONVERSATION_ID),
        "user.id": attributes.get(names.TRACEHOUSE_SUBJECT_ID),
        "langfuse.trace.name": attributes.get(names.TRACEHOUSE_TASK_NAME),
        "langfuse.observation.input": _first(attributes, _INPUTS),
        "langfuse.observation.output": _first(attributes, _OUTPUTS),
        **_of_rollout(attributes),
    }
    return {name: value for name, value in found.items() if value is not None}


def _of_rollout(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Rollouts of a run are a session, and what is said of one is said of its trace."""
    datapoint = attributes.get(names.TRACEHOUSE_ROLLOUT_DATAPOINT_ID)
    is_message = names.TRACEHOUSE_ROLLOUT_TURN in attributes
    if datapoint is None and not is_message:
        return {}
    found: dict[str, Any] = {"langfuse.session.id": attributes.get(names.TRACEHOUSE_RUN_ID)}
    if datapoint is not None:
        found["langfuse.trace.name"] = f"rollout {datapoint}"
        found["langfuse.trace.tags"] = attributes.get(names.TRACEHOUSE_ROLLOUT_TAGS)
        metadata: dict[str, Any] = json.loads(attributes.get(names.TRACEHOUSE_METADATA, "{}"))
        for key, value in metadata.items():
            told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found[f"langfuse.trace.metadata.{key}"] = told
    return found


def _first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((attributes[key] for key in keys if key in attributes), None)
