"""Serve ClickHouse's HTTP interface over the embedded engine: see the package's docstring."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

from tests.support.clickhouse_http.engine import Engine
from tests.support.clickhouse_http.server import Server

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    parser = argparse.ArgumentParser(prog="clickhouse_http", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the engine stores")
    parser.add_argument("--host", default="127.0.0.1", choices=["127.0.0.1"])
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--handles", type=int, default=8, help="statements that run at once")
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="also stop at the end of standard input: not to outlive whoever started it",
    )
    options = parser.parse_args()

    # Blocked before any thread exists, so that every thread inherits it and this one waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    data_dir: Path = options.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    os.chdir(data_dir)  # chdb keeps the text of every format_schema in `__cache__`, right here
    engine = Engine(data_dir, options.handles)
    server = Server(engine, options.host, options.port)
    server.start()
    if options.until_stdin_closes:
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
    print(f"listening on http://{options.host}:{server.port}", flush=True)
    signal.sigwait(_SIGNALS)
    server.close()
    engine.close()


def _stop_at_end_of_input() -> None:
    while os.read(0, 1024):  # not sys.stdin: its lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
