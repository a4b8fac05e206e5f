"""OTLP/JSON: Protobuf's mapping, with hex ids, numeric enums and unknown keys ignored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracehouse_collector.admit.otlp import count, response
from tracehouse_collector.admit.otlp_json import parse_json, to_json
from tracehouse_collector.admit.refusal import UNREADABLE, Refusal
from tracehouse_semconv.record import Signal

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def span_of(**fields: Any) -> Any:
    """The one span of a request with these fields, read."""
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]}
    message: Any = parse_json(Signal.traces, json.dumps(document).encode())
    return message.resource_spans[0].scope_spans[0].spans[0]


def attribute_of(value: Any) -> Any:
    return span_of(attributes=[{"key": "k", "value": value}]).attributes[0].value


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_ids_are_hex_in_either_case(change: Any) -> None:
    span = span_of(traceId=change(TRACE), spanId=change(SPAN), parentSpanId="")

    assert (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id) == (TRACE, SPAN, b"")


def test_keys_may_be_protobufs_own_names() -> None:
    span = span_of(trace_id=TRACE, span_id=SPAN, start_time_unix_nano="7")

    assert (span.trace_id.hex(), span.start_time_unix_nano) == (TRACE, 7)


def test_an_id_in_a_link_is_hex_too() -> None:
    assert span_of(links=[{"traceId": TRACE, "spanId": SPAN}]).links[0].span_id.hex() == SPAN


@pytest.mark.parametrize("wrong", ["xyz", "5b8", "not hex at all, but sixteen long", "é"])
def test_an_id_that_is_not_hex_costs_its_row_alone(wrong: str) -> None:
    good = {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": "1"}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [good, good | {"traceId": wrong}]}]}]}

    message = parse_json(Signal.traces, json.dumps(document).encode())

    assert count(Signal.traces, message).rejected == 1


@pytest.mark.parametrize("wrong", [5, ["5b"], {"a": 1}, True])
def test_an_id_that_is_not_text_is_refused(wrong: object) -> None:
    with pytest.raises(Refusal, match="an id must be a string"):
        span_of(traceId=wrong)


def test_an_id_of_null_is_absent() -> None:
    assert span_of(traceId=None).trace_id == b""


def test_an_attribute_called_like_an_id_is_an_attribute() -> None:
    attributes = span_of(
        attributes=[{"key": "traceId", "value": {"stringValue": "xyz"}}]
    ).attributes

    assert (attributes[0].key, attributes[0].value.string_value) == ("traceId", "xyz")


@pytest.mark.parametrize("time", ["1790000000000000001", 1790000000000000001])
def test_64_bit_integers_are_text_or_numbers_and_lose_no_digit(time: object) -> None:
    assert span_of(startTimeUnixNano=time).start_time_unix_nano == 1790000000000000001


def test_enums_are_numbers() -> None:
    assert span_of(kind=3, status={"code": 2}).status.code == 2


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        ({"stringValue": ""}, "string_value", ""),
        ({"boolValue": False}, "bool_value", False),
        ({"intValue": "-9223372036854775808"}, "int_value", -(2**63)),
        ({"doubleValue": "NaN"}, "double_value", None),
        ({"doubleValue": 1.5}, "double_value", 1.5),
        ({"bytesValue": "+/8="}, "bytes_value", b"\xfb\xff"),
        ({"bytesValue": "-_8"}, "bytes_value", b"\xfb\xff"),
    ],
)
def test_values_keep_their_types(value: Any, field: str, expected: object) -> None:
    read = attribute_of(value)

    assert read.WhichOneof("value") == field
    assert expected is None or getattr(read, field) == expected


def test_unknown_keys_are_ignored() -> None:
    assert span_of(name="n", future={"deep": [1]}).name == "n"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"resourceSpans": 5}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": 5}]}]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "\\ud800"}]}]}]}',
        b'{"a":' * 50_000, b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_otlp_is_unreadable(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        parse_json(Signal.traces, body)

    assert refused.value.kind is UNREADABLE
    assert len(refused.value.message) < 400


def test_bytes_that_are_not_base64_are_refused() -> None:
    with pytest.raises(Refusal):
        attribute_of({"bytesValue": "not base64!"})


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: dict[str, Any] = {"intValue": 1}
    for _ in range(200):
        value = {"arrayValue": {"values": [value]}}

    with pytest.raises(Refusal):
        attribute_of(value)


def test_an_answer_is_json_in_camel_case() -> None:
    answer = json.loads(to_json(response(Signal.traces, 3)))

    assert answer["partialSuccess"]["rejectedSpans"] == "3"
    assert json.loads(to_json(response(Signal.logs, 0))) == {}
