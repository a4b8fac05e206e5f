"""Where rollouts go, side by side: each destination has a queue, a buffer and a thread of its own.

    span ─┬► tracehouse            buffer on disk ─► POST /v1/traces
          ├► ClickHouse            buffer on disk ─► INSERT INTO inbox_traces FORMAT Protobuf
          ├► Langfuse              buffer on disk ─► POST /api/public/otel/v1/traces
          └► standard error        where debugging is on
    rollout ─► Kestrel             queue in memory ─► POST /v1/registry/…

What is away delays none of the others, and what was meant for it is kept on disk until it is back.
"""

from __future__ import annotations

import threading
import time
from urllib.parse import urlencode

from tracehouse.recorder import Recorder
from tracehouse.recorder.langfuse import destination_of, encode_for_langfuse
from tracehouse.recorder.recorder import Mirror, Source
from tracehouse.rollouts.console import DebugConsole
from tracehouse.rollouts.registry import Registry
from tracehouse.rollouts.settings import Destinations
from tracehouse.session import resource_attributes
from tracehouse.settings import Destination, Mode, resolve_destination, resolve_mode
from tracehouse_semconv.otlp import reading_settings

_WORKSPACE = "default"


class Pipeline:
    """All destinations of a configuration."""

    def __init__(self, to: Destinations) -> None:
        mode = resolve_mode(None)
        self._others: list[Recorder] = []
        mirrors: list[Mirror] = []
        if mode is Mode.online:
            self._others = list(_others(to))
            mirrors = [*self._others]
        if to.debug:
            mirrors.append(DebugConsole())
        self.recorder = Recorder(
            mode if "tracehouse" in to.exporters else Mode.disabled,
            lambda: resolve_destination(to.api_key, to.endpoint),
            mirrors=mirrors,
        )
        self.registry = (
            Registry(to.kestrel_api_url, to.kestrel_api_key)
            if mode is Mode.online and to.kestrel_api_url and "kestrel" in to.exporters
            else None
        )

    def source(self, project: str | None) -> Source:
        """A tracer for rollouts of this project."""
        return self.recorder.source(
            resource_attributes(
                project=project, scaffold=None, machine_id=None, hostname=None, agent_version=None
            )
        )

    def flush(self, timeout: float) -> bool:
        """Whether every destination has everything within so many seconds."""
        deadline = time.monotonic() + timeout
        parts = [part for part in (self.recorder, *self._others, self.registry) if part is not None]
        done: list[bool] = []
        # At the same time: one that is away must not use up the others' time.
        threads = [
            threading.Thread(target=lambda part=part: done.append(part.flush(timeout)), daemon=True)
            for part in parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()) + 0.2)
        return len(done) == len(parts) and all(done)

    def close(self, timeout: float) -> None:
        """Deliver for at most so many seconds, and let everything go."""
        self.flush(timeout)
        for part in (self.recorder, *self._others, self.registry):
            if part is not None:
                part.close(0.1)


def _others(to: Destinations) -> list[Recorder]:
    found: list[Recorder] = []
    if to.clickhouse_url and "clickhouse" in to.exporters:
        clickhouse = _clickhouse(to)
        found.append(Recorder(Mode.online, lambda: clickhouse))
    if to.langfuse_public_key and to.langfuse_secret_key and "langfuse" in to.exporters:
        own = resolve_destination(to.api_key, to.endpoint)
        langfuse = destination_of(
            to.langfuse_public_key, to.langfuse_secret_key, to.langfuse_host, own
        )
        if langfuse is not None:
            found.append(Recorder(Mode.online, lambda: langfuse, encode_spans=encode_for_langfuse))
    return found


def _clickhouse(to: Destinations) -> Destination:
    """A ClickHouse whose tables a collector has made. Spans go into its inbox."""
    base = str(to.clickhouse_url).rstrip("/")
    asked = {
        "database": to.clickhouse_database,
        "query": "INSERT INTO inbox_traces FORMAT Protobuf",
        **reading_settings(),
    }
    return Destination(
        base,
        headers=(
            ("X-ClickHouse-User", to.clickhouse_user),
            ("X-ClickHouse-Key", to.clickhouse_password or ""),
        ),
        urls=(("traces", f"{base}/?{urlencode(asked)}"),),
        workspace=_WORKSPACE,
    )
