"""What real emitters sent, over every transport: the rows are the same, and all of them.

Each transport gets a workspace of its own through its own key, so that the captured bodies stay
untouched and one server is enough.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.message import Message

from tests.conformance import shown, tables
from tests.conformance.transports import ENCODE, JSON, METHODS, PROTOBUF, REQUESTS, call
from tests.support.keys import add_key
from tests.support.otlp_json import from_otlp_json, to_otlp_json
from tests.support.server import Server

CAPTURES = Path(__file__).parents[1] / "fixtures" / "captures"
FILES = sorted(path for path in CAPTURES.iterdir() if path.suffix in (".pb", ".json"))
TRANSPORTS = [
    *(f"HTTP-{form} {encoding}" for form in ("protobuf", "JSON") for encoding in ENCODE),
    "gRPC identity",
    "gRPC gzip",
]
GRPC_COMPRESSION = {
    "identity": grpc.Compression.NoCompression,
    "gzip": grpc.Compression.Gzip,
}
# What says when and how a row came, and not what it says.
NOT_COMPARED = {"workspace", "received_time", "version", "request_id"}
KEYS = {
    "spans": "trace_id, span_id",
    "logs": "time, toString(resource_attributes), ordinal, toString(attributes), body",
    **dict.fromkeys(
        ("points", "histograms", "exponential_histograms", "summaries"),
        "metric_name, series, time, start_time",
    ),
}


def signal_of(path: Path) -> str:
    return next(signal for signal in REQUESTS if f"-{signal}-" in path.name)


def message_of(path: Path) -> Message:
    kind = REQUESTS[signal_of(path)]
    body = path.read_bytes()
    return from_otlp_json(body, kind) if path.suffix == ".json" else kind.FromString(body)


def body_of(path: Path, form: str) -> bytes:
    """The captured body where it has this form, else its translation."""
    if form == "JSON":
        return path.read_bytes() if path.suffix == ".json" else to_otlp_json(message_of(path))
    return path.read_bytes() if path.suffix == ".pb" else message_of(path).SerializeToString()


def send(server: Server, transport: str, key: str, path: Path) -> None:
    """Raises AssertionError unless all of the file is accepted."""
    form, encoding = transport.split(" ")
    signal = signal_of(path)
    if form == "gRPC":
        answer = call(
            server,
            METHODS[signal],
            body_of(path, "protobuf"),
            metadata=[("x-api-key", key)],
            compression=GRPC_COMPRESSION[encoding],
        )
        assert (answer.code, answer.message) == (grpc.StatusCode.OK, b""), path.name
        return
    form = form.removeprefix("HTTP-")
    response = server.post(
        signal,
        ENCODE[encoding](body_of(path, form)),
        JSON if form == "JSON" else PROTOBUF,
        content_encoding=encoding,
        x_api_key=key,
    )
    assert response.status_code == 200, (path.name, response.content)
    assert response.content == (b"{}" if form == "JSON" else b""), path.name


@dataclass(frozen=True)
class Golden:
    """All captures, sent over each transport: the rows of each table by transport, and what the
    API lists of those that came over the first, in one answer and page by page."""

    rows: dict[str, dict[str, tables.Rows]]
    listed: dict[str, list[dict[str, Any]]]
    paged: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    server = Server(tmp_path_factory.mktemp("golden"))
    key_of = {transport: add_key(server, workspace=transport) for transport in TRANSPORTS}
    with server:
        for transport, key in key_of.items():
            for path in FILES:
                send(server, transport, key, path)
        server.settle()
        with httpx.Client(
            base_url=server.http, headers={"x-api-key": key_of[TRANSPORTS[0]]}
        ) as client:
            listed = {name: pages(client, name, 1000) for name in ("spans", "logs")}
            paged = {name: pages(client, name, 23) for name in ("spans", "logs")}
        server.stop()
    found = tables.read(
        server,
        rejects="SELECT * FROM rejects",
        **{name: f"SELECT * FROM {name} FINAL ORDER BY {key}" for name, key in KEYS.items()},
    )
    assert found.pop("rejects") == []
    return Golden(
        {
            transport: {
                table: [row for row in all_rows if row["workspace"] == transport.encode()]
                for table, all_rows in found.items()
            }
            for transport in TRANSPORTS
        },
        listed,
        paged,
    )


def pages(client: httpx.Client, resource: str, size: int) -> list[dict[str, Any]]:
    """Everything in a list, by its cursors, as far as they lead."""
    found: list[dict[str, Any]] = []
    parameters = {"limit": str(size)}
    while (answer := client.get(f"/v1/{resource}", params=parameters)).status_code == 200:
        found += answer.json()[resource]
        if answer.json()["next_cursor"] is None:
            break
        parameters["cursor"] = answer.json()["next_cursor"]
    return found


def comparable(rows_: tables.Rows) -> tables.Rows:
    return [{name: row[name] for name in row if name not in NOT_COMPARED} for row in rows_]


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("transport", TRANSPORTS[1:])
def test_every_transport_gives_the_same_rows(golden: Golden, transport: str, table: str) -> None:
    expected = comparable(golden.rows[TRANSPORTS[0]][table])
    actual = comparable(golden.rows[transport][table])
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert one == other


# --- and they are all of it, as it was sent ---------------------------------------------------


def captured(signal: str) -> Iterator[Any]:
    return (message_of(path) for path in FILES if signal_of(path) == signal)


def sent_spans() -> dict[str, Any]:
    return {
        span.span_id.hex(): span
        for message in captured("traces")
        for group in message.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    }


def sent_rows() -> Counter[str]:
    """Data points by table."""
    table_of = {"gauge": "points", "sum": "points", "summary": "summaries"}
    found: Counter[str] = Counter()
    for message in captured("metrics"):
        for scope in (scope for group in message.resource_metrics for scope in group.scope_metrics):
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                found[table_of.get(kind, f"{kind}s")] += len(getattr(metric, kind).data_points)
    return found


@pytest.mark.parametrize("table", [table for table in KEYS if table not in ("spans", "logs")])
def test_no_data_point_is_missing(golden: Golden, table: str) -> None:
    assert len(golden.rows[TRANSPORTS[0]][table]) == sent_rows()[table]


@pytest.mark.parametrize("resource", ["spans", "logs"])
def test_pages_follow_one_another_without_gap_or_repetition(golden: Golden, resource: str) -> None:
    assert len(golden.listed[resource]) > 3 * 23
    assert golden.paged[resource] == golden.listed[resource]


def test_every_span_is_listed_once_with_its_times(golden: Golden) -> None:
    sent = sent_spans()
    assert sorted(span["span_id"] for span in golden.listed["spans"]) == sorted(sent)
    for span in golden.listed["spans"]:
        original = sent[span["span_id"]]
        assert span["trace_id"] == original.trace_id.hex()
        assert span["name"] == original.name
        assert span["start_time"] == shown.time(original.start_time_unix_nano)
        assert span["end_time"] == shown.time(original.end_time_unix_nano)
        assert [event["name"] for event in span["events"]] == [e.name for e in original.events]


def test_every_attribute_is_shown_with_the_type_it_was_sent_with(golden: Golden) -> None:
    """Codex sends `thread.id` twice, first a number, then text: one of them is shown, and all
    others as they are."""
    sent = sent_spans()
    for span in golden.listed["spans"]:
        original = sent[span["span_id"]]
        times = Counter(kv.key for kv in original.attributes)
        twice = {key for key, count in times.items() if count > 1}
        expected = shown.attributes(original.attributes)
        assert span["attributes"].keys() == expected.keys()
        for key in expected.keys() - twice:
            one, other = span["attributes"][key], expected[key]
            assert (type(one), one) == (type(other), other), key
        for key in twice:
            either = [shown.value(kv.value) for kv in original.attributes if kv.key == key]
            assert span["attributes"][key] in either


def test_every_log_record_is_listed_once_with_its_body_and_attributes(golden: Golden) -> None:
    def canonical(records: Iterable[tuple[Any, ...]]) -> list[str]:
        return sorted(json.dumps(record, sort_keys=True) for record in records)

    sent = (
        (shown.value(record.body), shown.attributes(record.attributes), record.event_name)
        for message in captured("logs")
        for group in message.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    )
    listed = ((log["body"], log["attributes"], log["event_name"]) for log in golden.listed["logs"])
    assert canonical(listed) == canonical(sent)
