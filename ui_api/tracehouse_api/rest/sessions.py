"""`POST /v1/traces` (a session, told from OTLP by its shape), `PATCH /v1/traces/{id}`,
`POST /v1/spans`: chat traces of the older client."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from tracehouse_api.access import House, TheHouse, Writer
from tracehouse_api.parameters import TraceId
from tracehouse_api.problems import problem
from tracehouse_api.recent import Begun, Value
from tracehouse_api.rest import otlp
from tracehouse_api.rest.door import Caller, admit, parse_body, text_of, time_of
from tracehouse_api.spans import latest_spans, span_json
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import IN_HOURS, IS_TRACE, hours_of
from tracehouse_api.values import json_response
from tracehouse_collector.keys import Principal
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import Outcome, SpanKind
from tracehouse_semconv.chat import step_attributes
from tracehouse_semconv.ids import SpanIdentity, session_identity
from tracehouse_semconv.record import Signal

router = APIRouter(tags=["older client"])

_PATCHABLE = ("outcome", "metadata", "task_name", "model", "scaffold")
_ERRORS = ("error", "failed", "bad")


class Sessions:
    """Begins sessions. What the OTLP receiver finds to be none of its own comes here."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(
        self, principal: Principal, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Status and JSON answer. Raises Refusal."""
        try:
            return 200, orjson.dumps(await self._begin(principal, headers, body))
        except HTTPException as error:
            return error.status_code, bytes(problem(error.status_code, str(error.detail)).body)

    async def _begin(
        self, principal: Principal, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        document = parse_body(body)
        caller = Caller.of(principal, headers)
        session = text_of(document, "session_id", required=True) or ""
        ids = session_identity(caller.machine, session)
        known = await run_in_threadpool(_begun, self._house, principal, ids)
        begun = Begun(
            caller.resource(text_of(document, "project"), text_of(document, "scaffold")),
            text_of(document, "task_name") or session,
            known.start_ns if known else time_of(document.get("started_at"), "started_at"),
            (known.attributes if known else {}) | _root_attributes(document, session),
        )
        self._house.recent.put(principal.workspace, ids.trace_hex, begun)
        await _export_root(self._house, principal, ids, begun, 0)
        return {"id": ids.trace_hex, "created": known is None}


def _root_attributes(document: Mapping[str, Any], session: str) -> dict[str, Value | None]:
    step = document.get("rollout_step")
    given: dict[str, Value | None] = {
        names.GEN_AI_OPERATION_NAME: "invoke_agent",
        names.GEN_AI_CONVERSATION_ID: session,
        names.TRACEHOUSE_TASK_NAME: text_of(document, "task_name"),
        names.GEN_AI_REQUEST_MODEL: text_of(document, "model"),
        names.TRACEHOUSE_RUN_ID: text_of(document, "run_id"),
        names.TRACEHOUSE_STEP: int(step) if isinstance(step, (int, float)) else None,
    }
    return {name: value for name, value in given.items() if value is not None}


async def _export_root(
    house: House, principal: Principal, ids: SpanIdentity, begun: Begun, end_ns: int
) -> None:
    root = otlp.span(
        ids.trace_id, ids.span_id, begun.name, begun.start_ns, end_ns, begun.attributes
    )
    await admit(house, principal, Signal.traces, otlp.traces(begun.resource, [root]))


def _begun(house: House, principal: Principal, ids: SpanIdentity) -> Begun | None:
    """The session, as this process or the database knows it."""
    found = house.recent.get(principal.workspace, ids.trace_hex)
    if found is not None:
        return found
    rows = Store(house.database, principal.workspace)
    where = {"trace_id": ids.trace_hex, "hours": hours_of(rows, ids.trace_hex)}
    spans = latest_spans(rows, [IN_HOURS, IS_TRACE], where)
    root = next((row for row in spans.values() if not row["parent_span_id"].strip(b"\0")), None)
    if root is None:
        return None
    shown = span_json(root)
    return Begun(shown["resource"], shown["name"], root["start_ns"], shown["attributes"])


@router.patch("/v1/traces/{trace_id}")
async def patch_trace(
    house: TheHouse, writer: Writer, trace_id: TraceId, request: Request
) -> Response:
    """Set the outcome, metadata, task name, model or scaffold of a session, and end it."""
    document = parse_body(await request.body())
    if unknown := sorted(set(document) - set(_PATCHABLE)):
        raise HTTPException(422, f"{', '.join(unknown)}: only {', '.join(_PATCHABLE)} can be set")
    root = await run_in_threadpool(_root_of, house, writer, trace_id)
    if root is None:
        raise HTTPException(404, f"there is no trace {trace_id} in this workspace")
    ids, begun = root
    outcome = text_of(document, "outcome")
    if outcome is not None and outcome not in tuple(Outcome):
        raise HTTPException(422, f"outcome: choose one of {', '.join(Outcome)}")
    metadata = document.get("metadata")
    changes: dict[str, Value | None] = {
        names.TRACEHOUSE_OUTCOME: outcome,
        names.TRACEHOUSE_METADATA: None if metadata is None else json.dumps(metadata),
        names.TRACEHOUSE_TASK_NAME: text_of(document, "task_name"),
        names.GEN_AI_REQUEST_MODEL: text_of(document, "model"),
        names.TRACEHOUSE_SCAFFOLD: text_of(document, "scaffold"),
    }
    begun.attributes |= {name: value for name, value in changes.items() if value is not None}
    begun.name = text_of(document, "task_name") or begun.name
    await _export_root(house, writer, ids, begun, time.time_ns())
    return json_response({"id": trace_id})


def _root_of(
    house: House, principal: Principal, trace_id: str
) -> tuple[SpanIdentity, Begun] | None:
    """The session of a trace id: its machine and session id give the root span's own id."""
    begun = _begun(house, principal, SpanIdentity(int(trace_id, 16), 0))
    if begun is None:
        return None
    ids = session_identity(
        str(begun.resource.get(names.TRACEHOUSE_MACHINE_ID) or "unknown"),
        str(begun.attributes.get(names.GEN_AI_CONVERSATION_ID) or ""),
    )
    return (ids, begun) if ids.trace_hex == trace_id else None


