"""A spool over its bound: clients are told to wait, then everything is taken (OTLP 1.9,
"Throttling")."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc.status_pb2 import Status

from tests.conformance.transports import JSON, METHODS, PROTOBUF, SIGNALS, call, retry_seconds
from tests.support import otlp
from tests.support.otlp_json import to_otlp_json
from tests.support.server import Server

BOUND = 20_000
TOO_MUCH = {
    "traces": otlp.traces(otlp.span(attributes={"filler": "x" * BOUND})),
    "logs": otlp.logs("x" * BOUND),
    "metrics": otlp.gauge("gauge", 1.0, filler="x" * BOUND),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose spools are full with 20 kB."""
    home: Path = tmp_path_factory.mktemp("small")
    with Server(home, "--spool-max-bytes", str(BOUND)) as running:
        yield running


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("signal", SIGNALS)
def test_http_answers_429_and_when_to_come_back(
    small: Server, signal: str, content_type: str
) -> None:
    request = TOO_MUCH[signal]
    body = to_otlp_json(request) if content_type == JSON else request.SerializeToString()
    answer = small.post(signal, body, content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (429, content_type)
    assert int(answer.headers["retry-after"]) >= 1, "whole seconds"
    if content_type == JSON:
        assert "retry" in answer.json()["message"]
    else:
        status = Status.FromString(answer.content)
        assert "retry" in status.message
        assert (retry_seconds(status) or 0) > 0


@pytest.mark.parametrize("signal", SIGNALS)
def test_grpc_answers_resource_exhausted_with_a_retry_info(small: Server, signal: str) -> None:
    answer = call(small, METHODS[signal], TOO_MUCH[signal].SerializeToString())
    assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert answer.status is not None
    assert answer.status.code == 8
    assert (retry_seconds(answer.status) or 0) > 0, "without it a client gives up"


def test_one_full_spool_does_not_close_the_others(small: Server) -> None:
    assert small.post("traces", TOO_MUCH["traces"].SerializeToString()).status_code == 429
    assert small.post("logs", otlp.logs("fits").SerializeToString()).status_code == 200
    assert small.post("traces", otlp.traces(otlp.span(5)).SerializeToString()).status_code == 200


def test_a_backlog_fills_is_refused_drains_and_exactly_the_acknowledged_is_stored(
    small: Server,
) -> None:
    acknowledged: set[str] = set()
    refused = 0
    for number in range(1, 500):
        span = otlp.span(7, number, attributes={"filler": "x" * 4000})
        answer = small.post("traces", otlp.traces(span).SerializeToString())
        if answer.status_code == 200:
            acknowledged.add(span.span_id.hex())
        else:
            assert answer.status_code == 429
            refused += 1
        if refused and len(acknowledged) > 10:
            break
    assert refused, "the backlog never reached its bound"
    small.settle()
    last = otlp.span(7, 1000, name="afterwards")
    assert small.post("traces", otlp.traces(last).SerializeToString()).status_code == 200
    small.settle()
    stored = small.get(f"/v1/traces/{7:032x}").json()["spans"]
    assert {span["span_id"] for span in stored} == acknowledged | {last.span_id.hex()}
