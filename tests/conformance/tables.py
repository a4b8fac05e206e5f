"""The tables of a stopped server, exactly as they are on disk.

Read by a process of its own: a process holds one engine, and an engine owns its folder.
Run as `python -m tests.conformance.tables DATA_FOLDER ANSWER_FILE`, with the queries as JSON on
the standard input.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import clickhouse_connect

from tests.support.server import Server

_ROOT = Path(__file__).parents[2]
# Text may hold any bytes; a datetime of Python's would lose the nanoseconds.
_FORMATS = {"*String": "bytes", "DateTime64*": "int"}

Rows = list[dict[str, Any]]


def read(server: Server, **queries: str) -> dict[str, Rows]:
    """The rows of each query, as dictionaries; text as bytes, times as nanoseconds."""
    with tempfile.NamedTemporaryFile() as answer:
        subprocess.run(
            [sys.executable, "-m", "tests.conformance.tables", str(server.data_dir), answer.name],
            input=json.dumps(queries),
            text=True,
            check=True,
            cwd=_ROOT,
            timeout=60,
        )
        return pickle.load(answer)


def _main(data_dir: str, answer: str) -> None:
    client = clickhouse_connect.get_client(
        interface="chdb", path=f"{data_dir}/clickhouse", database="tracehouse"
    )
    found: dict[str, Rows] = {}
    for name, query in json.load(sys.stdin).items():
        result = client.query(query, query_formats=_FORMATS)
        names = result.column_names
        found[name] = [dict(zip(names, row, strict=True)) for row in result.result_rows]
    Path(answer).write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])
