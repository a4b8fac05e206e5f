"""Protobuf that is valid and unusual: the collector acknowledges it after one reader's parse, and
another reader, ClickHouse's, stores it. Both must read the same, or what was acknowledged is lost.

The expectation in each case is what OpenTelemetry's own classes read from the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conformance import shown, wire
from tests.conformance.wire import attribute, field, fixed32, fixed64, group, span, traces
from tests.support.server import Server

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
TEXT, SEVEN = field(1, b"text"), field(3, 7)
LIST = field(5, field(1, TEXT))

ODDITIES: dict[str, dict[str, bytes]] = {
    "unknown fields": {
        "of each type": field(1000, b"x") + field(2000, 1) + fixed64(3000, 1) + fixed32(4000, 2),
        "with the largest number": field((1 << 29) - 1, 5),
        "in a value": attribute("a", field(900, b"x")),
    },
    "groups": {
        "empty": group(100),
        "with content": group(100, field(1, 5) + field(2, b"x")),
        "nested": group(100, group(3, group(7))),
        "in place of a name": group(5),
    },
    "numbers beyond their type": {
        "an enum of 2^40 + 3": field(6, (1 << 40) + 3),
        "a negative enum": field(6, -5),
        "a count of 2^40 + 7": field(10, (1 << 40) + 7),
        "a bool of 2": attribute("a", field(2, 2)),
        "a bool of 2^63": attribute("a", field(2, 1 << 63)),
        "a varint of ten bytes": b"\x30\x83\x80\x80\x80\x80\x80\x80\x80\x80\x00",
        "a tag of four bytes": b"\xb0\x80\x80\x00\x03",
    },
    "fields of another type": {
        "a name as a number": field(5, 77),
        "a start as a varint": field(7, 77),
        "a start as bytes": field(7, b"abc"),
        "an attribute as a number": field(9, 5),
        "a status as a number": field(15, 5),
        "flags as a varint": field(16, 9),
        "an attribute's key as a number": field(9, field(1, 6) + field(2, TEXT)),
        "an attribute's value as a number": field(9, field(1, b"a") + field(2, 6)),
    },
    "fields more than once": {
        "a status, in two parts": field(15, field(2, b"msg")) + field(15, field(3, 2)),
        "a value: text, then a number": attribute("a", TEXT + SEVEN),
        "a value: a number, then text": attribute("a", SEVEN + TEXT),
        "a value: bytes, then a list": attribute("a", field(7, b"bytes") + LIST),
        "a value: a list, then bytes": attribute("a", LIST + field(7, b"bytes")),
        "a value: two lists, which add up": attribute("a", LIST + LIST),
        "a value, in two parts": field(9, field(1, b"a") + field(2, TEXT) + field(2, SEVEN)),
    },
    "missing fields": {
        "a key": field(9, field(2, TEXT)),
        "a value": field(9, field(1, b"k")),
        "both": field(9, b""),
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ODDITIES)
def test_what_is_acknowledged_is_stored_as_protobuf_reads_it(tmp_path: Path, kind: str) -> None:
    with Server(tmp_path) as server:
        sent: dict[str, Any] = {}
        for trace, (name, extra) in enumerate(ODDITIES[kind].items(), start=1):
            payload = traces(span(trace, 1, extra), span(trace, 2, name="neighbour"))
            sent[name] = ExportTraceServiceRequest.FromString(payload)
            assert server.post("traces", payload).status_code == 200, name
        server.settle(timeout=15)
        dead = sorted(path.name for path in (server.data_dir / "dead-letter").iterdir())
        stored = {
            name: {
                one["span_id"]: one
                for one in server.get(f"/v1/traces/{trace:032x}").json().get("spans", ())
            }
            for trace, name in enumerate(sent, start=1)
        }
    wrong: dict[str, str] = {}
    for name, message in sent.items():
        for original in message.resource_spans[0].scope_spans[0].spans:
            row = stored[name].get(original.span_id.hex())
            if row is None:
                wrong[name] = f"{original.name} is lost"
            elif (found := relevant(row)) != (expected := as_shown(original)):
                wrong[name] = f"{found} instead of {expected}"
    assert wrong == {}
    assert dead == []


def relevant(row: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "kind", "start_time", "status", "status_message", "flags",
             "dropped_attributes_count")  # fmt: skip
    return {name: row[name] for name in names} | {"attributes": repr(row["attributes"])}


def as_shown(original: Any) -> dict[str, Any]:
    return {
        "name": original.name,
        "kind": KINDS[original.kind] if 0 <= original.kind < len(KINDS) else KINDS[0],
        "start_time": shown.time(original.start_time_unix_nano),
        "status": ("unset", "ok", "error")[original.status.code],
        "status_message": original.status.message,
        "dropped_attributes_count": original.dropped_attributes_count,
        "flags": original.flags,
        "attributes": repr(shown.attributes(original.attributes)),
    }


@pytest.mark.parametrize(
    "payload", [b"\x00\x01", b"\x0a", b"\x0a\xff\xff\xff\xff\x0f", wire.group(1)[:-1], b"\x0c"]
)
def test_what_is_not_protobuf_is_refused(server: Server, payload: bytes) -> None:
    assert server.post("traces", payload).status_code == 400
