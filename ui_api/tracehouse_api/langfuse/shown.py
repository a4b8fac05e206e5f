"""Our spans, traces and scores in Langfuse's words, as its SDKs read them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracehouse_api.content.sides import input_and_output, parsed
from tracehouse_api.langfuse.legacy import span_hex
from tracehouse_api.spans import attributes_of
from tracehouse_api.usage.of_traces import usage_of_spans
from tracehouse_api.usage.pricing import Pricing
from tracehouse_api.values import hex_id, iso_time, text

Json = dict[str, Any]

_TYPES = {"reranker": "RETRIEVER"}
LEVELS = {
    "TRACE": "DEBUG", "VERBOSE": "DEBUG", "INFO": "DEFAULT", "LOG": "DEFAULT", "NOTICE": "DEFAULT",
    "OK": "DEFAULT", "SUCCESS": "DEFAULT", "WARN": "WARNING", "FATAL": "ERROR", "CRITICAL": "ERROR",
}  # fmt: skip
_ENCODES_METADATA = {"python": 5, "nodejs": 6, "webjs": 6}


def stands_for_trace(row: Mapping[str, Any]) -> bool:
    """Whether a span was made of a trace of the event batch, which is no observation there."""
    return row["span_id"].hex() == span_hex(f"trace/{row['trace_id'].hex()}")


def observation(row: Mapping[str, Any], pricing: Pricing) -> Json:
    """A span as an observation."""
    said = attributes_of(dict(row), "attribute")
    given, made = input_and_output(row)
    usage, parent = usage_of_spans([row], pricing), hex_id(row["parent_span_id"])
    cached = row["cache_read_tokens"] + row["cache_write_tokens"]
    buckets = {
        "input": max(0, row["input_tokens"] - cached),
        "input_cached_tokens": row["cache_read_tokens"],
        "input_cache_creation": row["cache_write_tokens"],
        "output": max(0, row["output_tokens"] - row["reasoning_tokens"]),
        "output_reasoning_tokens": row["reasoning_tokens"],
        "total": row["total_tokens"],
    }
    if parent == span_hex(f"trace/{row['trace_id'].hex()}"):
        parent = None
    first = row["ttft_ms"]
    return {
        "id": row["span_id"].hex(),
        "traceId": row["trace_id"].hex(),
        "projectId": text(row["project"]),
        "type": _TYPES.get(text(row["kind"]), text(row["kind"]).upper()),
        "name": text(row["name"]),
        "startTime": iso_time(row["start_ns"]),
        "endTime": None if row["pending"] else iso_time(row["end_ns"]),
        "completionStartTime": None
        if first is None
        else iso_time(row["start_ns"] + int(first * 1e6)),
        "parentObservationId": parent,
        "level": _level(row, said),
        "statusMessage": str(said.get("langfuse.observation.status_message") or "")
        or text(row["status_message"])
        or None,
        "model": text(row["response_model"] or row["request_model"]) or None,
        "modelParameters": _object(said.get("langfuse.observation.model.parameters")),
        "input": given,
        "output": made,
        "metadata": metadata(row, said, "observation"),
        "version": text_or_none(said.get("langfuse.version")),
        "environment": text(row["environment"]) or "default",
        "promptName": text(row["prompt_name"]) or None,
        "promptVersion": _int(row["prompt_version"]),
        "usage": {
            "input": row["input_tokens"],
            "output": row["output_tokens"],
            "total": row["total_tokens"],
            "unit": "TOKENS",
        },
        "usageDetails": {name: count for name, count in buckets.items() if count},
        "costDetails": {} if usage.cost_usd is None else {"total": usage.cost_usd},
        "calculatedTotalCost": usage.cost_usd,
        "totalCost": usage.cost_usd,
        "latency": None if row["pending"] else row["duration_ns"] / 1e9,
        "timeToFirstToken": None if first is None else first / 1e3,
        "userId": text(row["user_id"]) or None,
        "sessionId": text(row["session_id"]) or None,
        "isRootObservation": parent is None,
        "createdAt": iso_time(row["received_ns"]),
        "updatedAt": iso_time(row["received_ns"]),
    }


def trace(summary: Json, spans: Sequence[Mapping[str, Any]]) -> Json:
    """A trace, from its entry in our lists and its spans, parents first."""
    root = spans[0]
    said: Json = {}
    for row in reversed(spans):
        said |= attributes_of(dict(row), "attribute")
    given, made = input_and_output(root)
    for side, found in (("input", given), ("output", made)):
        if f"langfuse.trace.{side}" in said:
            said[side] = parsed(said[f"langfuse.trace.{side}"])
        else:
            said[side] = found
    start = min(row["start_ns"] for row in spans)
    # As far as it has come: Langfuse's SDKs have no trace without a duration.
    end = max(row["start_ns"] if row["pending"] else row["end_ns"] for row in spans)
    return {
        "id": summary["trace_id"],
        "projectId": summary["project"],
        "timestamp": summary["start_time"],
        "name": text_or_none(said.get("langfuse.trace.name")) or summary["name"],
        "input": said["input"],
        "output": said["output"],
        "sessionId": summary["session"],
        "userId": summary["user"],
        "tags": summary["tags"],
        "public": said.get("langfuse.trace.public") in (True, "true"),
        "bookmarked": False,
        "release": text_or_none(said.get("langfuse.release")) or text(root["release"]) or None,
        "version": text_or_none(said.get("langfuse.version")),
        "environment": text(root["environment"]) or "default",
        "metadata": metadata(root, said, "trace"),
        "htmlPath": f"/traces/{summary['trace_id']}",
        "latency": (end - start) / 1e9,
        "totalCost": summary["usage"]["cost_usd"] or 0.0,
        "createdAt": summary["start_time"],
        "updatedAt": summary["start_time"],
        "externalId": None,
    }


def metadata(row: Mapping[str, Any], said: Json, whose: str) -> Json:
    """Metadata as it was given: values under keys of their own, and objects, merged."""
    decode = _is_encoded(row)
    found: Json = {}
    for prefix in ("langfuse", f"langfuse.{whose}"):
        whole = parsed(said.get(f"{prefix}.metadata"))
        if isinstance(whole, dict):
            found |= whole
        elif whole is not None:
            found["metadata"] = whole
        start = f"{prefix}.metadata."
        for key, value in said.items():
            if key.startswith(start):
                # Those that do not encode texts still encode objects and arrays.
                nested = isinstance(value, str) and value[:1] in ("{", "[")
                found[key.removeprefix(start)] = parsed(value) if decode or nested else value
    return found


def _is_encoded(row: Mapping[str, Any]) -> bool:
    """Whether the SDK that sent it encodes every value of metadata as JSON, texts too. JavaScript's
    version 5 does not, Python's does."""
    if text(row["scope_name"]) != "langfuse-sdk":
        return False
    resource = attributes_of(dict(row), "resource")
    since = _ENCODES_METADATA.get(str(resource.get("telemetry.sdk.language")))
    major = text(row["scope_version"]).partition(".")[0]
    return since is not None and major.isdigit() and int(major) >= since


