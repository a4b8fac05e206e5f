"""Values at their limits: not UTF-8, twice under one key, of zeros, at the ends of time."""

from __future__ import annotations

import base64
import json
from typing import Any

import grpc
import pytest

from tests.conformance.transports import JSON, METHODS, call
from tests.conformance.wire import attribute, field, span, traces
from tests.support import otlp
from tests.support.otlp import START_NS
from tests.support.server import Server

LAST = (1 << 64) - 1
LAST_SHOWN = "2554-07-21T23:34:33.709551615Z"


def spans_of(server: Server, trace: int) -> dict[str, Any]:
    server.settle()
    answer = server.get(f"/v1/traces/{trace:032x}").json()
    return {one["name"]: one for one in answer.get("spans", ())}


# --- text that is none ------------------------------------------------------------------------

NOT_UTF8 = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80"]


@pytest.mark.parametrize("text", NOT_UTF8)
@pytest.mark.parametrize("place", ["name", "key", "value", "nested value"])
def test_text_that_is_not_utf8_is_refused(server: Server, text: bytes, place: str) -> None:
    odd = {
        "name": field(5, text),
        "key": field(9, field(1, text) + field(2, field(1, b"v"))),
        "value": attribute("a", field(1, text)),
        "nested value": attribute("a", field(5, field(1, field(1, text)))),
    }[place]
    payload = traces(span(1, 1, odd))
    assert server.post("traces", payload).status_code == 400
    assert call(server, METHODS["traces"], payload).code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("text", NOT_UTF8)
def test_json_that_is_not_utf8_is_refused(server: Server, text: bytes) -> None:
    body = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "' + text + b'"}]}]}]}'
    assert server.post("traces", body, JSON).status_code == 400


def test_bytes_may_be_any_bytes(server: Server) -> None:
    every = bytes(range(256))
    payload = traces(
        span(10, 1, attribute("bytes", field(7, every)) + attribute("nul", field(1, b"\0")))
    )
    assert server.post("traces", payload).content == b""
    shown = spans_of(server, 10)["odd"]["attributes"]
    assert shown == {"bytes": base64.b64encode(every).decode(), "nul": "\0"}


# --- one key twice ----------------------------------------------------------------------------

TWICE = (
    attribute("before", field(2, 1))
    + attribute("twice", field(1, b"text"))
    + attribute("twice", field(3, 7))
    + attribute("after", field(2, 1))
    + attribute("list", field(5, field(1, field(3, 1))))
)


@pytest.mark.parametrize("place", ["span", "event", "link"])
def test_a_key_that_comes_twice_is_shown_once_and_its_neighbours_keep_their_types(
    server: Server, place: str
) -> None:
    trace = 20 + ["span", "event", "link"].index(place)
    inner = {"event": 3, "link": 4}.get(place, 9)
    moved = b"".join(field(inner, content) for content in contents(TWICE))
    extra = {"span": moved, "event": field(11, moved), "link": field(13, moved)}[place]
    assert server.post("traces", traces(span(trace, 1, extra))).content == b""
    odd = spans_of(server, trace)["odd"]
    shown = {"span": [odd], "event": odd["events"], "link": odd["links"]}[place][0]["attributes"]
    assert shown.pop("twice") in ("text", 7)
    assert repr(shown) == repr({"before": True, "after": True, "list": [1]})


def contents(fields: bytes) -> list[bytes]:
    """The contents of short length-delimited fields."""
    found = []
    while fields:
        size = fields[1]
        found.append(fields[2 : 2 + size])
        fields = fields[2 + size :]
    return found


def test_a_member_that_comes_twice_in_json_is_read_once(server: Server) -> None:
    one = json.dumps({"traceId": f"{30:032x}", "spanId": f"{1:016x}", "name": "first",
                      "startTimeUnixNano": START_NS})  # fmt: skip
    body = f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{one[:-1]},"name":"last"}}]}}]}}]}}'
    answer = server.post("traces", body.encode(), JSON)
    assert answer.status_code in (200, 400)
    assert set(spans_of(server, 30)) <= {"last"}


# --- ids of zeros, and the ends of time --------------------------------------------------------


def test_zeros_and_the_last_nanosecond_are_kept_where_they_cost_nothing(server: Server) -> None:
    events = [{"time_unix_nano": 0, "name": "none"}, {"time_unix_nano": LAST, "name": "last"}]
    links = [{"trace_id": bytes(16), "span_id": bytes(8)}, {"trace_id": b"", "span_id": b"x"}]
    request = otlp.traces(
        otlp.span(40, 1, name="good", events=events, links=links, parent_span_id=bytes(8))
    )
    assert server.post("traces", request.SerializeToString()).content == b""
    good = spans_of(server, 40)["good"]
    assert good["parent_span_id"] is None
    assert [event["time"] for event in good["events"]] == [
        "1970-01-01T00:00:00.000000000Z",
        LAST_SHOWN,
    ]
    assert [link["trace_id"] for link in good["links"]] == ["0" * 32, ""]


@pytest.mark.parametrize("time", [0, 1 << 63, LAST])
def test_a_point_outside_of_time_is_rejected_and_its_neighbour_is_stored(
    server: Server, time: int
) -> None:
    name = f"point.{time}"
    request = otlp.gauge(name, 1.0, time_ns=START_NS)
    point = (
        request.resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points.add(as_double=9)
    )
    point.time_unix_nano = time
    answer = server.post("metrics", request.SerializeToString())
    assert b"1 could not be stored" in answer.content
    server.settle()
    (series,) = server.get("/v1/metrics/series", name=name, agg="max").json()["series"]
    assert [value for _, value in series["points"]] == [1.0]


@pytest.mark.parametrize(
    ("times", "accepted"),
    [
        ((0, 0), True),
        ((0, START_NS), True),
        ((START_NS, 0), True),
        ((LAST, 0), False),
        ((0, LAST), False),
    ],
)
def test_a_log_record_without_a_time_takes_the_next_best(
    server: Server, times: tuple[int, int], accepted: bool
) -> None:
    service = f"log {times}"
    request = otlp.logs(
        "line", resource={"service.name": service}, time_unix_nano=times[0],
        observed_time_unix_nano=times[1], trace_id=bytes(16), span_id=bytes(8),
    )  # fmt: skip
    answer = server.post("logs", request.SerializeToString())
    assert (answer.content == b"") is accepted
    server.settle()
    found = server.get("/v1/logs", service=service).json()["logs"]
    assert len(found) == accepted
    if accepted:
        assert found[0]["trace_id"] is None
        known = "2026-09-21T14:13:20.000000000Z" if START_NS in times else found[0]["time"]
        assert found[0]["time"] == known
