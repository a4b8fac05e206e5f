"""Log records: listing, filtering, paging, and what becomes of a request that comes twice."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS, any_value, key_values

TRACE, SPAN = b"T" * 16, b"S" * 8


@pytest.fixture(scope="module")
def listed(stored_server: Stored) -> Stored:
    """Nine lines, three at each of three moments; service `list`."""
    requests = []
    for moment in range(3):
        request = otlp.logs(resource={"service.name": "list", "tracehouse.project": f"p{moment}"})
        for number in range(3):
            request.resource_logs[0].scope_logs[0].log_records.append(
                LogRecord(
                    time_unix_nano=START_NS + moment,
                    body=any_value(['it\'s 100% \\ "so"', {"a": "Nested Needle"}, 42][number]),
                    severity_number=1 + 4 * number,  # pyright: ignore[reportArgumentType]
                    trace_id=TRACE if number == 1 else b"",
                    span_id=SPAN if number == 1 else b"",
                    event_name="event" if number == 2 else "",
                    attributes=key_values(
                        {"session.id": f"s{number}", "tracehouse.run.id": f"r{moment}"}
                    ),
                )
            )
        requests.append(request)
    stored_server.send("logs", *requests)
    return stored_server


def key(log: dict[str, Any]) -> tuple[int, int]:
    """(moment, number) of a line."""
    return int(log["time"][-4:-1]), (log["severity_number"] - 1) // 4


@pytest.mark.parametrize("size", [1, 2, 4, 8, 9, 10])
def test_pages_of_any_size_hold_every_line_once_newest_first(listed: Stored, size: int) -> None:
    pages = listed.pages("/v1/logs", "logs", service="list", limit=size)
    expected = [(moment, number) for moment in (2, 1, 0) for number in (2, 1, 0)]
    assert [key(log) for page in pages for log in page] == expected
    assert all(len(page) == size for page in pages[:-1])


ALL = {(moment, number) for moment in range(3) for number in range(3)}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ALL),
        ({"project": "p1"}, {(1, 0), (1, 1), (1, 2)}),
        ({"session": "s0"}, {(0, 0), (1, 0), (2, 0)}),
        ({"run": "r2", "session": "s0"}, {(2, 0)}),
        ({"trace_id": TRACE.hex()}, {(0, 1), (1, 1), (2, 1)}),
        ({"span_id": SPAN.hex().upper(), "project": "p0"}, {(0, 1)}),
        ({"event_name": "event"}, {(0, 2), (1, 2), (2, 2)}),
        ({"min_severity": 9, "project": "p0"}, {(0, 2)}),
        ({"q": "IT'S 100% \\ \"", "project": "p0"}, {(0, 0)}),
        ({"q": "nested needle", "project": "p0"}, {(0, 1)}),
        ({"q": "42", "project": "p0"}, {(0, 2)}),
        ({"from": START_NS + 1, "to": START_NS + 2, "session": "s1"}, {(1, 1)}),
        ({"service": "none"}, set()),
    ],
)
def test_filters(listed: Stored, filters: dict[str, Any], expected: set[Any]) -> None:
    found = listed.get("/v1/logs", **{"service": "list", **filters})["logs"]
    assert {key(log) for log in found} == expected
    assert len(found) == len(expected)


def test_a_request_that_is_sent_again_adds_nothing(stored_server: Stored) -> None:
    request = otlp.logs("a", "b", resource={"service.name": "again"})
    stored_server.send("logs", request)
    stored_server.send("logs", request, request)
    found = stored_server.get("/v1/logs", service="again")["logs"]
    assert sorted(log["body"] for log in found) == ["a", "b"]


def test_two_equal_lines_of_one_request_stay_two(stored_server: Stored) -> None:
    stored_server.send("logs", otlp.logs("same", "same", resource={"service.name": "equal"}))
    found = stored_server.get("/v1/logs", service="equal")["logs"]
    assert [log["body"] for log in found] == ["same", "same"]
    pages = stored_server.pages("/v1/logs", "logs", service="equal", limit=1)
    assert [len(page) for page in pages] == [1, 1]


def test_an_event_is_found_by_the_name_that_its_attribute_has(stored_server: Stored) -> None:
    request = otlp.logs(
        "said", event_name="event src/telemetry.rs:803",
        attributes=otlp.key_values({"event.name": "codex.user_prompt"}),
    )  # fmt: skip
    stored_server.send("logs", request)
    for name in ("codex.user_prompt", "event src/telemetry.rs:803"):
        (record,) = stored_server.get("/v1/logs", event_name=name)["logs"]
        assert record["body"] == "said"
