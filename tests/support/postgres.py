"""A PostgreSQL of one's own, from the system's package: on 127.0.0.1 and a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import create_engine, text

_USER = "postgres"


class Postgres:
    """Starts with `with`; `url` names an empty database. It must not run as root, so it does as its
    package's user where we are root."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tracehouse-postgres-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Returns when it answers."""
        data = self._folder / "data"
        if not data.exists():
            subprocess.run(
                [_binary("initdb"), "-D", data, "-U", _USER, "-A", "trust", "--no-sync"],
                check=True,
                capture_output=True,
                cwd=self._folder,
                **self._as,
            )
        self._process = subprocess.Popen(
            [
                *(_binary("postgres"), "-D", data, "-k", self._folder),
                *("-h", "127.0.0.1", "-p", str(self._port), "-F"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            **self._as,
        )
        engine = create_engine(self.url)
        deadline = time.monotonic() + 30
        while True:
            try:
                with engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        engine.dispose()

    def stop(self) -> None:
        """End it at once; its data stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(20)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _binary(name: str) -> str:
    """Debian keeps them in a folder for each version, off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, f"{name} is not installed: `make test` installs PostgreSQL"
    return path
