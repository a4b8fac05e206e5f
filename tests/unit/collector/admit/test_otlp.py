"""OTLP requests: reading them, and counting what of them cannot be stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.otlp import START_NS, gauge, logs, span, traces
from tracehouse_collector.admit.otlp import LATEST_NS, count, parse, response
from tracehouse_collector.admit.refusal import UNREADABLE, Refusal
from tracehouse_semconv.record import Signal

KINDS = ("gauge", "sum", "histogram", "exponential_histogram", "summary")


def rejected_spans(**fields: Any) -> int:
    return count(Signal.traces, traces(span(), span(**fields))).rejected


def metric(kind: str, **point: int) -> Any:
    request = gauge("m", 1)
    found = request.resource_metrics[0].scope_metrics[0].metrics[0]
    found.ClearField("gauge")
    getattr(found, kind).data_points.add(**{"time_unix_nano": START_NS, **point})
    return request


@pytest.mark.parametrize(
    ("signal", "request_"),
    [(Signal.traces, traces(span())), (Signal.logs, logs("a")), (Signal.metrics, gauge("m", 1))],
)
def test_a_request_is_read_as_it_was_written(signal: Signal, request_: Any) -> None:
    assert parse(signal, request_.SerializeToString()) == request_


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("payload", [b"\xff", b"\x0a\x05abc", b"\x0a\x02\x0a\x7f"])
def test_what_is_not_a_request_is_unreadable(signal: Signal, payload: bytes) -> None:
    with pytest.raises(Refusal, match="not a valid Export") as refused:
        parse(signal, payload)

    assert refused.value.kind is UNREADABLE


def test_text_that_is_not_utf_8_is_unreadable() -> None:
    payload = traces(span(name="abc")).SerializeToString().replace(b"abc", b"\xff\xfe\xfd")

    with pytest.raises(Refusal):
        parse(Signal.traces, payload)


@pytest.mark.parametrize(
    "fields",
    [
        {"trace_id": b"short"},
        {"trace_id": b""},
        {"trace_id": bytes(16)},
        {"trace_id": b"x" * 17},
        {"span_id": b"short"},
        {"span_id": b""},
        {"span_id": bytes(8)},
        {"parent_span_id": b"short"},
        {"parent_span_id": b"too long!"},
        {"start_time_unix_nano": 0},
        {"start_time_unix_nano": LATEST_NS + 1, "end_time_unix_nano": 0},
        {"end_time_unix_nano": START_NS - 1},
        {"end_time_unix_nano": LATEST_NS + 1},
    ],
)
def test_a_span_that_breaks_one_rule_is_counted_and_its_neighbour_is_not(
    fields: dict[str, Any],
) -> None:
    assert rejected_spans(**fields) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"parent_span_id": b""},
        {"parent_span_id": bytes(8)},
        {"end_time_unix_nano": 0},
        {"end_time_unix_nano": START_NS},
        {"start_time_unix_nano": LATEST_NS, "end_time_unix_nano": LATEST_NS},
        {"start_time_unix_nano": 1},
    ],
)
def test_a_span_at_the_edge_of_the_rules_is_stored(fields: dict[str, Any]) -> None:
    assert rejected_spans(**fields) == 0


@pytest.mark.parametrize("name", ["time_unix_nano", "observed_time_unix_nano"])
def test_a_log_record_needs_no_time_but_one_in_range(name: str) -> None:
    assert count(Signal.logs, logs("a", **{name: 0})).rejected == 0
    assert count(Signal.logs, logs("a", **{name: LATEST_NS})).rejected == 0
    assert count(Signal.logs, logs("a", "b", **{name: LATEST_NS + 1})).rejected == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_point_needs_a_time_in_range(kind: str) -> None:
    def rejected(**point: int) -> int:
        return count(Signal.metrics, metric(kind, **point)).rejected

    assert rejected() == 0
    assert rejected(time_unix_nano=LATEST_NS, start_time_unix_nano=LATEST_NS) == 0
    assert rejected(time_unix_nano=0) == 1
    assert rejected(time_unix_nano=LATEST_NS + 1) == 1
    assert rejected(start_time_unix_nano=LATEST_NS + 1) == 1


def test_parts_are_resources_scopes_metrics_and_rows() -> None:
    empty = gauge("m", 1)
    empty.resource_metrics[0].scope_metrics[0].metrics[0].ClearField("gauge")

    assert count(Signal.traces, traces()).parts == 2
    assert count(Signal.traces, traces(span(), span())).parts == 4
    assert count(Signal.logs, logs("a", "b", "c")).parts == 5
    assert count(Signal.metrics, gauge("m", 1)).parts == 4
    assert count(Signal.metrics, empty).parts == 3
    assert count(Signal.traces, parse(Signal.traces, b"")).parts == 0


def test_a_request_stored_whole_is_answered_with_nothing() -> None:
    assert response(Signal.traces, 0).SerializeToString() == b""


@pytest.mark.parametrize(
    ("signal", "field"),
    [
        (Signal.traces, "rejected_spans"),
        (Signal.logs, "rejected_log_records"),
        (Signal.metrics, "rejected_data_points"),
    ],
)
def test_a_partial_success_says_how_many_and_where_to_look(signal: Signal, field: str) -> None:
    answer: Any = response(signal, 2)

    assert getattr(answer.partial_success, field) == 2
    assert "/v1/rejects" in answer.partial_success.error_message