def score(found: Json) -> Json:
    """A score as our API shows it."""
    kind = found["data_type"].upper()
    value = found["value"]
    return {
        "id": found["id"],
        "projectId": found["project"],
        "name": found["name"],
        "dataType": kind,
        "value": (1 if value else 0) if kind == "BOOLEAN" else 0 if kind in _WORDS else value,
        "stringValue": str(value) if kind in ("BOOLEAN", *_WORDS) else None,
        "source": found["source"].upper(),
        "timestamp": found["time"],
        "createdAt": found["time"],
        "updatedAt": found["time"],
        "traceId": found["trace_id"],
        "observationId": found["span_id"],
        "sessionId": found["session"],
        "datasetRunId": found["run"],
        "comment": found["comment"],
        "metadata": found["metadata"] if isinstance(found["metadata"], dict) else {},
        "authorUserId": found["author"],
        "configId": None,
        "queueId": None,
        "environment": found["environment"] or "default",
    }


_WORDS = ("CATEGORICAL", "TEXT")


def score_v3(found: Json) -> Json:
    """The same in the third form: the value has the type that it is of, and what is judged is one
    object."""
    if found["trace_id"] and found["span_id"]:
        kind, identity = "observation", found["span_id"]
    elif found["trace_id"]:
        kind, identity = "trace", found["trace_id"]
    elif found["session"]:
        kind, identity = "session", found["session"]
    else:
        kind, identity = "experiment", found["run"]
    subject = {"kind": kind, "id": identity}
    if kind == "observation":
        subject["traceId"] = found["trace_id"]
    return score(found) | {"value": found["value"], "subject": subject}


def _level(row: Mapping[str, Any], said: Json) -> str:
    level = str(said.get("langfuse.observation.level") or "").upper()
    if level:
        return LEVELS.get(level, level if level in ("DEBUG", "WARNING", "ERROR") else "DEFAULT")
    return "ERROR" if row["status_code"] == "error" else "DEFAULT"


def _object(value: Any) -> Json:
    found = parsed(value)
    return found if isinstance(found, dict) else {}


def _int(value: bytes) -> int | None:
    return int(value) if value.isdigit() and len(value) < 16 else None


def text_or_none(value: Any) -> str | None:
    """A value as text; None when it is absent or empty."""
    return str(value) if value not in (None, "") else None
