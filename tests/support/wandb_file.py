"""What the real wandb wrote offline. Run as a program with the real wandb on PYTHONPATH: prints the
history, summary and config of the run in `wandb/latest-run` as one line of JSON.

A `.wandb` file is 7 bytes of header and then LevelDB's log format: blocks of 32 KiB with records
of `crc32 · length · kind` (https://github.com/google/leveldb/blob/main/doc/log_format.md), each a
Protobuf `Record`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HEADER_BYTES, _BLOCK_BYTES = 7, 32768
_RECORD = struct.Struct("<IHB")
_WHOLE, _LAST = 1, 4


def payloads(content: bytes) -> Iterator[bytes]:
    """Each record's bytes, its fragments joined."""
    at, gathered = _HEADER_BYTES, b""
    while at + _RECORD.size <= len(content):
        left = _BLOCK_BYTES - at % _BLOCK_BYTES
        _, length, kind = _RECORD.unpack_from(content, at)
        if left < _RECORD.size or kind == 0:
            at += left
            continue
        gathered += content[at + _RECORD.size : at + _RECORD.size + length]
        at += _RECORD.size + length
        if kind in (_WHOLE, _LAST):
            yield gathered
            gathered = b""


def read_run(path: Path) -> dict[str, Any]:
    """{history: rows by `_step`, summary, config}; nested keys joined by dots."""
    from wandb.proto import wandb_internal_pb2

    history: dict[int, dict[str, Any]] = {}
    summary: dict[str, Any] = {}
    config: dict[str, Any] = {}
    for payload in payloads(path.read_bytes()):
        record = wandb_internal_pb2.Record.FromString(payload)
        match record.WhichOneof("record_type"):
            case "history":
                row = _items(record.history.item)
                history[row["_step"]] = row
            case "summary":
                summary |= _items(record.summary.update)
            case "config":
                config |= _items(record.config.update)
            case "run":
                config |= _items(record.run.config.update)
            case _:
                continue
    return {"history": history, "summary": summary, "config": config}


def _items(items: Any) -> dict[str, Any]:
    return {".".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}


if __name__ == "__main__":
    (file,) = Path("wandb/latest-run").glob("*.wandb")
    print(json.dumps(read_run(file)))
