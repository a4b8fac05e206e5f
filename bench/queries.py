"""Queries through the HTTP API over spans that were made inside ClickHouse."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.server import Server

_REPEATS = 30
_FILL = """
INSERT INTO spans_sent (
    workspace, received_time, project, service, resource_attributes, resource_types,
    raw_trace_id, raw_span_id, raw_parent_span_id, start_ns, end_ns, name, span_kind, status_code,
    attributes, attribute_types, reject_reason)
SELECT
    'default', now64(9), 'default', concat('service-', toString(intDiv(number, 10) % 20)),
    map('service.name', concat('service-', toString(intDiv(number, 10) % 20)), 'host.name', 'h1'),
    ['string', 'string'],
    unhex(leftPad(lower(hex(sipHash64(intDiv(number, 10)))), 32, '1')),
    unhex(leftPad(lower(hex(number + 1)), 16, '0')),
    if(number % 10 = 0, '', unhex(leftPad(lower(hex(intDiv(number, 10) * 10 + 1)), 16, '0'))),
    {now} - ({total} - number) * {gap} AS start, start + 1000000 + number % 1000000,
    ['chat', 'execute_tool', 'GET /items', 'SELECT items'][1 + number % 4], 'internal',
    if(number % 97 = 0, 'error', 'ok'),
    mapConcat(if(number % 4 = 0,
        map('gen_ai.operation.name', 'chat',
            'gen_ai.request.model', concat('gpt-5', ['', '-mini', '-nano'][1 + number % 3]),
            'gen_ai.response.id', concat('resp-', toString(number)),
            'gen_ai.conversation.id', concat('session-', toString(intDiv(number, 100))),
            'gen_ai.usage.input_tokens', toString(number % 4000),
            'gen_ai.usage.output_tokens', toString(number % 500),
            'user.id', concat('user-', toString(number % 5000))),
        map('http.response.status_code', toString(200 + 204 * (number % 13 = 0)),
            'user.id', concat('user-', toString(number % 5000)),
            'url.full', concat('https://example.com/items/', toString(number)))),
        if(number % 10 = 0,
            map('tracehouse.subject.id', concat('customer-', toString(intDiv(number, 10) % 5000)),
                'tracehouse.experiment.name', 'rewrite',
                'tracehouse.experiment.variant',
                ['control', 'treatment'][1 + intDiv(number, 10) % 2]),
            map())),
    arrayConcat(if(number % 4 = 0,
        ['string', 'string', 'string', 'string', 'int', 'int', 'string'],
        ['int', 'string', 'string']),
        if(number % 10 = 0, ['string', 'string', 'string'], [])), ''
FROM numbers({first}, {count})
SETTINGS optimize_on_insert = 0
"""


@dataclass(frozen=True)
class Timing:
    """One query over so many spans, in milliseconds."""

    name: str
    spans: int
    p50: float
    p95: float
    bytes_per_span: float


def fill(data_dir: Path, total: int) -> None:
    """Make the spans, a week of them, in a process that ends before the server starts."""
    subprocess.run(
        [sys.executable, "-m", "bench.queries", str(data_dir), str(total)],
        check=True,
        cwd=data_dir.parent,
        env={"PYTHONPATH": str(Path(__file__).parent.parent)},
    )


def _fill_here(data_dir: Path, total: int) -> None:
    from tracehouse_collector.clickhouse.database import Database, embedded_url
    from tracehouse_collector.schema.migrate import migrate

    database = Database(embedded_url(str(data_dir / "clickhouse")), "tracehouse", handles=1)
    migrate(database)
    week_ns, step = 7 * 86_400 * 10**9, 1_000_000
    for first in range(0, total, step):
        count = min(step, total - first)
        values = {"now": time.time_ns(), "total": total, "gap": week_ns // total}
        database.command(_FILL.format(first=first, count=count, **values))
    database.close()


def measure(total: int) -> Iterator[Timing]:
    """Fill a server and time its answers."""
    with tempfile.TemporaryDirectory() as home:
        data_dir = Path(home) / "data"
        data_dir.mkdir(mode=0o700)
        fill(data_dir, total)
        used = sum(f.stat().st_size for f in (data_dir / "clickhouse").rglob("*") if f.is_file())
        with (
            Server(Path(home)) as server,
            httpx.Client(base_url=server.http, headers=server.headers, timeout=60) as client,
        ):
            some = client.get("/v1/traces", params={"limit": 1000}).json()["traces"]
            trace = some[500]["trace_id"]
            queries: dict[str, tuple[str, dict[str, Any]]] = {
                "trace by id": (f"/v1/traces/{trace}", {}),
                "newest 50 traces": ("/v1/traces", {}),
                "traces by service and status": (
                    "/v1/traces",
                    {"service": "service-7", "status": "error"},
                ),
                "spans by one attribute": ("/v1/spans", {"attribute.user.id": "user-77"}),
                "usage by model": ("/v1/usage", {"group_by": "model"}),
                "usage by model, one day": (
                    "/v1/usage",
                    {"group_by": "model", "from": str(time.time_ns() - 86_400 * 10**9)},
                ),
                "usage by user": ("/v1/usage", {"group_by": "user"}),
                "sessions": ("/v1/sessions", {}),
                "subjects": ("/v1/subjects", {}),
                "subject roll-up": ("/v1/subjects/customer-77", {}),
                "devices": ("/v1/devices", {}),
            }
            for name, (path, parameters) in queries.items():
                times = [_milliseconds(client, path, parameters) for _ in range(_REPEATS)]
                times.sort()
                yield Timing(
                    name,
                    total,
                    statistics.median(times),
                    times[int(0.95 * len(times))],
                    used / total,
                )


def _milliseconds(client: httpx.Client, path: str, parameters: dict[str, Any]) -> float:
    started = time.perf_counter()
    answer = client.get(path, params=parameters)
    elapsed = (time.perf_counter() - started) * 1000
    answer.raise_for_status()
    return elapsed


if __name__ == "__main__":
    _fill_here(Path(sys.argv[1]), int(sys.argv[2]))
