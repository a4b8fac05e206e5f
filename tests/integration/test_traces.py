"""Traces: listing, filtering, paging, and what becomes of spans that come twice, late or apart."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS
from tracehouse_api.routes.spans import ATTRIBUTE_FILTER

SECOND = 1_000_000_000
PLAIN, PERCENT, SLASH, QUOTE = "Plain text", "100% sure", "C:\\new\\table", 'it\'s "quoted"'


@pytest.fixture(scope="module")
def listed(stored_server: Stored) -> Stored:
    """Ten traces, a second apart: service `list`, and of each third one thing that differs."""
    for number in range(1, 11):
        resource = {"service.name": "list"}
        resource |= {"tracehouse.project": "odd"} if number % 2 else {}
        root = otlp.span(
            number,
            1,
            name=[PLAIN, PERCENT, SLASH, QUOTE][number % 4],
            start=START_NS + number * SECOND,
            duration=number * 1_000_000,
            attributes={"session.id": f"session {number % 3}"},
            status=Status(code=Status.STATUS_CODE_ERROR if number > 8 else 0, message="oh no"),
        )
        child = otlp.span(
            number, 2, parent=1, name="child", start=START_NS + number * SECOND,
            attributes={"needle": f"hay{number}hay"},
        )  # fmt: skip
        request = otlp.traces(child, root, resource=resource)
        assert stored_server.server.post("traces", request.SerializeToString()).content == b""
    stored_server.server.settle()
    return stored_server


def numbers(traces: list[dict[str, Any]]) -> list[int]:
    return [int(trace["trace_id"], 16) for trace in traces]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 9, 10, 11])
def test_pages_of_any_size_hold_every_trace_once_newest_first(listed: Stored, size: int) -> None:
    pages = listed.pages("/v1/traces", "traces", service="list", limit=size)
    assert [number for page in pages for number in numbers(page)] == list(range(10, 0, -1))
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("size", [1, 3, 19, 20])
def test_pages_of_spans_hold_every_span_once(listed: Stored, size: int) -> None:
    pages = listed.pages("/v1/spans", "spans", service="list", limit=size)
    ids = [(int(span["trace_id"], 16), int(span["span_id"], 16)) for page in pages for span in page]
    assert ids == [(trace, span) for trace in range(10, 0, -1) for span in (2, 1)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, range(1, 11)),
        ({"project": "odd"}, range(1, 11, 2)),
        ({"project": "default"}, range(2, 11, 2)),
        ({"session": "session 1"}, (1, 4, 7, 10)),
        ({"status": "error"}, (9, 10)),
        ({"status": "ok"}, ()),
        ({"min_duration_ms": 8}, (8, 9, 10)),
        ({"from": START_NS + 4 * SECOND}, range(4, 11)),
        ({"to": START_NS + 4 * SECOND}, range(1, 4)),
        ({"from": "2026-09-21T14:13:24.000000001Z", "to": "2026-09-21T14:13:26"}, (5,)),
        ({"q": "plain TEXT"}, (4, 8)),
        ({"q": "100%"}, (1, 5, 9)),
        ({"q": "%"}, (1, 5, 9)),
        ({"q": "\\new\\t"}, (2, 6, 10)),
        ({"q": "it's"}, (3, 7)),
        ({"q": '"quoted"'}, (3, 7)),
        ({"q": "hay7"}, (7,)),
        ({"q": "' OR 1=1 --"}, ()),
        ({"project": "odd", "session": "session 1", "q": "hay"}, (1, 7)),
    ],
)
def test_filters(listed: Stored, filters: dict[str, Any], expected: Any) -> None:
    found = listed.get("/v1/traces", service="list", **filters)["traces"]
    assert numbers(found) == sorted(expected, reverse=True)


def test_a_summary_tells_of_the_whole_trace(listed: Stored) -> None:
    found = listed.get("/v1/traces", service="list", limit=1)["traces"][0]
    assert found.pop("usage")["calls"] == 0
    assert found | {"session": "session 1"} == {
        "trace_id": f"{10:032x}", "root_span_id": f"{1:016x}", "name": SLASH,
        "root_missing": False, "service": "list", "project": "default", "session": "session 1",
            "user": None, "tags": [],
        "start_time": "2026-09-21T14:13:30.000000000Z", "duration_ms": 10.0, "pending": False,
        "status": "error", "span_count": 2, "error_count": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"attribute.code": "200"}, (1, 2)),
        ({"attribute.code": "20"}, ()),
        ({"attribute.text": "it's \\ 100%"}, (1,)),
        ({"attribute.list": "second"}, (1,)),
        ({"attribute.list": "sec"}, ()),
        ({"attribute.code": "200", "attribute.text": "other"}, (2,)),
        ({"attribute.missing": ""}, ()),
    ],
)
def test_spans_are_found_by_attributes(
    stored_server: Stored, filters: dict[str, Any], expected: Any
) -> None:
    first = {"code": 200, "text": "it's \\ 100%", "list": ["first", "second"]}
    spans = (
        otlp.span(0xA, 1, attributes=first),
        otlp.span(0xA, 2, attributes={"code": "200", "text": "other", "list": []}),
    )
    stored_server.send("traces", otlp.traces(*spans, resource={"service.name": "attributes"}))
    found = stored_server.get("/v1/spans", service="attributes", **filters)["spans"]
    assert sorted(int(span["span_id"], 16) for span in found) == list(expected)


def test_a_finished_span_replaces_its_pending_one_and_not_the_other_way_round(
    stored_server: Stored,
) -> None:
    pending = otlp.traces(otlp.span(0xB0, 1, duration=-1), resource={"service.name": "pending"})
    finished = otlp.traces(otlp.span(0xB0, 1), resource={"service.name": "pending"})
    for request, is_pending, duration in (
        (pending, True, None),
        (finished, False, 1.0),
        (pending, False, 1.0),
    ):
        stored_server.send("traces", request)
        (summary,) = stored_server.get("/v1/traces", service="pending")["traces"]
        (span,) = stored_server.get("/v1/spans", service="pending")["spans"]
        for found in (summary, span, stored_server.get(f"/v1/traces/{0xB0:032x}")):
            assert (found["pending"], found["duration_ms"]) == (is_pending, duration)
        assert summary["span_count"] == 1


def test_a_filter_looks_at_the_latest_version_of_a_root_alone(stored_server: Stored) -> None:
    resource = {"service.name": "versions"}
    error = Status(code=Status.STATUS_CODE_ERROR)
    pending, finished = otlp.span(0xB1, 1, duration=-1), otlp.span(0xB1, 1, status=error)
    for span in (pending, finished):
        stored_server.send("traces", otlp.traces(span, resource=resource))
    for path, rows in (("/v1/traces", "traces"), ("/v1/spans", "spans")):
        for status, count in (("error", 1), ("unset", 0)):
            found = stored_server.get(path, service="versions", status=status, limit=1)[rows]
            assert len(found) == count, (path, status)


def test_a_trace_of_many_hours_is_whole_whatever_came_when(stored_server: Stored) -> None:
    hour = 3600 * SECOND
    spans = [
        otlp.span(0xB2, n, parent=min(n - 1, 1), start=START_NS + (n - 2) * 7 * hour)
        for n in (1, 2, 3, 4)
    ]
    resource = {"service.name": "hours"}
    for group in (spans[2:], spans[:1], spans[1:2]):  # one child is earlier than the root
        stored_server.send("traces", otlp.traces(*group, resource=resource))
    (summary,) = stored_server.get("/v1/traces", service="hours")["traces"]
    assert (summary["span_count"], summary["root_missing"]) == (4, False)
    assert len(stored_server.get(f"/v1/traces/{0xB2:032x}")["spans"]) == 4
    pages = stored_server.pages("/v1/spans", "spans", service="hours", limit=1)
    assert [int(page[0]["span_id"], 16) for page in pages] == [4, 3, 2, 1]


def test_spans_years_apart_are_one_list(stored_server: Stored) -> None:
    year = 365 * 86400 * SECOND
    starts = [START_NS + number * 60 * year for number in range(4)]  # to the year 2206
    starts += [START_NS - number * 15 * year for number in (1, 2, 3)]
    spans = [
        otlp.span(0xB300 + number, 1, start=start, attributes={"far": "apart"})
        for number, start in enumerate(starts)
    ]
    stored_server.send("traces", otlp.traces(*spans, resource={"service.name": "years"}))
    newest_first = [3, 2, 1, 0, 4, 5, 6]
    for filters in ({"service": "years"}, {"attribute.far": "apart"}):
        pages = stored_server.pages("/v1/spans", "spans", limit=2, **filters)
        found = [int(span["trace_id"], 16) - 0xB300 for page in pages for span in page]
        assert found == newest_first
    between = {"from": START_NS - 20 * year, "to": START_NS + 70 * year, "service": "years"}
    found = stored_server.get("/v1/spans", **between)["spans"]
    assert [int(span["trace_id"], 16) - 0xB300 for span in found] == [1, 0, 4]
    pages = stored_server.pages("/v1/traces", "traces", limit=2, service="years")
    found = [trace for page in pages for trace in page]
    assert [int(trace["trace_id"], 16) - 0xB300 for trace in found] == newest_first
    assert {trace["span_count"] for trace in found} == {1}
    for trace in found:
        assert len(stored_server.get(f"/v1/traces/{trace['trace_id']}")["spans"]) == 1


def test_a_search_for_an_attribute_reads_only_where_its_value_may_be(
    stored_server: Stored,
) -> None:
    condition = ATTRIBUTE_FILTER.format(index=0)
    for name, value in {"key0": "far", "value0": "nowhere", "element0": "00"}.items():
        condition = condition.replace(f"{{{name}:String}}", f"'{value}'")
    plan = stored_server.sql(
        f"EXPLAIN indexes = 1 SELECT name FROM spans WHERE {condition}"
        " SETTINGS use_skip_indexes_for_disjunctions = 1"
    )
    lines = [str(line).strip() for (line,) in plan]
    used = {line.removeprefix("Name: ") for line in lines if line.startswith("Name: ")}
    assert {"by_attribute_value", "by_array_key"} <= used
    granules = [line.removeprefix("Granules: ") for line in lines if line.startswith("Granules:")]
    left, of = granules[-1].split("/")
    assert int(left) < int(of)


def test_spans_that_are_sent_again_count_once(stored_server: Stored) -> None:
    spans = [otlp.span(0xC0, n, parent=n - 1, start=START_NS + n) for n in (1, 2, 3)]
    resource = {"service.name": "again"}
    whole = otlp.traces(*spans, resource=resource)
    stored_server.send("traces", whole, whole, otlp.traces(*spans[1:], resource=resource))
    (summary,) = stored_server.get("/v1/traces", service="again")["traces"]
    assert summary["span_count"] == 3
    assert len(stored_server.get("/v1/spans", service="again")["spans"]) == 3
    assert len(stored_server.get(f"/v1/traces/{0xC0:032x}")["spans"]) == 3


def test_a_trace_without_a_root_is_listed_and_moves_to_its_roots_place_when_it_comes(
    stored_server: Stored,
) -> None:
    def send(number: int, parent: int, at: int) -> list[tuple[int, str, bool]]:
        span = otlp.span(0xD0, number, parent=parent, name=f"span {number}", start=START_NS + at)
        stored_server.send("traces", otlp.traces(span, resource={"service.name": "rootless"}))
        pages = stored_server.pages("/v1/traces", "traces", service="rootless", limit=1)
        found = [trace for page in pages for trace in page]
        return [(trace["span_count"], trace["name"], trace["root_missing"]) for trace in found]

    other = otlp.span(0xD1, 1, name="other", start=START_NS + 7)
    stored_server.send("traces", otlp.traces(other, resource={"service.name": "rootless"}))
    beside = (1, "other", False)
    assert send(3, 2, 10) == [(1, "span 3", True), beside]
    assert send(2, 1, 9) == [(2, "span 2", True), beside]
    assert send(1, 0, 5) == [beside, (3, "span 1", False)]


def test_a_trace_shows_parents_before_children_and_siblings_by_start(stored_server: Stored) -> None:
    parents = {1: 0, 5: 1, 3: 1, 9: 5, 2: 3, 7: 99}  # 99 never comes
    starts = {1: 0, 5: 1, 3: 2, 9: 4, 2: 3, 7: 5}
    spans = [
        otlp.span(0xE0, number, parent=parent, start=START_NS + starts[number])
        for number, parent in reversed(parents.items())
    ]
    stored_server.send("traces", otlp.traces(*spans))
    found = stored_server.get(f"/v1/traces/{0xE0:032x}")["spans"]
    assert [int(span["span_id"], 16) for span in found] == [1, 5, 9, 3, 2, 7]


def test_an_unknown_trace_is_404(stored_server: Stored) -> None:
    answer = stored_server.server.get("/v1/traces/" + "f" * 32)
    assert answer.status_code == 404
    assert "f" * 32 in answer.json()["detail"]


def test_a_deleted_trace_is_gone_with_its_usage_and_scores(stored_server: Stored) -> None:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5}
    for trace in (0xDE1, 0xDE2):
        request = otlp.traces(
            otlp.span(trace, 1, attributes=attributes), resource={"service.name": "deleting"}
        )
        stored_server.send("traces", request)
    server = stored_server.server
    for _ in range(2):  # one that is gone stays so
        gone = server.client.delete(f"{server.http}/v1/traces/{0xDE1:032x}", headers=server.headers)
        assert gone.status_code == 204
    assert server.get(f"/v1/traces/{0xDE1:032x}").status_code == 404
    assert numbers(stored_server.get("/v1/traces", service="deleting")["traces"]) == [0xDE2]
    assert stored_server.get("/v1/usage", service="deleting")["total"]["calls"] == 1
