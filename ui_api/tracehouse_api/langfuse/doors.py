"""Langfuse's public API, as far as its SDKs need it to send: project, scores, events, health.

Traces come in over OTLP at `/api/public/otel/v1/traces`, which is the collector's own door. A key
pair is any public key with one of our keys as the secret.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracehouse_api.access import House, Reader, TheHouse, Writer
from tracehouse_api.langfuse import legacy
from tracehouse_api.langfuse.agenttrace import AgentTraceBatch
from tracehouse_api.lifecycle.deleting import delete_traces
from tracehouse_api.rest import otlp
from tracehouse_api.rest.door import admit
from tracehouse_api.rest.scores import Score, deletion, parse_score
from tracehouse_api.routes.blobs import read_bounded
from tracehouse_api.values import json_response
from tracehouse_collector.keys import Principal
from tracehouse_semconv.record import Signal

open_router = APIRouter(prefix="/api/public", tags=["langfuse"])
reading_router = APIRouter(prefix="/api/public", tags=["langfuse"])
writing_router = APIRouter(prefix="/api/public", tags=["langfuse"])

# The version of Langfuse's server whose doors these are: SDKs ask for it.
_VERSION = "4.59.0"
_SERVICE = {"service.name": "langfuse"}


@open_router.get("/health")
@open_router.head("/health", include_in_schema=False)
def health() -> Response:
    """Whether the server is there; nobody is asked who they are."""
    return json_response({"status": "OK", "version": _VERSION})


@reading_router.get("/projects")
def projects(reader: Reader) -> Response:
    """The one project that a key belongs to: the workspace."""
    name = reader.workspace
    return json_response(
        {
            "data": [
                {
                    "id": name,
                    "name": name,
                    "organization": {"id": name, "name": name},
                    "metadata": {},
                }
            ]
        }
    )


@writing_router.post("/scores")
async def create_scores(house: TheHouse, writer: Writer, request: Request) -> Response:
    """One score as an object (older SDKs), or several as an array. Of an array, those that are
    wrong are told one by one and the others are taken."""
    document = await _json(request)
    if not isinstance(document, list):
        try:
            score = _score(document)
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        await _store(house, writer, [score], [])
        return json_response({"id": score.id})
    scores, errors = list[Score](), list[str]()
    for item in document:
        try:
            scores.append(_score(item))
        except (ValueError, RecursionError) as error:
            errors.append(str(error))
    await _store(house, writer, scores, [])
    if not errors:
        return json_response({"message": "Accepted"}, 202)
    return json_response(
        {
            "accepted": len(scores),
            "rejected": len(errors),
            "errors": [{"message": message} for message in errors],
        },
        207,
    )


@writing_router.delete("/scores/{score_id}", status_code=204)
async def delete_score(house: TheHouse, writer: Writer, score_id: str) -> Response:
    """Take a score back."""
    records = [deletion(score_id, "deleted")]
    await admit(house, writer, Signal.logs, otlp.logs(_SERVICE, records))
    return Response(status_code=204)


@writing_router.delete("/traces/{trace_id}")
def delete_trace(house: TheHouse, writer: Writer, trace_id: str) -> Response:
    """Remove a trace for good."""
    return _delete(house, writer, [trace_id])


@writing_router.delete("/traces")
async def delete_several(house: TheHouse, writer: Writer, request: Request) -> Response:
    """Remove traces for good: `{"traceIds": […]}`."""
    document = await _json(request)
    named: Any = document.get("traceIds") if isinstance(document, dict) else None
    if not isinstance(named, list):
        raise HTTPException(400, "traceIds: it must be an array of ids")
    identities = [str(one) for one in named]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return await asyncio.to_thread(_delete, house, writer, identities)


def _delete(house: House, writer: Principal, identities: list[str]) -> Response:
    try:
        ids = {bytes.fromhex(legacy.trace_hex(identity)) for identity in identities}
    except ValueError:
        raise HTTPException(400, "traceIds: an id must be text that UTF-8 can hold") from None
    delete_traces(house, writer.workspace, ids)
    return json_response({"message": "Trace deleted successfully"})


@writing_router.post("/ingestion", status_code=207)
async def ingest(house: TheHouse, writer: Writer, request: Request) -> Response:
    """A batch of events of Langfuse's SDKs, or of AgentTrace's. Each is answered for; a wrong one
    costs only itself."""
    document = await _json(request)
    batch = document.get("batch") if isinstance(document, dict) else None
    if not isinstance(batch, list):
        raise HTTPException(400, "batch: it must be an array of events")
    taken = await asyncio.to_thread(_take_all, house, writer, batch)  # pyright: ignore[reportUnknownArgumentType]
    await _store(house, writer, taken.scores, taken.spans)
    return json_response({"successes": taken.successes, "errors": taken.errors}, 207)


@dataclass
class _Taken:
    """What became of a batch."""

    scores: list[Score] = field(default_factory=list[Score])
    spans: list[legacy.Made] = field(default_factory=list[legacy.Made])
    successes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def _take_all(house: House, writer: Principal, events: list[Any]) -> _Taken:
    taken = _Taken()
    agenttrace = AgentTraceBatch()
    with house.legacy.batch(writer.workspace) as batch:
        for event in map(agenttrace.in_langfuse_words, events):
            identity = str(event.get("id", "")) if isinstance(event, Mapping) else ""  # pyright: ignore
            try:
                _take(event, batch, taken.scores)
            except (ValueError, RecursionError) as error:
                taken.errors.append({"id": identity, "status": 400, "message": str(error)})
            else:
                taken.successes.append({"id": identity, "status": 201})
        taken.spans = list(batch.spans.values())
    return taken


def _take(event: Any, batch: legacy.Batch, scores: list[Score]) -> None:
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ValueError("an event must be an object with id, type, timestamp and body")
    kind: str = event["type"]
    if kind == "score-create":
        scores.append(_score(event.get("body")))
    elif legacy.takes(kind):
        batch.take(event)
    elif kind != "sdk-log":
        raise ValueError(f"type: there is no event {kind}")


async def _store(
    house: House,
    writer: Principal,
    scores: list[Score],
    spans: list[legacy.Made],
) -> None:
    records: dict[str, list[LogRecord]] = {}
    for score in scores:
        records.setdefault(score.environment, []).append(score.record())
    for environment, found in records.items():
        resource = _SERVICE | {"langfuse.environment": environment}
        await admit(house, writer, Signal.logs, otlp.logs(resource, found))
    by_environment: dict[str, list[Span]] = {}
    for span, environment in spans:
        by_environment.setdefault(environment or "", []).append(span)
    for environment, found in by_environment.items():
        resource = _SERVICE | {"langfuse.environment": environment}
        await admit(house, writer, Signal.traces, otlp.traces(resource, found))


def _score(given: Any) -> Score:
    """A score in Langfuse's words. Raises ValueError."""
    if not isinstance(given, Mapping):
        raise ValueError("a score must be an object")
    said: dict[str, Any] = {
        str(key): value  # pyright: ignore[reportUnknownArgumentType]
        for key, value in given.items()  # pyright: ignore[reportUnknownVariableType]
    }
    kind = said.get("dataType")
    value = said.get("value")
    if isinstance(kind, str) and kind.upper() == "CORRECTION":
        kind = "TEXT"
    if isinstance(kind, str) and kind.upper() == "CATEGORICAL" and isinstance(value, (int, float)):
        value = str(said.get("stringValue") or value)
    trace, observation = said.get("traceId"), said.get("observationId")
    score = parse_score(
        {
            "id": said.get("id"),
            "name": said.get("name"),
            "value": value,
            "data_type": kind,
            "trace_id": legacy.trace_hex(str(trace)) if trace else None,
            "span_id": legacy.span_hex(str(observation)) if observation and trace else None,
            "session_id": said.get("sessionId"),
            "run_id": said.get("datasetRunId"),
            "comment": said.get("comment"),
            "source": said.get("source"),
            "author": said.get("authorUserId"),
            "metadata": said.get("metadata"),
            "time": said.get("timestamp"),
            "environment": said.get("environment"),
        }
    )
    # What cannot be stored is this score's fault, and is found here and not with all others.
    otlp.logs({"langfuse.environment": score.environment}, [score.record()])
    return score


async def _json(request: Request) -> Any:
    try:
        return json.loads(await read_bounded(request))
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
