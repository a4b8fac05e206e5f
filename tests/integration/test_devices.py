"""Devices: which machines send, what, and when they last did."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support import otlp


@pytest.fixture(scope="module")
def synced(stored_server: Stored) -> Stored:
    """m-1 sends a trace and, renamed, a log record; m-2 a trace; one more does not say who."""
    said = {"tracehouse.machine.id": "m-1", "host.name": "old-name", "service.version": "1.0"}
    renamed = said | {"host.name": "laptop", "service.version": "1.1", "service.name": "b"}
    other = {"host.id": "m-2", "tracehouse.project": "elsewhere"}
    span = otlp.span(0xB01)
    stored_server.send("traces", otlp.traces(span, resource=said | {"service.name": "a"}))
    stored_server.send("logs", otlp.logs("hello", resource=renamed))
    stored_server.send("traces", otlp.traces(span, resource=other))
    stored_server.send("traces", otlp.traces(span, resource={"service.name": "nowhere"}))
    return stored_server


def devices(stored: Stored, **asked: Any) -> dict[str, dict[str, Any]]:
    return {one["machine"]: one for one in stored.get("/v1/devices", **asked)["devices"]}


def test_a_machine_is_known_by_what_it_sends(synced: Stored) -> None:
    found = devices(synced)
    assert list(found) == ["m-2", "m-1"], "the last heard of first"
    first = found["m-1"]
    assert (first["host"], first["agent_version"]) == ("laptop", "1.1")
    assert first["kinds"] == ["logs", "traces"]
    assert first["services"] == ["a", "b"]
    assert first["projects"] == ["default"]
    assert first["first_sync"] < first["last_sync"] < found["m-2"]["first_sync"]
    assert (found["m-2"]["host"], found["m-2"]["agent_version"]) == (None, None)


def test_devices_have_pages_and_a_project(synced: Stored) -> None:
    pages = synced.pages("/v1/devices", "devices", limit=1)
    assert [one["machine"] for page in pages for one in page] == ["m-2", "m-1"]
    assert list(devices(synced, project="elsewhere")) == ["m-2"]


def test_the_older_client_is_a_device_too(synced: Stored) -> None:
    server = synced.server
    headers = server.headers | {
        "x-claude-monitor-machine-id": "m-3",
        "x-claude-monitor-hostname": "tower",
        "x-claude-monitor-agent-version": "0.6.0",
        "content-type": "application/json",
    }
    answer = server.client.post(
        f"{server.http}/v1/traces", json={"session_id": "s", "project": "p"}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    server.settle()
    found = devices(synced)["m-3"]
    assert (found["host"], found["agent_version"], found["projects"]) == ("tower", "0.6.0", ["p"])