@router.post("/v1/spans")
async def post_spans(house: TheHouse, writer: Writer, request: Request) -> Response:
    """Steps of sessions: idempotent by their ids."""
    document = parse_body(await request.body())
    caller = Caller.of(writer, request.headers)
    sent: Any = document.get("spans")
    if not isinstance(sent, list):
        raise HTTPException(422, "spans: it must be a list")
    steps: list[Any] = sent
    by_session: dict[str, list[otlp.Span]] = {}
    for place, step in enumerate(steps):
        if not isinstance(step, dict):
            raise HTTPException(422, f"spans[{place}]: it must be an object")
        session = text_of(step, "session_id", required=True) or ""
        by_session.setdefault(session, []).append(_step(caller, session, step, place))
    for session, spans in by_session.items():
        ids = session_identity(caller.machine, session)
        begun = await run_in_threadpool(_begun, house, writer, ids)
        resource = begun.resource if begun else caller.resource(None)
        await admit(house, writer, Signal.traces, otlp.traces(resource, spans))
    return json_response({"ingested": len(steps)})


def _step(caller: Caller, session: str, step: dict[str, Any], place: int) -> otlp.Span:
    try:
        kind = SpanKind(str(step.get("kind")))
    except ValueError:
        raise HTTPException(
            422, f"spans[{place}].kind: choose one of {', '.join(SpanKind)}"
        ) from None
    ids = session_identity(caller.machine, session)
    name = text_of(step, "name") or str(kind)
    given = step.get("attributes") or {}
    if not isinstance(given, dict):
        raise HTTPException(422, f"spans[{place}].attributes: it must be an object")
    start = time_of(step.get("start_at"), f"spans[{place}].start_at")
    end = step.get("end_at")
    parent = text_of(step, "parent_span_id")
    return otlp.span(
        ids.trace_id,
        _span_id(text_of(step, "id", required=True) or ""),
        name,
        start,
        max(start, time_of(end, f"spans[{place}].end_at")) if end is not None else start,
        step_attributes(kind, name, session, given),
        parent_id=_span_id(parent) if parent else ids.span_id,
        failed=str(step.get("status")).lower() in _ERRORS,
    )


def _span_id(client_id: str) -> int:
    """A span id from the client's own, which is a UUID: the first 8 bytes of its SHA-256."""
    return int.from_bytes(hashlib.sha256(client_id.encode()).digest()[:8], "big") or 1
