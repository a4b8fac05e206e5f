"""OTLP over HTTP: which answer each request gets, in which form (OTLP 1.9, "OTLP/HTTP")."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.conformance.transports import JSON, PROTOBUF, REQUESTS, RESPONSES, SIGNALS
from tests.support import otlp
from tests.support.otlp import START_NS
from tests.support.otlp_json import to_otlp_json
from tests.support.server import Server

FORMS = pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
EVERY_SIGNAL = pytest.mark.parametrize("signal", SIGNALS)
ONE_OF_EACH: dict[str, Message] = {
    "traces": otlp.traces(otlp.span()),
    "logs": otlp.logs("line"),
    "metrics": otlp.gauge("gauge", 1.5),
}


def encoded(message: Message, content_type: str) -> bytes:
    return to_otlp_json(message) if content_type == JSON else message.SerializeToString()


def status_of(answer: httpx.Response, content_type: str) -> tuple[int, str]:
    """(code, message) of the Status in a failure's body, read in the form that was asked for."""
    assert answer.headers["content-type"] == content_type
    if content_type == JSON:
        body = answer.json()
        assert set(body) <= {"code", "message", "details"}
        return body["code"], body["message"]
    status = Status.FromString(answer.content)
    return status.code, status.message


# --- success ----------------------------------------------------------------------------------


@FORMS
@EVERY_SIGNAL
def test_success_is_200_with_an_empty_response_in_the_requests_form(
    server: Server, signal: str, content_type: str
) -> None:
    answer = server.post(signal, encoded(ONE_OF_EACH[signal], content_type), content_type)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert answer.content == (b"{}" if content_type == JSON else b"")


@FORMS
@EVERY_SIGNAL
def test_a_request_without_telemetry_succeeds(
    server: Server, signal: str, content_type: str
) -> None:
    empty = encoded(REQUESTS[signal](), content_type)
    assert empty == (b"{}" if content_type == JSON else b"")
    answer = server.post(signal, empty, content_type)
    assert answer.status_code == 200
    assert answer.content == (b"{}" if content_type == JSON else b"")


@pytest.mark.parametrize(
    ("signal", "envelope"),
    [
        ("traces", otlp.traces()),
        ("logs", otlp.logs()),
        ("metrics", ExportMetricsServiceRequest(resource_metrics=[{}])),
    ],
)
def test_empty_envelopes_succeed_and_store_nothing(
    server: Server, signal: str, envelope: Message
) -> None:
    server.settle()
    before = server.get("/v1/stats").json()
    assert server.post(signal, envelope.SerializeToString()).status_code == 200
    server.settle()
    assert server.get("/v1/stats").json() == before


