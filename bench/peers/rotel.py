"""rotel, a collector in Rust, as a peer: OTLP in, ClickHouse out.

The PyPI package `rotel` carries the binary `rotel-agent`. It reports itself as 0.0.1-alpha10, which
is older than what the project releases by other ways; a table that quotes it should say so.

How to be fair to it, from its documentation and as measured with this binary:
- It batches per signal, by default up to 8192 spans or 200 ms, which is also what its authors'
  benchmark uses. Where a peer writes larger inserts, give it larger batches too: `ROOMY` was best,
  as ClickHouse then spends half as much on a span and rotel itself no more.
- LZ4 is its default. Over loopback, `none` makes no difference beyond the noise.
- `async_insert` is its default too, and moves batching into a ClickHouse server. The embedded
  engine has no such queue and writes every insert at once, so here it changes nothing.
- It answers a client before anything is stored, and holds what is not stored yet in memory. So its
  acknowledgements are not comparable to durable ones, and a measurement ends when the rows have
  arrived, not with the last answer.
- This binary loses what ClickHouse does not take at once: an export that breaks off is dropped,
  and one that is refused (500, 503, 408) is sent again with an empty body. Measure it without
  faults.
- Its metrics exporter names a column of summaries wrongly (`ValueAtQauntiles.Value`): summaries do
  not arrive. Spans, logs and the other metrics do.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.request import Request, urlopen

TABLES = Path(__file__).with_suffix(".sql")
_HOST = "127.0.0.1"
_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Options:
    """What matters to its throughput. The defaults are rotel's own."""

    compression: Literal["lz4", "none"] = "lz4"
    async_insert: bool = True
    batch_max_size: int = 8192
    """Spans (log records, metrics) per insert, at most."""
    batch_timeout: str = "200ms"
    """How long a batch may wait to fill up."""
    max_message_mib: int = 64
    """Of one gRPC request. Its default, 4, would refuse what other collectors take."""
    threads: int | None = None
    """Worker threads; None: as many as there are processors."""


ROOMY = Options(batch_max_size=65_536, batch_timeout="1s")
"""For comparison with a peer that writes tens of thousands of spans at once."""


class Rotel:
    """A running rotel that exports to the ClickHouse at `clickhouse_url`.

    Its tables are created there first (database `otel`). Port 0 means any free port.
    """

    def __init__(
        self,
        clickhouse_url: str,
        grpc_port: int = 0,
        http_port: int = 0,
        options: Options | None = None,
    ) -> None:
        self.clickhouse_url = clickhouse_url
        self.options = options or Options()
        self._grpc_port = grpc_port or _free_port()
        self._http_port = http_port or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def grpc_target(self) -> str:
        return f"{_HOST}:{self._grpc_port}"

    @property
    def http_base(self) -> str:
        return f"http://{_HOST}:{self._http_port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("rotel is not running")
        return self._process.pid

    def command(self) -> list[str]:
        """The command line, as it may be quoted beside a result."""
        options = self.options
        return [
            str(binary()),
            "start",
            *("--otlp-grpc-endpoint", self.grpc_target),
            *("--otlp-http-endpoint", self.http_base.removeprefix("http://")),
            *("--otlp-grpc-max-recv-msg-size-mib", str(options.max_message_mib)),
            *("--batch-max-size", str(options.batch_max_size)),
            *("--batch-timeout", options.batch_timeout),
            *("--exporter", "clickhouse"),
            *("--clickhouse-exporter-endpoint", self.clickhouse_url),
            *("--clickhouse-exporter-compression", options.compression),
            *("--clickhouse-exporter-async-insert", str(options.async_insert).lower()),
        ]

    def start(self) -> Self:
        """Create the tables, start the process and wait until it takes connections."""
        for statement in tables():
            with urlopen(Request(self.clickhouse_url, data=statement.encode())):
                pass
        environment = dict(os.environ, RUST_LOG="warn")
        if self.options.threads is not None:
            environment["TOKIO_WORKER_THREADS"] = str(self.options.threads)
        self._process = subprocess.Popen(
            self.command(), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        for port in (self._grpc_port, self._http_port):
            self._wait_for(port)
        return self

    def stop(self) -> None:
        """Let it flush what it holds, then end."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_for(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((_HOST, port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        code = self._process.poll()
        self.stop()
        raise RuntimeError(f"rotel does not listen on port {port} (exit code {code})")


def binary() -> Path:
    """The `rotel-agent` of the installed package."""
    package = find_spec("rotel")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder) / "rotel-agent"
        if path.exists():
            return path
    raise RuntimeError("rotel is not installed: it comes with the extra `bench`")


def tables() -> Iterator[str]:
    """The statements that create what rotel writes to."""
    for statement in TABLES.read_text().split(";\n"):
        if statement.strip():
            yield statement


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as server:
        return server.getsockname()[1]
