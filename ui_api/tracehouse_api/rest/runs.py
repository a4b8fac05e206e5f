"""What is done to runs by request: the older client's calls, and edits by people."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from tracehouse_api.access import House, TheHouse, Writer
from tracehouse_api.lifecycle.deleting import await_loaded, delete_runs
from tracehouse_api.models.lifecycle import Deleted
from tracehouse_api.recent import Begun, Value
from tracehouse_api.rest import otlp
from tracehouse_api.rest.door import Caller, admit, parse_body, text_of, time_of
from tracehouse_api.routes.blobs import read_bounded
from tracehouse_api.runs.run import find_run
from tracehouse_api.store import Store
from tracehouse_api.values import json_response, text
from tracehouse_collector.keys import Principal
from tracehouse_semconv import attributes as names
from tracehouse_semconv import events
from tracehouse_semconv.attributes import RunStatus
from tracehouse_semconv.ids import run_identity
from tracehouse_semconv.record import Signal

router = APIRouter(prefix="/v1/runs", tags=["runs"])

_TEXTS = ("name", "notes", "hf_dataset", "hf_dataset_split", "hf_model", "hf_model_revision")
_PATCHABLE = (*_TEXTS, "tags", "config_patch", "status", "ended_at")
_MEDIA_TYPES = ("image", "video", "audio")
_ARTIFACT_KINDS = {"json": "data.json", "params": "data.json", "text": "data.txt"}
_LARGEST_STEP = 1 << 63


@router.post("")
async def create_run(house: TheHouse, writer: Writer, request: Request) -> Response:
    """Begin a run; the same `client_run_id` from the same machine is the same run."""
    document = parse_body(await request.body())
    caller = Caller.of(writer, request.headers)
    client_id = text_of(document, "client_run_id", required=True) or ""
    ids = run_identity(caller.machine, client_id)
    known = await run_in_threadpool(_known, house, writer, ids.trace_hex)
    if known is None:
        config = document.get("config") or {}
        if not isinstance(config, dict):
            raise HTTPException(422, "config: it must be an object")
        begun = Begun(
            caller.resource(text_of(document, "project") or "default"),
            "tracehouse.run",
            time_of(document.get("started_at"), "started_at"),
            {
                names.TRACEHOUSE_RUN_ID: ids.trace_hex,
                names.TRACEHOUSE_RUN_CLIENT_ID: client_id,
                names.TRACEHOUSE_RUN_NAME: text_of(document, "name") or client_id,
                names.TRACEHOUSE_RUN_STATUS: str(RunStatus.running),
                names.TRACEHOUSE_RUN_CONFIG: otlp.json_text(config),
                names.TRACEHOUSE_DATASET_NAME: text_of(document, "hf_dataset"),
                names.TRACEHOUSE_DATASET_SPLIT: text_of(document, "hf_dataset_split"),
                names.TRACEHOUSE_MODEL_NAME: text_of(document, "hf_model"),
                names.TRACEHOUSE_MODEL_REVISION: text_of(document, "hf_model_revision"),
            },
        )
        house.recent.put(writer.workspace, ids.trace_hex, begun)
        span = otlp.span(ids.trace_id, ids.span_id, begun.name, begun.start_ns, 0, begun.attributes)
        await admit(house, writer, Signal.traces, otlp.traces(begun.resource, [span]))
    return json_response({"id": ids.trace_hex, "created": known is None})


@router.post("/{run_id}/metrics")
async def post_metrics(house: TheHouse, writer: Writer, run_id: str, request: Request) -> Response:
    """Values by key and step. Numbers that are not finite are dropped and counted."""
    document = parse_body(await request.body())
    sent: Any = document.get("points")
    if not isinstance(sent, list):
        raise HTTPException(422, "points: it must be a list")
    resource = await _resource(house, writer, run_id)
    scalars: list[otlp.Point] = []
    values: list[Any] = []
    dropped = 0
    points: list[Any] = sent
    for place, point in enumerate(points):
        if not isinstance(point, dict):
            raise HTTPException(422, f"points[{place}]: it must be an object")
        key = text_of(point, "key", required=True) or ""
        step = _step(point.get("step"), f"points[{place}].step")
        at = time_of(point.get("wall_time"), f"points[{place}].wall_time")
        value = point.get("value")
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            dropped += 1
        elif isinstance(value, (bool, int, float)):
            value = int(value) if isinstance(value, bool) else value
            # The older client takes steps of the run for its readings of the machine.
            own_axis = key.startswith("system/")
            scalars.append(otlp.Point(key, None if own_axis else step, value, at))
        else:
            values.append(
                _event(events.TRACEHOUSE_RUN_VALUE, run_id, key, otlp.json_text(value), at, step)
            )
    if scalars:
        await admit(house, writer, Signal.metrics, otlp.points(resource, run_id, scalars))
    await _admit_events(house, writer, resource, values)
    return json_response({"ingested": len(scalars) + len(values), "dropped": dropped})


@router.post("/{run_id}/media", status_code=201)
async def post_media(
    house: TheHouse,
    writer: Writer,
    run_id: str,
    request: Request,
    key: str,
    media_type: str,
    step: int = 0,
    caption: str | None = None,
) -> Response:
    """An image, video or audio file, raw; at most 25 MB."""
    if media_type not in _MEDIA_TYPES:
        raise HTTPException(422, f"media_type: choose one of {', '.join(_MEDIA_TYPES)}")
    resource = await _resource(house, writer, run_id)
    content = await read_bounded(request)
    sha256 = await _keep(house, writer, content)
    body = {
        "type": media_type,
        "sha256": sha256,
        "size": len(content),
        "mime": request.headers.get("content-type", "application/octet-stream"),
        **({"caption": caption} if caption is not None else {}),
    }
    event = _event(
        events.TRACEHOUSE_RUN_MEDIA, run_id, key, otlp.json_text(body), time.time_ns(), step
    )
    await _admit_events(house, writer, resource, [event])
    return json_response({"sha256": sha256, "size": len(content)}, 201)


@router.post("/{run_id}/artifacts", status_code=201)
async def post_artifact(house: TheHouse, writer: Writer, run_id: str, request: Request) -> Response:
    """A small thing under a name: `{name, kind: json|text|params, data}`."""
    document = parse_body(await request.body())
    name = text_of(document, "name", required=True) or ""
    kind = text_of(document, "kind") or "json"
    if kind not in _ARTIFACT_KINDS:
        raise HTTPException(422, f"kind: choose one of {', '.join(_ARTIFACT_KINDS)}")
    resource = await _resource(house, writer, run_id)
    data = document.get("data")
    now = time.time_ns()
    if name == "environment" and isinstance(data, dict):
        event = _event(events.TRACEHOUSE_RUN_ENVIRONMENT, run_id, name, otlp.json_text(data), now)
    else:
        content = (str(data) if kind == "text" else otlp.json_text(data)).encode()
        path, sha256 = _ARTIFACT_KINDS[kind], await _keep(house, writer, content)
        body = {
            "kind": kind,
            "digest": hashlib.sha256(f"{path}\0{sha256}\n".encode()).hexdigest(),
            "files": [{"path": path, "sha256": sha256, "size": len(content)}],
        }
        event = _event(events.TRACEHOUSE_RUN_ARTIFACT, run_id, name, otlp.json_text(body), now)
    await _admit_events(house, writer, resource, [event])
    return json_response({"name": name}, 201)


@router.patch("/{run_id}")
async def patch_run(house: TheHouse, writer: Writer, run_id: str, request: Request) -> Response:
    """Rename, tag, describe, link or end a run: what is set here outweighs what it says itself."""
    document = parse_body(await request.body())
    if unknown := sorted(set(document) - set(_PATCHABLE)):
        raise HTTPException(422, f"{', '.join(unknown)}: only {', '.join(_PATCHABLE)} can be set")
    resource = await _resource(house, writer, run_id)
    edits = _edits(document)
    now = time.time_ns()
    await _admit_events(
        house,
        writer,
        resource,
        [
            _event(events.TRACEHOUSE_RUN_UPDATE, run_id, key, otlp.json_text(value), now)
            for key, value in edits.items()
        ],
    )
    return json_response({"id": run_id})


def _edits(document: Mapping[str, Any]) -> dict[str, Any]:
    edits: dict[str, Any] = {name: text_of(document, name) for name in _TEXTS if name in document}
    if "tags" in document:
        tags: Any = document["tags"]
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):  # pyright: ignore[reportUnknownVariableType]
            raise HTTPException(422, "tags: it must be a list of texts")
        edits["tags"] = tags
    patch = document.get("config_patch") or {}
    if not isinstance(patch, dict):
        raise HTTPException(422, "config_patch: it must be an object")
    edits |= {f"config.{key}": value for key, value in patch.items()}  # pyright: ignore[reportUnknownVariableType]
    if (status := text_of(document, "status")) is not None:
        if status not in tuple(RunStatus):
            raise HTTPException(422, f"status: choose one of {', '.join(RunStatus)}")
        edits["status"] = status
        if status != RunStatus.running:
            edits["ended_ns"] = time_of(document.get("ended_at"), "ended_at")
    return edits


@router.delete("/{run_id}", response_model=Deleted)
async def delete_run(house: TheHouse, writer: Writer, run_id: str) -> Response:
    """Delete a run for good: what it logged, its files, and every trace of which a span names it,
    so its rollouts, too. One that still lives does not come back with its next heartbeat."""
    await run_in_threadpool(await_loaded, house)
    resource = await _resource(house, writer, run_id)
    deleted = await run_in_threadpool(delete_runs, house, writer.workspace, [run_id])
    house.recent.forget(writer.workspace, run_id)
    event = _event(events.TRACEHOUSE_RUN_UPDATE, run_id, "deleted", "true", time.time_ns())
    await _admit_events(house, writer, resource, [event])
    return json_response({"deleted": deleted})


# --- shared ---------------------------------------------------------------------------------------


def _known(house: House, principal: Principal, run_id: str) -> dict[str, Value | None] | None:
    """The resource of a run, as this process or the database knows it; None without such a run."""
    if (begun := house.recent.get(principal.workspace, run_id)) is not None:
        return begun.resource
    row = find_run(Store(house.database, principal.workspace), run_id)
    if row is None:
        return None
    project = text(row["project"])
    return {
        names.SERVICE_NAME: text(row["service"]) or project,
        names.TRACEHOUSE_PROJECT: project,
        names.TRACEHOUSE_MACHINE_ID: text(row["machine"]) or None,
        "host.name": text(row["host"]) or None,
    }


async def _resource(house: House, principal: Principal, run_id: str) -> dict[str, Value | None]:
    found = await run_in_threadpool(_known, house, principal, run_id)
    if found is None:
        raise HTTPException(404, f"there is no run {run_id} in this workspace")
    return found


async def _keep(house: House, principal: Principal, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    await run_in_threadpool(house.blobs.put, principal.workspace, sha256, content)
    return sha256


def _event(name: str, run_id: str, key: str, body: str, at: int, step: int | None = None) -> Any:
    attributes = {
        names.TRACEHOUSE_RUN_ID: run_id,
        names.TRACEHOUSE_KEY: key,
        names.TRACEHOUSE_STEP: step,
    }
    return otlp.event(name, at, body, attributes)


async def _admit_events(
    house: House,
    principal: Principal,
    resource: Mapping[str, Value | None],
    records: list[Any],
) -> None:
    if records:
        await admit(house, principal, Signal.logs, otlp.logs(resource, records))


def _step(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise HTTPException(422, f"{name}: it must be a whole number")
    if not -_LARGEST_STEP <= value < _LARGEST_STEP:
        raise HTTPException(422, f"{name}: it must fit 64 bits")
    return int(value)
