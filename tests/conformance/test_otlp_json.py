"""OTLP/JSON in detail: what may stand in a field, and what is read from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.transports import JSON
from tests.support.otlp import START_NS
from tests.support.server import Server

START = "2026-09-21T14:13:20.000000000Z"


def body_of(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def span_of(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "json",
        "startTimeUnixNano": str(START_NS),
        "endTimeUnixNano": str(START_NS + 1),
    } | fields


def attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {"attributes": [{"key": "a", "value": value}]}


FIELDS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "a time as a number": ({"startTimeUnixNano": START_NS}, "start_time", START),
    "a time as a string": ({"startTimeUnixNano": str(START_NS)}, "start_time", START),
    "an enum as a number": ({"kind": 3}, "kind", "client"),
    "an enum of tomorrow": ({"kind": 99}, "kind", "unspecified"),
    "a status": ({"status": {"code": 2, "message": "no"}}, "status", "error"),
    "an unknown field": ({"futureField": {"deep": [1, None, {"x": "y"}]}}, "name", "json"),
    "an unknown field that is null": ({"futureField": None}, "name", "json"),
    "a null": ({"kind": None, "attributes": None, "status": None}, "kind", "unspecified"),
    "no name": ({"name": None}, "name", ""),
    "an empty parent": ({"parentSpanId": ""}, "parent_span_id", None),
    "a parent in capitals": ({"parentSpanId": "ABCDEF0123456789"}, "parent_span_id",
                             "abcdef0123456789"),
    "a string": (attribute({"stringValue": "ü\0\u2028"}), "attributes", {"a": "ü\0\u2028"}),
    "an integer as a string": (attribute({"intValue": "-5"}), "attributes", {"a": -5}),
    "an integer as a number": (attribute({"intValue": -5}), "attributes", {"a": -5}),
    "the largest integer": (attribute({"intValue": "9223372036854775807"}), "attributes",
                            {"a": "9223372036854775807"}),
    "the smallest integer": (attribute({"intValue": -(1 << 63)}), "attributes",
                             {"a": "-9223372036854775808"}),
    "a double": (attribute({"doubleValue": 0.1}), "attributes", {"a": 0.1}),
    "a double as a string": (attribute({"doubleValue": "0.1"}), "attributes", {"a": 0.1}),
    "a whole double": (attribute({"doubleValue": 5}), "attributes", {"a": 5.0}),
    "NaN": (attribute({"doubleValue": "NaN"}), "attributes", {"a": "NaN"}),
    "an infinity": (attribute({"doubleValue": "-Infinity"}), "attributes", {"a": "-Infinity"}),
    "false": (attribute({"boolValue": False}), "attributes", {"a": False}),
    "bytes": (attribute({"bytesValue": "AAEC/w=="}), "attributes", {"a": "AAEC/w=="}),
    "bytes in the URL's alphabet": (attribute({"bytesValue": "AAEC_w"}), "attributes",
                                    {"a": "AAEC/w=="}),
    "an array": (attribute({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "x"}]}}),
                 "attributes", {"a": [1, "x"]}),
    "an empty array": (attribute({"arrayValue": {}}), "attributes", {"a": []}),
    "a map": (attribute({"kvlistValue": {"values": [{"key": "spanId", "value": {"intValue": 1}}]}}),
              "attributes", {"a": {"spanId": 1}}),
    "an empty value": (attribute({}), "attributes", {"a": None}),
    "a key without a value": ({"attributes": [{"key": "a"}]}, "attributes", {"a": None}),
    "a value of tomorrow": (attribute({"futureValue": 1}), "attributes", {"a": None}),
}  # fmt: skip


@pytest.fixture(scope="module")
def stored(server: Server) -> dict[str, dict[str, Any]]:
    """For each of FIELDS, the span that was stored."""
    for number, (fields, _, _) in enumerate(FIELDS.values(), start=100):
        answer = server.post("traces", body_of(span_of(number, **fields)), JSON)
        assert (answer.status_code, answer.content) == (200, b"{}"), fields
    server.settle()
    spans = {span["span_id"]: span for span in server.get("/v1/spans", limit=1000).json()["spans"]}
    return {case: spans[f"{number:016x}"] for number, case in enumerate(FIELDS, start=100)}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_is_read_as_the_specification_says(
    stored: dict[str, dict[str, Any]], case: str
) -> None:
    _, column, expected = FIELDS[case]
    assert stored[case][column] == expected


@pytest.mark.parametrize("letters", [str.lower, str.upper, str.title])
def test_ids_are_hex_in_either_case(server: Server, letters: Any) -> None:
    trace, span = "a0b1c2d3e4f5a6b7c8d9eafb0c1d2e3f", "f0e1d2c3b4a59687"
    link = {"traceId": letters(trace), "spanId": letters(span)}
    fields = span_of(1, traceId=letters(trace), spanId=letters(span), links=[link])
    assert server.post("traces", body_of(fields), JSON).content == b"{}"
    server.settle()
    (stored,) = server.get(f"/v1/traces/{trace}").json()["spans"]
    assert (stored["trace_id"], stored["span_id"]) == (trace, span)
    assert [(one["trace_id"], one["span_id"]) for one in stored["links"]] == [(trace, span)]


@pytest.mark.parametrize("odd", ["0", "xyz", "0x" + "a" * 30, "a" * 31, " " + "a" * 31, "ä" * 32])
def test_an_id_that_is_not_hex_costs_its_span_and_no_other(server: Server, odd: str) -> None:
    number = 200 + len(odd) + ord(odd[0])
    answer = server.post("traces", body_of(span_of(1, traceId=odd), span_of(number)), JSON)
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    server.settle()
    assert server.get(f"/v1/traces/{number:032x}").status_code == 200


WRONG: dict[str, dict[str, Any]] = {
    "a negative time": {"startTimeUnixNano": -1},
    "a time past 64 bits": {"startTimeUnixNano": str(1 << 64)},
    "an integer past 64 bits": attribute({"intValue": str(1 << 63)}),
    "an integer with a fraction": attribute({"intValue": 1.5}),
    "a bool as a string": attribute({"boolValue": "true"}),
    "bytes that are not base64": attribute({"bytesValue": "!!!!"}),
    "two values at once": attribute({"intValue": 1, "stringValue": "x"}),
    "a name that is a number": {"name": 5},
    "an id that is a number": {"traceId": 5},
    "attributes that are no list": {"attributes": {"a": 1}},
    "half of a surrogate pair": {"name": "\ud800"},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_value_of_a_wrong_type_is_400_and_nothing_of_the_request_is_stored(
    server: Server, case: str
) -> None:
    number = 300 + list(WRONG).index(case)
    answer = server.post("traces", body_of(span_of(number), span_of(1, **WRONG[case])), JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (400, JSON)
    assert answer.json()["message"]
    server.settle()
    assert server.get(f"/v1/traces/{number:032x}").status_code == 404


def test_log_records_and_points_follow_the_same_rules(server: Server) -> None:
    record = {
        "timeUnixNano": START_NS, "severityNumber": 9, "body": {"stringValue": "json line"},
        "traceId": "AB" * 16, "spanId": "CD" * 8, "unknown": 1,
    }  # fmt: skip
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    point = {"timeUnixNano": str(START_NS), "asInt": "7", "attributes": []}
    metric = {"name": "json.gauge", "gauge": {"dataPoints": [point]}}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    assert server.post("logs", json.dumps(logs).encode(), JSON).content == b"{}"
    assert server.post("metrics", json.dumps(metrics).encode(), JSON).content == b"{}"
    server.settle()
    (line,) = server.get("/v1/logs", q="json line").json()["logs"]
    assert (line["time"], line["severity_number"]) == (START, 9)
    assert (line["trace_id"], line["span_id"]) == ("ab" * 16, "cd" * 8)
    (series,) = server.get("/v1/metrics/series", name="json.gauge").json()["series"]
    assert [value for _, value in series["points"]] == [7.0]
