"""A client that knows what it was promised: it sends numbered requests until each is acknowledged,
and can check afterwards that each row is there exactly once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any, Self

import httpx
from google.protobuf.message import Message

from tests.support import otlp
from tests.support.otlp import START_NS
from tests.support.server import Server

SIGNALS = ("traces", "logs", "metrics")


def numbered(signal: str, number: int) -> Message:
    """A request with one row, told apart from all others by its number."""
    if signal == "traces":
        return otlp.traces(otlp.span(number, 1, start=START_NS + number), resource=_SOURCE)
    if signal == "logs":
        return otlp.logs(f"line {number}", resource=_SOURCE, time_unix_nano=START_NS + number)
    return otlp.gauge("counted", number, time_ns=START_NS + number * 1_000_000_000)


_SOURCE = {"service.name": "counted"}


class CountingClient:
    """Sends one numbered request of each signal after the other, in a thread, while in `with`."""

    def __init__(self, server: Server, *, pause: float = 0.01) -> None:
        self._server = server
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acknowledged: dict[str, set[int]] = {signal: set() for signal in SIGNALS}
        self.tried = 0
        self.retried = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, more: int, timeout: float = 30) -> None:
        """Return once so many more requests of each signal were acknowledged."""
        goal, deadline = len(self.acknowledged["metrics"]) + more, time.monotonic() + timeout
        while len(self.acknowledged["metrics"]) < goal:
            assert time.monotonic() < deadline, "requests are not acknowledged any more"
            time.sleep(0.02)

    def _run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.is_set():
                self.tried += 1
                for signal in SIGNALS:
                    self._send(client, signal, self.tried)
                time.sleep(self._pause)

    def _send(self, client: httpx.Client, signal: str, number: int) -> None:
        body = numbered(signal, number).SerializeToString()
        headers = self._server.headers | {"content-type": "application/x-protobuf"}
        while True:
            try:
                url = f"{self._server.http}/v1/{signal}"
                answer = client.post(url, content=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self.acknowledged[signal].add(number)
                return
            assert answer is None or answer.status_code in (429, 503), answer
            self.retried += 1
            if self._stop.wait(0.05):
                return

    def check(self) -> None:
        """Everything acknowledged is stored once; nothing else but what was tried, at most once."""
        self._server.settle(timeout=40)
        for signal in SIGNALS:
            found = stored(self._server, signal)
            doubled = {number: times for number, times in found.items() if times != 1}
            assert doubled == {}, signal
            lost = self.acknowledged[signal] - found.keys()
            assert lost == set(), signal
            assert max(found, default=0) <= self.tried


def stored(server: Server, signal: str) -> Counter[int]:
    """How many times each number is there."""
    if signal == "traces":
        traces = pages(server, "/v1/traces", "traces")
        return Counter({int(t["trace_id"], 16): t["span_count"] for t in traces})
    if signal == "logs":
        lines = pages(server, "/v1/logs", "logs")
        return Counter(int(line["body"].removeprefix("line ")) for line in lines)
    answer = server.get("/v1/metrics/series", name="counted", agg="count", step=1)
    if answer.status_code == 404:
        return Counter()
    values = server.get("/v1/metrics/series", name="counted", agg="last", step=1).json()["series"]
    last = {at: int(value) for at, value in values[0]["points"]}
    return Counter(
        {last[at]: int(times) for at, times in answer.json()["series"][0]["points"] if times}
    )


def pages(server: Server, path: str, rows: str) -> list[dict[str, Any]]:
    """All rows of a list."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = server.get(path, service="counted", limit=1000, **cursor).json()
        found += answer[rows]
        if answer["next_cursor"] is None:
            return found
        cursor = {"cursor": answer["next_cursor"]}
