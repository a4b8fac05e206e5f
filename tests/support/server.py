"""A real `tracehouse serve`, as its own process, on free ports."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.prepared import PreparedProcess
from tests.support.template import copy_template

_LISTENING = re.compile(r"OTLP/HTTP\s+(https?://\S+)")
_BACKLOG = re.compile(
    r'^tracehouse_backlog_bytes{destination="clickhouse",signal="\w+"} (\S+)$', re.MULTILINE
)
_SIGN_IN = re.compile(r"sign in, once\s+(\S+)")
_GRPC = re.compile(r"OTLP/gRPC\s+(\S+)")
_API_ALONE = re.compile(r"\A(?:(?!OTLP/gRPC).)*^ +data ", re.DOTALL | re.MULTILINE)


# With these the tables are in another place, or other ones.
_ELSEWHERE = frozenset(("--clickhouse-url", "--meta-url", "--cluster", "--database"))


class Server:
    """Starts on `start` (or `with`), on the same data folder each time; ended by process id.

    Its first start is on a copy of a folder whose tables are made, unless it is to be `fresh`.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        environment: dict[str, str] | None = None,
        fresh: bool = False,
    ):
        self.home = home
        self.data_dir = home / "data"
        self._arguments = arguments
        self._fresh = fresh or not _ELSEWHERE.isdisjoint(arguments)
        self._environment = environment or {}
        self._process: PreparedProcess | None = None
        self._log = home / "server.log"
        self.http = ""
        self.grpc = ""
        self.key = ""
        self.sign_in_link = ""
        self.planted: set[str] = set()
        """Secrets that no line of its log may hold, which is looked at when it ends."""
        # One client: reading the certificates for each request took longer than the request. No
        # connection is kept, because servers are killed and started again.
        self.client = httpx.Client(
            verify=False,
            timeout=60,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def start(self, *, http_port: int = 0, grpc_port: int = 0, timeout: float = 60) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._fresh and not self.data_dir.exists():
            copy_template(self.data_dir, _make_template)
        with self._log.open("a") as log:
            self._process = PreparedProcess(
                [
                    *("serve", "--data-dir", str(self.data_dir)),
                    *("--http-port", str(http_port), "--grpc-port", str(grpc_port)),
                    *self._arguments,
                ],
                self.home,
                os.environ | {"XDG_CONFIG_HOME": str(self.home / "config")} | self._environment,
                log,
            )
        self._await_banner(time.monotonic() + timeout)
        credentials = json.loads((self.home / "config/tracehouse/credentials.json").read_text())
        self.key = credentials["default"]["api_key"]
        self.planted |= {self.key, self.sign_in_link.rpartition("token=")[2]} - {""}
        return self

    def _await_banner(self, deadline: float) -> None:
        assert self._process is not None
        banner = ""
        while "curl -H" not in banner and not _API_ALONE.search(banner):
            line = self._process.stdout.readline()
            if not line or time.monotonic() > deadline:
                self._process.wait(10)
                raise AssertionError(f"the server did not start:\n{banner}\n{self.log()}")
            banner += line
        if found := _LISTENING.search(banner):
            self.http = found[1]
        if found := _SIGN_IN.search(banner):
            self.sign_in_link = found[1]
        if found := _GRPC.search(banner):
            self.grpc = found[1].removeprefix("http://")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def ports(self) -> dict[str, int]:
        """The ports bound, to start again on the same ones."""
        return {
            "http_port": int(self.http.rpartition(":")[2]),
            "grpc_port": int(self.grpc.rpartition(":")[2]),
        }

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def stop(self, timeout: float = 20) -> int:
        """SIGTERM, and the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def __enter__(self) -> Self:
        return self if self._process else self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        log = self.log()
        told = [secret for secret in self.planted if secret in log]
        assert not told, f"the log holds secrets: {told}"

    # --- as a client --------------------------------------------------------------------------

    @property
    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.key}

    def post(
        self,
        signal_name: str,
        body: bytes,
        content_type: str = "application/x-protobuf",
        **headers: str,
    ) -> httpx.Response:
        """An OTLP request over HTTP."""
        return self.client.post(
            f"{self.http}/v1/{signal_name}",
            content=body,
            headers=self.headers
            | {"content-type": content_type}
            | {name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str, /, **parameters: Any) -> httpx.Response:
        """A query."""
        return self.client.get(f"{self.http}{path}", params=parameters, headers=self.headers)

    def settle(self, timeout: float = 30) -> None:
        """Return once everything acknowledged can be queried."""
        deadline = time.monotonic() + timeout
        while any(map(float, _BACKLOG.findall(self.get("/metrics").text))):
            assert time.monotonic() < deadline, f"still not loaded:\n{self.log()[-4000:]}"
            time.sleep(0.03)

    def resident_bytes(self) -> int:
        """Resident memory of the process."""
        fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def _make_template(home: Path) -> None:
    with Server(home, fresh=True) as server:
        server.stop()
