"""What every REST call needs: who calls, from which machine, and the way into the collector."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import HTTPException

from tracehouse_api.access import House
from tracehouse_api.parameters import parse_time
from tracehouse_api.recent import Value
from tracehouse_collector.keys import Principal
from tracehouse_semconv.attributes import (
    SERVICE_NAME,
    TRACEHOUSE_MACHINE_ID,
    TRACEHOUSE_PROJECT,
    TRACEHOUSE_SCAFFOLD,
)
from tracehouse_semconv.record import Signal


@dataclass(frozen=True)
class Caller:
    """A client of the REST wire."""

    principal: Principal
    machine: str
    host: str | None = None
    agent_version: str | None = None

    @classmethod
    def of(cls, principal: Principal, headers: Mapping[str, str]) -> Caller:
        """From the client's own headers."""
        return cls(
            principal,
            headers.get("x-claude-monitor-machine-id") or "unknown",
            headers.get("x-claude-monitor-hostname"),
            headers.get("x-claude-monitor-agent-version"),
        )

    def resource(self, project: str | None, scaffold: str | None = None) -> dict[str, Value | None]:
        """The resource of what this client sends."""
        return {
            SERVICE_NAME: project or scaffold or "python",
            TRACEHOUSE_PROJECT: project,
            TRACEHOUSE_SCAFFOLD: scaffold,
            TRACEHOUSE_MACHINE_ID: self.machine,
            "host.name": self.host,
            "service.version": self.agent_version,
        }


async def admit(house: House, principal: Principal, signal: Signal, payload: bytes) -> None:
    """Store an OTLP request as if it had come over OTLP. Raises Refusal."""
    if house.collector is None:
        raise HTTPException(404, "this server only answers queries: send to its collector")
    counted = replace(principal, allowance=None)  # it was, when its body came
    await house.collector.admission.admit_protobuf(counted, signal, payload)


def parse_body(body: bytes) -> dict[str, Any]:
    """A JSON object; the bare literals NaN and Infinity, which Python writes, are numbers.

    Raises HTTPException 422.
    """
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise HTTPException(422, "the body must be a JSON object")
    return document


def time_of(value: Any, name: str) -> int:
    """Unix nanoseconds of an ISO 8601 text or of Unix seconds; now when there is none."""
    try:
        match value:
            case None:
                return time.time_ns()
            case bool():
                raise ValueError("it is neither a time nor a number")
            case int() | float():
                return int(value * 1e9)
            case _:
                return parse_time(str(value))
    except (ValueError, OverflowError) as error:
        raise HTTPException(422, f"{name}: {error}") from None


def text_of(document: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """A text in a body. Raises HTTPException 422."""
    value = document.get(name)
    if value is None:
        if required:
            raise HTTPException(422, f"{name}: it is required")
        return None
    if not isinstance(value, (str, int, float)):
        raise HTTPException(422, f"{name}: it must be a text")
    return str(value)
