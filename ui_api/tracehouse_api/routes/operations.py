"""What the people who run it ask: is it up, can it work, how much is in it."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tracehouse_api.access import Reader, Rows, TheHouse
from tracehouse_api.models.telemetry import Stats
from tracehouse_api.values import json_response

open_router = APIRouter(tags=["operations"])
router = APIRouter(tags=["operations"])


@open_router.get("/health", operation_id="health")
def health() -> dict[str, str]:
    """The process is up. Open to everyone, and says nothing else."""
    return {"status": "ok"}


@router.get("/ready", operation_id="ready")
def ready(house: TheHouse, _: Reader) -> Response:
    """Whether requests can be taken and answered: 200, or 503 with what is missing."""
    problems: list[str] = []
    if house.collector is not None and house.collector.admission.closing:
        problems.append("shutting down")
    try:
        house.database.rows("SELECT 1")
    except Exception:
        problems.append("ClickHouse does not answer")
    return json_response(
        {"status": "ready" if not problems else "not ready", "problems": problems},
        503 if problems else 200,
    )


@router.get("/metrics", operation_id="metrics")
def metrics(house: TheHouse, _: Reader) -> Response:
    """The server's own metrics, in Prometheus' text format."""
    return Response(generate_latest(house.telemetry.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/stats", operation_id="stats", response_model=Stats)
def stats(house: TheHouse, rows: Rows) -> Response:
    """How much is stored. Versions of a row that are not merged yet may be counted in."""
    counts = {
        "spans": rows.select("count() AS n", "spans"),
        "traces": rows.select("uniq(trace_id) AS n", "trace_roots"),
        "logs": rows.select("count() AS n", "logs"),
        "run_metrics": rows.select("count() AS n", "run_metrics"),
        "rejects": rows.select("count() AS n", "rejects"),
    }
    found = {name: rows.rows(statement)[0]["n"] for name, statement in counts.items()}
    kinds = ("points", "histograms", "exponential_histograms", "summaries")
    found["metric_points"] = sum(
        rows.rows(rows.select("count() AS n", kind))[0]["n"] for kind in kinds
    )
    backlog = house.collector.backlog_bytes if house.collector else {}
    return json_response(found | {"version": version("tracehouse"), "backlog_bytes": backlog})