@pytest.mark.parametrize(
    "content_type",
    ["application/x-protobuf", "application/protobuf", "APPLICATION/X-PROTOBUF",
     "application/x-protobuf; charset=utf-8"],
)  # fmt: skip
def test_protobuf_by_any_of_its_names_is_answered_as_protobuf(
    server: Server, content_type: str
) -> None:
    answer = server.post("traces", b"", content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_with_parameters_is_answered_as_json(server: Server, content_type: str) -> None:
    answer = server.post("traces", b"{}", content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)


# --- partial success --------------------------------------------------------------------------

BAD_SPANS: dict[str, dict[str, Any]] = {
    "trace id of 15 bytes": {"trace_id": bytes(15)},
    "no trace id": {"trace_id": b""},
    "trace id of zeros": {"trace_id": bytes(16)},
    "span id of 9 bytes": {"span_id": b"123456789"},
    "no span id": {"span_id": b""},
    "span id of zeros": {"span_id": bytes(8)},
    "parent id of 4 bytes": {"parent_span_id": b"1234"},
    "no start": {"start_time_unix_nano": 0},
    "end before start": {"end_time_unix_nano": START_NS - 1},
    "start after 2262": {"start_time_unix_nano": 1 << 63, "end_time_unix_nano": 0},
    "end after 2262": {"end_time_unix_nano": (1 << 64) - 1},
}


def rejected_spans(answer: httpx.Response, content_type: str) -> int:
    assert answer.status_code == 200
    if content_type == JSON:
        partial = answer.json()["partialSuccess"]
        assert partial["errorMessage"]
        assert isinstance(partial["rejectedSpans"], str), "64-bit integers are strings in JSON"
        return int(partial["rejectedSpans"])
    response: Any = RESPONSES["traces"].FromString(answer.content)
    assert response.partial_success.error_message
    return response.partial_success.rejected_spans


@FORMS
@pytest.mark.parametrize("fault", BAD_SPANS)
def test_a_span_that_cannot_be_stored_is_counted(
    server: Server, fault: str, content_type: str
) -> None:
    request = otlp.traces(otlp.span(50, 1, **BAD_SPANS[fault]), otlp.span(50, 2))
    answer = server.post("traces", encoded(request, content_type), content_type)
    assert rejected_spans(answer, content_type) == 1


@FORMS
def test_rejected_spans_are_kept_as_rejects_and_their_neighbours_are_stored(
    server: Server, content_type: str
) -> None:
    trace = 60 + (content_type == JSON)
    bad = [otlp.span(trace, 900, **fields) for fields in BAD_SPANS.values()]
    good = [otlp.span(trace, number) for number in range(1, len(bad) + 1)]
    server.settle()
    before = server.get("/v1/stats").json()["rejects"]
    request = otlp.traces(*(span for pair in zip(bad, good, strict=True) for span in pair))
    answer = server.post("traces", encoded(request, content_type), content_type)
    assert rejected_spans(answer, content_type) == len(bad)
    server.settle()
    assert server.get("/v1/stats").json()["rejects"] == before + len(bad)
    stored = server.get(f"/v1/traces/{trace:032x}").json()["spans"]
    assert sorted(span["span_id"] for span in stored) == [s.span_id.hex() for s in good]


@pytest.mark.parametrize(
    ("signal", "request_", "field"),
    [
        ("logs", otlp.logs("good", "late", time_unix_nano=1 << 63), "rejected_log_records"),
        ("metrics", otlp.gauge("late", 1, time_ns=1 << 63), "rejected_data_points"),
    ],
)
def test_other_signals_count_what_they_reject(
    server: Server, signal: str, request_: Message, field: str
) -> None:
    answer = server.post(signal, request_.SerializeToString())
    response: Any = RESPONSES[signal].FromString(answer.content)
    assert getattr(response.partial_success, field) == (2 if signal == "logs" else 1)


def test_log_records_with_ids_of_a_wrong_length_are_kept_without_them(server: Server) -> None:
    request = otlp.logs("odd ids", trace_id=b"short", span_id=b"x")
    assert server.post("logs", request.SerializeToString()).content == b""
    server.settle()
    (record,) = server.get("/v1/logs", q="odd ids").json()["logs"]
    assert (record["trace_id"], record["span_id"]) == (None, None)


# --- failure ----------------------------------------------------------------------------------


@FORMS
@EVERY_SIGNAL
def test_what_cannot_be_decoded_is_400_with_a_status(
    server: Server, signal: str, content_type: str
) -> None:
    answer = server.post(signal, b"\xff\xfe{", content_type)
    assert answer.status_code == 400
    code, message = status_of(answer, content_type)
    assert code == 3
    assert message
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"{} {}", b"{"])
def test_json_that_is_not_one_object_is_400(server: Server, body: bytes) -> None:
    answer = server.post("traces", body, JSON)
    assert answer.status_code == 400
    assert status_of(answer, JSON)[1]


@FORMS
@EVERY_SIGNAL
def test_without_a_key_is_401_with_a_status_and_a_challenge(
    server: Server, signal: str, content_type: str
) -> None:
    answer = httpx.post(
        f"{server.http}/v1/{signal}", content=b"", headers={"content-type": content_type}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert status_of(answer, content_type)[0] == 16


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "basic", "x-api-key"])
def test_a_key_is_taken_from_each_header_that_may_carry_it(server: Server, scheme: str) -> None:
    basic = base64.b64encode(f"anybody:{server.key}".encode()).decode()
    headers = {
        "bearer": {"authorization": f"bearer {server.key}"},
        "BEARER": {"authorization": f"Bearer  {server.key}"},
        "basic": {"authorization": f"Basic {basic}"},
        "x-api-key": {"x-api-key": server.key},
    }[scheme]
    answer = httpx.post(
        f"{server.http}/v1/traces", content=b"", headers={"content-type": PROTOBUF, **headers}
    )
    assert answer.status_code == 200


@FORMS
def test_a_body_over_the_bound_is_413_with_a_status(server: Server, content_type: str) -> None:
    answer = server.post("traces", bytes((64 << 20) + 1), content_type)
    assert answer.status_code == 413
    assert "smaller batches" in status_of(answer, content_type)[1]
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_an_unknown_content_type_is_415_and_says_what_to_send(
    server: Server, content_type: str
) -> None:
    answer = server.post("traces", b"", content_type)
    assert answer.status_code == 415
    message = Status.FromString(answer.content).message
    assert PROTOBUF in message
    assert JSON in message
