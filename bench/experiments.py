"""Comparing two variants over traces that were made inside ClickHouse, through the HTTP API.

A trace is an agent's: its root, which is tagged, two calls of a model and a call of a tool between
them; or, one in 25, three equal calls of a tool. Every trace is for a user of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.support.server import Server

EXPERIMENT = "prompt-rewrite"
_REPEATS = 15
_SPANS_A_TRACE = 4
_ASKED = {
    "all six metrics": "",
    "flags, errors, latency": "flag_rate,error_rate,latency_ms",
    "loops": "loop_rate",
    "cost": "cost_usd",
}
_FILL = """
INSERT INTO spans_sent (
    workspace, received_time, project, service, resource_attributes, resource_types,
    raw_trace_id, raw_span_id, raw_parent_span_id, start_ns, end_ns, name, span_kind, status_code,
    attributes, attribute_types, reject_reason)
SELECT
    'default', now64(9), 'default', 'agent', map('service.name', 'agent'), ['string'],
    unhex(leftPad(lower(hex(sipHash64(trace))), 32, '1')),
    unhex(leftPad(lower(hex(number + 1)), 16, '0')),
    if(place = 0, '', unhex(leftPad(lower(hex(trace * 4 + 1)), 16, '0'))),
    start, start + if(place = 0, 4, 1) * (1000000000 + cityHash64(number) % 2000000000),
    ['agent', 'chat', 'search', 'chat'][1 + place], 'internal',
    if(cityHash64(number, 'error') % 97 = 0, 'error', 'ok'),
    multiIf(
        place = 0, map(
            'gen_ai.operation.name', 'invoke_agent',
            'gen_ai.conversation.id', concat('session-', toString(trace)),
            'tracehouse.experiment.name', '{experiment}',
            'tracehouse.experiment.variant', if(cityHash64(trace) % 2 = 0, 'control', 'treatment'),
            'tracehouse.subject.id', concat('user-', toString(trace)),
            'tracehouse.outcome', if(cityHash64(trace, 'outcome') % 10 = 0, 'bad', 'good')),
        place = 2 OR loops, map(
            'gen_ai.operation.name', 'execute_tool', 'gen_ai.tool.name', 'search',
            'gen_ai.tool.call.arguments', toString(cityHash64(if(loops, trace, number))),
            'gen_ai.tool.call.result', repeat('found ', 20)),
        map('gen_ai.operation.name', 'chat', 'gen_ai.request.model', 'gpt-5-mini',
            'gen_ai.response.id', concat('resp-', toString(number)),
            'gen_ai.usage.input_tokens', toString(100 + cityHash64(number) % 4000),
            'gen_ai.usage.output_tokens', toString(cityHash64(number, 'output') % 500),
            'gen_ai.output.messages', repeat('said ', 40))),
    multiIf(
        place = 0, arrayResize(['string'], 6, 'string'),
        place = 2 OR loops, arrayResize(['string'], 4, 'string'),
        ['string', 'string', 'string', 'int', 'int', 'string']), ''
FROM (
    SELECT number, intDiv(number, 4) AS trace, number % 4 AS place,
        cityHash64(trace, 'loop') % 25 = 0 AS loops, {now} - ({total} - number) * {gap} AS start
    FROM numbers({first}, {count}))
SETTINGS optimize_on_insert = 0
"""


def measure(traces: int) -> dict[str, tuple[float, float]]:
    """p50 and p95 in milliseconds of comparisons by these metrics."""
    with tempfile.TemporaryDirectory() as home:
        data_dir = Path(home) / "data"
        data_dir.mkdir(mode=0o700)
        subprocess.run(
            [sys.executable, "-m", "bench.experiments", str(data_dir), str(traces)],
            check=True,
            cwd=home,
            env={"PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        with (
            Server(Path(home)) as server,
            httpx.Client(base_url=server.http, headers=server.headers, timeout=60) as client,
        ):
            found: dict[str, tuple[float, float]] = {}
            for name, metrics in _ASKED.items():
                asked = {"metrics": metrics} if metrics else {}
                times = sorted(_milliseconds(client, asked) for _ in range(_REPEATS))
                found[name] = (statistics.median(times), times[int(0.95 * len(times))])
            return found


def _milliseconds(client: httpx.Client, asked: dict[str, str]) -> float:
    started = time.perf_counter()
    answer = client.get(f"/v1/experiments/{EXPERIMENT}/compare", params=asked)
    elapsed = (time.perf_counter() - started) * 1000
    answer.raise_for_status()
    return elapsed


def _fill_here(data_dir: Path, traces: int) -> None:
    from tracehouse_collector.clickhouse.database import Database, embedded_url
    from tracehouse_collector.schema.migrate import migrate

    database = Database(embedded_url(str(data_dir / "clickhouse")), "tracehouse", handles=1)
    migrate(database)
    week_ns, step, total = 7 * 86_400 * 10**9, 1_000_000, traces * _SPANS_A_TRACE
    now = time.time_ns()
    for first in range(0, total, step):
        database.command(
            _FILL.format(
                first=first, count=min(step, total - first), total=total, now=now,
                gap=week_ns // total, experiment=EXPERIMENT,
            )
        )  # fmt: skip
    # What the merges of a running server make of a week.
    for table in ("spans", "calls", "trace_roots"):
        database.command(f"OPTIMIZE TABLE {table} FINAL")
    database.close()


if __name__ == "__main__":
    _fill_here(Path(sys.argv[1]), int(sys.argv[2]))
