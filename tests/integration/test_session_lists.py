"""Sessions and users are listed by when they were last active, however long ago that was."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support import otlp

HOUR = 3_600_000_000_000
# Hours ago at which a session was active; some long before they were last.
ACTIVE = {
    "now": [0],
    "again": [0.2, 700],
    "this-morning": [5],
    "also-this-morning": [6, 5.5],
    "yesterday": [30, 1200],
    "last-week": [150],
    "last-month": [800],
    "last-year": [9000],
}
PROJECT = {"service.name": "tests", "tracehouse.project": "session-lists"}


@pytest.fixture(scope="module")
def sessions(stored_server: Stored) -> Stored:
    now = time.time_ns()
    spans = [
        otlp.span(
            0x5E5510 + 16 * place + turn,
            start=now - int(hours * HOUR),
            attributes={"session.id": session, "user.id": f"by-{session}"},
        )
        for place, (session, active) in enumerate(ACTIVE.items())
        for turn, hours in enumerate(active)
    ]
    stored_server.send("traces", otlp.traces(*spans, resource=PROJECT))
    return stored_server


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 100])
def test_each_is_listed_once_the_last_active_first(sessions: Stored, limit: int) -> None:
    def all_of(path: str, rows: str, name: str) -> list[Any]:
        pages = sessions.pages(path, rows, project="session-lists", limit=limit)
        assert all(len(page) == limit for page in pages[:-1])
        return [row[name] for page in pages for row in page]

    assert all_of("/v1/sessions", "sessions", "session") == list(ACTIVE)
    assert all_of("/v1/users", "users", "user") == [f"by-{session}" for session in ACTIVE]


def test_a_time_leaves_out_who_was_active_before_or_after_it(sessions: Stored) -> None:
    now = time.time_ns()
    found = sessions.get(
        "/v1/sessions",
        project="session-lists",
        **{"from": str(now - 1000 * HOUR), "to": str(now - 100 * HOUR)},
    )["sessions"]
    assert [row["session"] for row in found] == ["last-week", "again", "last-month"]
