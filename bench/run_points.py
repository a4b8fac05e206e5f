"""The scalars of a run, put into ClickHouse as they lie there, without a collector.

Fifty million points through OTLP take as long as a training run. Nobody else may have the data
folder meanwhile: the server is stopped.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

from tracehouse_collector.clickhouse.database import Database, embedded_url

_POINTS_A_PART = 5_000_000
_VALUE = "exp(-toFloat64(number % {points}) / {points}) + (number % 997) / 5000"
# Some noise, a slope, and a second between two steps.
_POINTS = """
INSERT INTO run_metrics
SELECT 'default', project, run_id, key, step, true, time, value, 'double', 0,
    toUInt64(toUnixTimestamp64Nano(time))
FROM (
    SELECT 'default' AS project, '{run}' AS run_id,
        arrayElement({keys}, toUInt32(1 + {first} + intDiv(number, {points}))) AS key,
        toInt64(number % {points}) AS step,
        fromUnixTimestamp64Nano({begin} + step * 1000000000, 'UTC') AS time,
        {value} AS value
    FROM numbers({count})
)
"""
_SUMMARY = """
INSERT INTO run_summary
SELECT workspace, run_id, key, argMaxState((value, toInt8(value_type), value_int), (step, version)),
    max(step)
FROM run_metrics WHERE run_id = '{run}' GROUP BY workspace, run_id, key
"""


@dataclass(frozen=True)
class Scalars:
    """`points` of each key, a second apart, that end `ended_ns` (Unix nanoseconds)."""

    run: str
    keys: tuple[str, ...]
    points: int
    ended_ns: int


def fill(data_dir: Path, runs: tuple[Scalars, ...]) -> None:
    """Put the scalars of runs into the embedded ClickHouse of a data folder.

    In a process of its own, so that its memory is free again when the server starts. Raises
    RuntimeError when that process fails.
    """
    filling = multiprocessing.get_context("spawn").Process(target=_fill, args=(data_dir, runs))
    filling.start()
    filling.join()
    if filling.exitcode:
        raise RuntimeError(f"filling ClickHouse ended with {filling.exitcode}: see above")


def _fill(data_dir: Path, runs: tuple[Scalars, ...]) -> None:
    database = Database(embedded_url(str(data_dir / "clickhouse")), "tracehouse", handles=1)
    for run in runs:
        begin = run.ended_ns - run.points * 10**9
        keys_a_part = max(1, _POINTS_A_PART // run.points)
        for first in range(0, len(run.keys), keys_a_part):
            keys = min(keys_a_part, len(run.keys) - first)
            database.command(
                _POINTS.format(
                    run=run.run, keys=list(run.keys), first=first, points=run.points, begin=begin,
                    count=keys * run.points, value=_VALUE.format(points=run.points),
                )
            )  # fmt: skip
        database.command(_SUMMARY.format(run=run.run))
    database.close()
