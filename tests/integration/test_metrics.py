"""Metrics: every kind is stored, and answers what can be asked of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.integration.metrics import CUMULATIVE, DELTA, at, lines, metric, request, values

EXEMPLARS = [
    {"time_unix_nano": at(1), "as_double": 0.5, "trace_id": b"t" * 16, "span_id": b"s" * 8}
]
ONE_OF_EACH = {
    "gauge": {"as_double": 1.5, "exemplars": EXEMPLARS},
    "sum": {"as_int": 7, "exemplars": EXEMPLARS},
    "histogram": {
        "count": 3, "sum": 6.0, "bucket_counts": [1, 2], "explicit_bounds": [1.0],
        "exemplars": EXEMPLARS,
    },
    "exponential_histogram": {
        "count": 3, "sum": 6.0, "scale": 1, "zero_count": 1,
        "positive": {"offset": 1, "bucket_counts": [2]}, "exemplars": EXEMPLARS,
    },
    "summary": {"count": 3, "sum": 6.0, "quantile_values": [{"quantile": 0.5, "value": 2.0}]},
}  # fmt: skip
TABLES = {
    "gauge": "points", "sum": "points", "histogram": "histograms",
    "exponential_histogram": "exponential_histograms",
}  # fmt: skip


def test_every_kind_is_named_with_its_unit_and_description(stored_server: Stored) -> None:
    stored_server.send(
        "metrics",
        request(
            *(metric(kind, f"each.{kind}", [{"second": 1, **p}]) for kind, p in ONE_OF_EACH.items())
        ),
    )
    found = stored_server.get("/v1/metrics/names", prefix="each.")["metrics"]
    assert found == [
        {"name": f"each.{kind}", "kind": kind, "unit": "u", "description": f"a {kind}"}
        for kind in sorted(ONE_OF_EACH)
    ]


@pytest.mark.parametrize("kind", TABLES)
def test_exemplars_are_kept(stored_server: Stored, kind: str) -> None:
    name = f"exemplars.{kind}"
    stored_server.send("metrics", request(metric(kind, name, [{"second": 1, **ONE_OF_EACH[kind]}])))
    rows = stored_server.sql(
        "SELECT exemplars.value, hex(exemplars.trace_id[1]), exemplars.time_unix_nano"
        f" FROM {TABLES[kind]} FINAL WHERE metric_name = '{name}'"
    )
    assert rows == [([0.5], (b"t" * 16).hex().upper(), [at(1)])]


@pytest.mark.parametrize(
    ("agg", "expected"),
    [("avg", 2.5), ("min", 1), ("max", 4), ("sum", 10), ("last", 4), ("count", 4), ("p50", 2.5)],
)
def test_a_gauge(stored_server: Stored, agg: str, expected: float) -> None:
    points = [{"second": second, "as_double": float(second)} for second in (1, 2, 3, 4)]
    sent = request(metric("gauge", "gauge", points))
    stored_server.send("metrics", sent, sent)
    assert values(stored_server, "gauge", agg=agg) == [expected]


# (second, start, value) of points, and the increase in each 10 s.
SUMS: dict[str, tuple[int, list[tuple[int, int, int]], list[float]]] = {
    "delta": (DELTA, [(1, 0, 3), (5, 1, 4), (11, 5, 5)], [7, 5]),
    "cumulative": (CUMULATIVE, [(1, 0, 3), (5, 0, 7), (11, 0, 12), (25, 0, 13)], [7, 5, 1]),
    "a new start": (CUMULATIVE, [(1, 0, 3), (9, 0, 7), (15, 12, 20), (25, 12, 21)], [7, 20, 1]),
    "a falling value": (CUMULATIVE, [(1, 0, 3), (9, 0, 7), (15, 0, 2), (25, 0, 6)], [7, 2, 4]),
}


@pytest.mark.parametrize("what", SUMS)
def test_increase_and_rate_of_a_sum(stored_server: Stored, what: str) -> None:
    temporality, points, expected = SUMS[what]
    sent = request(
        metric(
            "sum",
            f"sum {what}",
            [{"second": s, "start": start, "as_int": value} for s, start, value in points],
            temporality=temporality,
            is_monotonic=True,
        )
    )
    stored_server.send("metrics", sent, sent)
    assert values(stored_server, f"sum {what}", agg="increase") == expected
    assert values(stored_server, f"sum {what}") == [value / 10 for value in expected]


def test_a_value_that_falls_within_one_bucket_is_a_reset_too(stored_server: Stored) -> None:
    points = [{"second": s, "start": 0, "as_int": v} for s, v in ((1, 10), (2, 3), (3, 5))]
    sent = metric("sum", "reset within", points, temporality=CUMULATIVE, is_monotonic=True)
    stored_server.send("metrics", request(sent))
    assert values(stored_server, "reset within", agg="increase") == [15]


@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE])
def test_quantiles_of_a_histogram(stored_server: Stored, temporality: int) -> None:
    """100 observations in (0, 10], then 100 in (10, 20]."""
    name, cumulative = f"histogram {temporality}", temporality == CUMULATIVE
    counts = [[100, 0, 0], [100, 100, 0] if cumulative else [0, 100, 0]]
    points = [
        {
            "second": 1 + 10 * number, "start": 0, "count": sum(buckets), "sum": 5.0 * sum(buckets),
            "bucket_counts": buckets, "explicit_bounds": [10.0, 20.0],
        }
        for number, buckets in enumerate(counts)
    ]  # fmt: skip
    sent = request(metric("histogram", name, points, temporality=temporality))
    stored_server.send("metrics", sent, sent)
    assert values(stored_server, name, agg="p50") == [5, 15]
    assert values(stored_server, name) == [9.5, 19.5]
    assert values(stored_server, name, agg="count") == [100, 100]
    assert values(stored_server, name, agg="avg") == [5, 5]
    assert values(stored_server, name, agg="p50", step=100) == [10]


@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE])
def test_quantiles_of_an_exponential_histogram_lie_within_its_error(
    stored_server: Stored, temporality: int
) -> None:
    """1 to 1000, at scale 3 (a bucket is 9 % wide), then as many again."""
    name, base = f"exponential {temporality}", 2 ** (2**-3)
    buckets, offset = [0] * 81, -1
    for observed in range(1, 1001):
        index = next(i for i in range(-1, 100) if base**i < observed <= base ** (i + 1) * 1.0000001)
        buckets[index - offset] += 1
    points = [
        {
            "second": 1 + 10 * number, "start": 0, "count": 1000 * times, "sum": 500_500.0 * times,
            "scale": 3,
            "positive": {"offset": offset, "bucket_counts": [count * times for count in buckets]},
        }
        for number, times in enumerate([1, 2] if temporality == CUMULATIVE else [1, 1])
    ]  # fmt: skip
    sent = metric("exponential_histogram", name, points, temporality=temporality)
    stored_server.send("metrics", request(sent))
    for agg, expected in (("p50", 500), ("p95", 950), ("p100", 1000)):
        assert values(stored_server, name, agg=agg) == [pytest.approx(expected, rel=0.09)] * 2
    assert values(stored_server, name, agg="sum") == [500_500, 500_500]


def test_a_summary_answers_with_the_quantiles_that_were_sent(stored_server: Stored) -> None:
    quantiles = [{"quantile": 0.5, "value": 2.0}, {"quantile": 0.95, "value": 9.0}]
    points = [{"second": 1, "count": 4, "sum": 10.0, "quantile_values": quantiles}]
    stored_server.send("metrics", request(metric("summary", "summary", points)))
    expected = {"p50": 2, "p95": 9, "p99": None, "avg": 2.5, "count": 4, "sum": 10}
    assert {agg: values(stored_server, "summary", agg=agg)[0] for agg in expected} == expected


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("", {"": [10.0]}),
        ("color", {"red": [3.0], "blue": [7.0]}),
        ("color,size", {"red/s": [1.0], "red/l": [2.0], "blue/s": [3.0], "blue/l": [4.0]}),
        ("service", {"metrics": [10.0]}),
        ("resource.service.name", {"metrics": [10.0]}),
        ("it's", {"": [10.0]}),
    ],
)
def test_group_by(stored_server: Stored, group_by: str, expected: dict[str, Any]) -> None:
    sizes = [("red", "s"), ("red", "l"), ("blue", "s"), ("blue", "l")]
    points = [
        {"second": 1, "as_int": n + 1, "attributes": {"color": color, "size": size}}
        for n, (color, size) in enumerate(sizes)
    ]
    sent = metric("sum", "grouped", points, temporality=DELTA, is_monotonic=True)
    stored_server.send("metrics", request(sent))
    parameters = {"group_by": group_by} if group_by else {}
    found = lines(
        stored_server, "grouped", lambda g: "/".join(g.values()), agg="increase", **parameters
    )
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "agg"), [("gauge", "rate"), ("sum", "p50"), ("histogram", "last"), ("summary", "rate")]
)
def test_what_a_kind_cannot_answer_is_422_and_says_what_it_can(
    stored_server: Stored, kind: str, agg: str
) -> None:
    sent = metric(kind, f"cannot.{kind}", [{"second": 1, **ONE_OF_EACH[kind]}])
    stored_server.send("metrics", request(sent))
    answer = stored_server.server.get("/v1/metrics/series", name=f"cannot.{kind}", agg=agg)
    assert answer.status_code == 422
    assert "avg" in answer.json()["detail"]


def test_a_metric_that_is_not_there_is_404(stored_server: Stored) -> None:
    assert stored_server.server.get("/v1/metrics/series", name="none").status_code == 404


def test_of_a_runs_scalar_the_last_write_of_a_step_wins(stored_server: Stored) -> None:
    before = stored_server.get("/v1/stats")["run_metrics"]
    writes = [(1, 2, 0.5), (2, 1, 0.9), (3, 2, 0.4), (4, 3, 0.3)]  # (second, step, value)
    sent = [
        {"second": second, "as_double": value,
         "attributes": {"tracehouse.run.id": "run", "tracehouse.step": step}}
        for second, step, value in writes
    ]  # fmt: skip
    others = [{"second": 9, "as_double": 1.0, "attributes": {"tracehouse.step": 1}}]
    for points in ([sent[2]], [sent[0], sent[1]], [sent[3]], others):
        stored_server.send("metrics", request(metric("gauge", "loss", points)))
    assert stored_server.get("/v1/stats")["run_metrics"] - before in (3, 4)  # 4 before a merge
    rows = stored_server.sql(
        "SELECT step, value FROM run_metrics FINAL WHERE run_id = 'run' AND key = 'loss' ORDER BY 1"
    )
    assert rows == [(1, 0.9), (2, 0.4), (3, 0.3)]
