"""Attribute values nested deep: stored and shown exactly up to 30 levels, and refused with the
reason where it becomes absurd."""

from __future__ import annotations

import json
import re
from typing import Any

import grpc
import pytest

from tests.conformance import wire
from tests.conformance.transports import JSON, METHODS, PROTOBUF, call
from tests.conformance.wire import attribute, field, span, traces
from tests.support.otlp import START_NS
from tests.support.server import Server

FORMS = [PROTOBUF, JSON, "grpc"]
KINDS = ["array", "map"]


def number_of(depth: int, kind: str, form: str) -> int:
    """A trace id for each case."""
    return depth * 100 + KINDS.index(kind) * 10 + FORMS.index(form)


def attributes_of(server: Server, trace: int) -> dict[str, Any] | None:
    """What is shown of the trace's only span; None when there is no such trace."""
    server.settle()
    answer = server.get(f"/v1/traces/{trace:032x}")
    if answer.status_code == 404:
        return None
    (one,) = answer.json()["spans"]
    return one["attributes"]


def nested_json(depth: int, kind: str) -> bytes:
    """A span's attribute, nested; as text, since Python's encoder does not go this deep."""
    before, after = {
        "array": ('{"arrayValue":{"values":[', "]}}"),
        "map": ('{"kvlistValue":{"values":[{"key":"k","value":', "}]}}"),
    }[kind]
    return (before * depth + '{"stringValue":"leaf"}' + after * depth).encode()


def send_nested(server: Server, trace: int, depth: int, kind: str, form: str) -> tuple[bool, str]:
    """Whether it was accepted, and the answer's text."""
    if form == JSON:
        document = json.dumps({
            "resourceSpans": [{"scopeSpans": [{"spans": [{
                "traceId": f"{trace:032x}", "spanId": f"{1:016x}", "name": "odd",
                "startTimeUnixNano": START_NS, "endTimeUnixNano": START_NS,
                "attributes": [{"key": "deep", "value": "@"}],
            }]}]}]
        }).encode()  # fmt: skip
        answer = server.post("traces", document.replace(b'"@"', nested_json(depth, kind)), JSON)
        assert answer.status_code in (200, 400)
        return answer.status_code == 200, answer.text
    payload = traces(span(trace, 1, attribute("deep", wire.nested(depth, kind))))
    if form == "grpc":
        result = call(server, METHODS["traces"], payload)
        assert result.code in (grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT)
        return result.code is grpc.StatusCode.OK, result.details
    answer = server.post("traces", payload)
    assert answer.status_code in (200, 400)
    return answer.status_code == 200, answer.text


def shown_nested(depth: int, kind: str) -> Any:
    value: Any = "leaf"
    for _ in range(depth):
        value = [value] if kind == "array" else {"k": value}
    return value


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [10, 30])
def test_thirty_levels_are_stored_and_shown_as_they_were_sent(
    server: Server, depth: int, kind: str, form: str
) -> None:
    trace = number_of(depth, kind, form)
    accepted, text = send_nested(server, trace, depth, kind, form)
    assert accepted, text
    assert attributes_of(server, trace) == {"deep": shown_nested(depth, kind)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [150, 1000, 10_000])
def test_what_is_nested_too_deep_is_refused_and_the_reason_is_said(
    server: Server, depth: int, kind: str, form: str
) -> None:
    trace = number_of(depth, kind, form)
    accepted, text = send_nested(server, trace, depth, kind, form)
    if accepted:
        assert depth < 1000
        assert attributes_of(server, trace) == {"deep": shown_nested(depth, kind)}
    else:
        assert re.search("deep|nest|depth", text, re.IGNORECASE), text
        assert attributes_of(server, trace) is None


def test_a_log_body_may_be_as_deep_as_an_attribute(server: Server) -> None:
    service = field(1, field(1, b"service.name") + field(2, field(1, b"deep")))
    record = wire.fixed64(1, START_NS) + field(5, wire.nested(30, "array"))
    payload = field(1, field(1, service) + field(2, field(2, record)))
    assert server.post("logs", payload).status_code == 200
    server.settle()
    (line,) = server.get("/v1/logs", service="deep").json()["logs"]
    assert line["body"] == shown_nested(30, "array")
