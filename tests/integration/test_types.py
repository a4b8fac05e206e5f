"""Attribute values: of every kind, in every place, they come back as what they were."""

from __future__ import annotations

import base64
import math
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS, any_value, key_values

BYTES = bytes(range(256))

# What is sent, and what the API answers.
VALUES: dict[str, tuple[Any, Any]] = {
    "int": (5, 5),
    "numeric text": ("5", "5"),
    "double": (5.25, 5.25),
    "whole double": (5.0, 5.0),
    "true": (True, True),
    "false": (False, False),
    "zero": (0, 0),
    "zero double": (0.0, 0.0),
    "empty": ("", ""),
    "unset": (None, None),
    "bytes": (BYTES, base64.b64encode(BYTES).decode()),
    "no bytes": (b"", ""),
    "last exact int": (1 << 53, 1 << 53),
    "inexact int": ((1 << 53) + 1, str((1 << 53) + 1)),
    "max int64": ((1 << 63) - 1, str((1 << 63) - 1)),
    "min int64": (-(1 << 63), str(-(1 << 63))),
    "NaN": (math.nan, "NaN"),
    "infinity": (math.inf, "Infinity"),
    "minus infinity": (-math.inf, "-Infinity"),
    "tiny": (5e-324, 5e-324),
    "huge": (1.7976931348623157e308, 1.7976931348623157e308),
    "unrepresentable": (0.1 + 0.2, 0.1 + 0.2),
    "unicode": ("grüße 家 🏠 \u200d", "grüße 家 🏠 \u200d"),
    "quotes": ("a'b\"c`d", "a'b\"c`d"),
    "backslashes": ("\\ \\' \\n \\0", "\\ \\' \\n \\0"),
    "white": ("\t\n\r \0 x", "\t\n\r \0 x"),
    "array": ([1, "1", 1.5, True, None, ""], [1, "1", 1.5, True, None, ""]),
    "empty array": ([], []),
    "map": ({"a": 1, "b": {"c": [{"d": "e"}]}}, {"a": 1, "b": {"c": [{"d": "e"}]}}),
    "empty map": ({}, {}),
    "deep array": ([[1 << 60], [[b"\xff"]]], [[str(1 << 60)], [["/w=="]]]),
    "key with 'quote' \\ and\ttab": ("x", "x"),
}
SENT = {key: sent for key, (sent, _) in VALUES.items()}
SHOWN = {key: shown for key, (_, shown) in VALUES.items()}


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Equal, with equal types: 1, 1.0 and True differ."""
    assert {key: repr(found.get(key, "missing")) for key in expected} == {
        key: repr(value) for key, value in expected.items()
    }
    assert found.keys() == expected.keys()


def test_of_a_span_its_events_links_scope_and_resource(stored_server: Stored) -> None:
    span = otlp.span(
        attributes=SENT,
        events=[
            Span.Event(name="rich", time_unix_nano=START_NS, attributes=key_values(SENT)),
            Span.Event(name="bare", time_unix_nano=START_NS + 1),
        ],
        links=[
            Span.Link(trace_id=b"l" * 16, span_id=b"s" * 8),
            Span.Link(trace_id=b"m" * 16, span_id=b"t" * 8, attributes=key_values(SENT)),
        ],
    )
    request = otlp.traces(span, resource={"service.name": "types", **SENT})
    request.resource_spans[0].scope_spans[0].scope.attributes.extend(key_values(SENT))
    stored_server.send("traces", request)

    (found,) = stored_server.get("/v1/spans", service="types")["spans"]
    same(found["attributes"], SHOWN)
    same(found["resource"], {"service.name": "types", **SHOWN})
    same(found["scope"]["attributes"], SHOWN)
    assert [event["name"] for event in found["events"]] == ["rich", "bare"]
    same(found["events"][0]["attributes"], SHOWN)
    same(found["events"][1]["attributes"], {})
    same(found["links"][0]["attributes"], {})
    same(found["links"][1]["attributes"], SHOWN)


def test_of_a_log_record_and_its_body(stored_server: Stored) -> None:
    request = otlp.logs(resource={"service.name": "bodies", **SENT})
    records = request.resource_logs[0].scope_logs[0].log_records
    for number, body in enumerate(SENT.values()):
        records.append(LogRecord(time_unix_nano=START_NS - number, body=any_value(body)))
    records[0].attributes.extend(key_values(SENT))
    stored_server.send("logs", request)

    found = stored_server.get("/v1/logs", service="bodies")["logs"]
    same(dict(zip(SENT, (log["body"] for log in found), strict=True)), SHOWN)
    same(found[0]["attributes"], SHOWN)
    same(found[0]["resource"], {"service.name": "bodies", **SHOWN})


def test_sent_as_json_they_are_the_same(stored_server: Stored) -> None:
    request = otlp.traces(otlp.span(2, attributes=SENT), resource={"service.name": "json"})
    assert stored_server.send_json("traces", request).status_code == 200
    stored_server.server.settle()
    (found,) = stored_server.get("/v1/spans", service="json")["spans"]
    same(found["attributes"], SHOWN)
