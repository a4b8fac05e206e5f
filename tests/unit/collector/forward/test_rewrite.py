"""What is sent on: the very bytes, unless something is to be left out or added."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support import otlp
from tracehouse_collector.forward.rewrite import Rewrite
from tracehouse_collector.settings import Forward
from tracehouse_semconv.record import Signal


def rewritten(request: Any, signal: Signal = Signal.traces, **settings: Any) -> bytes:
    forward = Forward(name="x", url="https://example.com", **settings)
    return Rewrite(forward)(signal, request.SerializeToString())


def attributes(payload: bytes) -> list[dict[str, str]]:
    request = ExportTraceServiceRequest.FromString(payload)
    return [
        {kv.key: kv.value.string_value for kv in span.attributes}
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def test_without_rules_the_bytes_stay() -> None:
    request = otlp.traces(otlp.span(attributes={"a": "b"}))
    odd = request.SerializeToString() + b"\xc0\x3e\x07"  # a field that nobody knows
    forward = Forward(name="x", url="https://example.com")
    assert Rewrite(forward)(Signal.traces, odd) == odd


def test_attributes_are_left_out_wherever_they_are() -> None:
    span = otlp.span(attributes={"user.email": "e", "kept": "k", "gen_ai.input.messages": "m"})
    span.events.add(name="e").attributes.extend(otlp.key_values({"user.email": "e"}))
    request = otlp.traces(span, resource={"service.name": "s", "user.email": "e"})
    payload = rewritten(request, drop_attributes=["user.*", "gen_ai.*.messages"])
    assert attributes(payload) == [{"kept": "k"}]
    assert b"user.email" not in payload


@pytest.mark.parametrize("signal", list(Signal))
def test_only_the_services_asked_for_are_sent(signal: Signal) -> None:
    def of(service: str) -> Any:
        resource = {"service.name": service}
        match signal:
            case Signal.traces:
                return otlp.traces(otlp.span(), resource=resource)
            case Signal.logs:
                return otlp.logs("x", resource=resource)
            case _:
                request = otlp.gauge("m", 1.0)
                del request.resource_metrics[0].resource.attributes[:]
                request.resource_metrics[0].resource.attributes.extend(otlp.key_values(resource))
                return request

    mine = of("mine")
    wanted = mine.SerializeToString()
    mine.MergeFrom(of("other"))
    assert rewritten(mine, signal, services=["mine"]) == wanted
    assert rewritten(of("other"), signal, services=["mine"]) == b""


def test_to_langfuse_every_span_says_what_its_trace_is_of() -> None:
    request = otlp.traces(
        otlp.span(1, 1, attributes={"session.id": "s", "user.id": "u"}),
        otlp.span(1, 2, parent=1, attributes={"user.id": "own"}),
        otlp.span(2, 3),
    )
    assert attributes(rewritten(request, kind="langfuse")) == [
        {"session.id": "s", "user.id": "u"},
        {"session.id": "s", "user.id": "own"},
        {},
    ]


def test_what_a_trace_is_of_is_known_to_the_spans_of_later_requests() -> None:
    rewrite = Rewrite(Forward(name="x", url="https://example.com", kind="langfuse"))
    for number, said in ((1, {"session.id": "s"}), (2, {})):
        request = otlp.traces(otlp.span(1, number, attributes=said)).SerializeToString()
        assert attributes(rewrite(Signal.traces, request)) == [{"session.id": "s"}]
    for trace in range(2, 20_010):
        span = otlp.span(trace, 1, attributes={"session.id": "other"})
        rewrite(Signal.traces, otlp.traces(span).SerializeToString())
    request = otlp.traces(otlp.span(1, 3)).SerializeToString()
    assert attributes(rewrite(Signal.traces, request)) == [{}], "and is forgotten in the end"
