"""OTLP as JSON, posted as any program may: what an exporter sends, with times of one's choice."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from .clock import Clock

Json = dict[str, Any]
OK, ERROR = 1, 2
INTERNAL, SERVER, CLIENT = 1, 2, 3
_AT_ONCE = 400


@dataclass
class Span:
    """A span as OTLP/JSON has it; times are nanoseconds."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: int
    end: int
    attributes: Mapping[str, Any]
    kind: int = INTERNAL
    status: int = 0
    message: str = ""
    events: list[Json] = field(default_factory=list[Json])

    def fail(self, message: str, exception: str = "", stack: str = "") -> None:
        """Its status is an error, with an exception event where there was one."""
        self.status, self.message = ERROR, message
        if exception:
            told = {
                "exception.type": exception,
                "exception.message": message,
                "exception.stacktrace": stack or f"{exception}: {message}",
            }
            self.events.append(event("exception", self.end, told))

    def json(self) -> Json:
        return {
            "traceId": self.trace_id,
            "spanId": self.span_id,
            "parentSpanId": self.parent_id,
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": str(self.start),
            "endTimeUnixNano": str(self.end),
            "attributes": attributes(self.attributes),
            "events": self.events,
            "status": {"code": self.status, "message": self.message},
        }


@dataclass(frozen=True)
class Emitter:
    """What the spans of a program have in common: its resource, and the library that made them."""

    service: str
    project: str
    scope: str
    version: str
    language: str = "python"
    host: str = ""

    def batch(self, spans: Iterable[Span]) -> Json:
        """The resource, the scope and the spans."""
        resource = {
            "service.name": self.service,
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.language": self.language,
            "tracehouse.project": self.project,
        }
        if self.host:
            resource["host.name"] = self.host
        return {
            "resource": {"attributes": attributes(resource)},
            "scopeSpans": [
                {
                    "scope": {"name": self.scope, "version": self.version},
                    "spans": [span.json() for span in spans],
                }
            ],
        }


class Ids:
    """Ids by the time and a seed: a server that is filled again gets new traces."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._chance = random.Random(f"{clock.real_now_ns} {chance.random()}")

    def trace(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    def span(self) -> str:
        return f"{self._chance.getrandbits(64):016x}"

    def call(self, prefix: str) -> str:
        return f"{prefix}{self._chance.getrandbits(64):016x}"


class Door:
    """The server's address and a key."""

    def __init__(self, base: str, key: str) -> None:
        self._client = httpx.Client(base_url=base, headers={"x-api-key": key}, timeout=60)

    def traces(self, batches: list[Json]) -> None:
        """Send spans, several hundred batches a request. Raises httpx.HTTPStatusError."""
        for first in range(0, len(batches), _AT_ONCE):
            self.post("/v1/traces", {"resourceSpans": batches[first : first + _AT_ONCE]})

    def metrics(self, resource: Mapping[str, Any], metrics: list[Json]) -> None:
        """Send metrics of one resource."""
        batch = {
            "resource": {"attributes": attributes(resource)},
            "scopeMetrics": [{"scope": {"name": "host-metrics"}, "metrics": metrics}],
        }
        self.post("/v1/metrics", {"resourceMetrics": [batch]})

    def post(self, path: str, body: Json) -> Json:
        """The answer's JSON. Raises httpx.HTTPStatusError with what the server said."""
        return self._send("POST", path, body)

    def put(self, path: str, body: Json) -> Json:
        """The answer's JSON. Raises httpx.HTTPStatusError with what the server said."""
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: Json) -> Json:
        answer = self._client.request(method, path, content=json.dumps(body), headers=_JSON)
        if answer.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path} answered {answer.status_code}: {answer.text}",
                request=answer.request,
                response=answer,
            )
        return answer.json()

    def get(self, path: str, **parameters: Any) -> Json:
        """The answer's JSON. Raises httpx.HTTPStatusError."""
        return self._client.get(path, params=parameters).raise_for_status().json()


_JSON = {"content-type": "application/json"}


def event(name: str, moment: int, told: Mapping[str, Any]) -> Json:
    return {"name": name, "timeUnixNano": str(moment), "attributes": attributes(told)}


def attributes(told: Mapping[str, Any]) -> list[Json]:
    """As OTLP/JSON has them."""
    return [{"key": key, "value": _value(value)} for key, value in told.items()]


def _value(value: Any) -> Json:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
        case _:
            return {"stringValue": str(value)}
