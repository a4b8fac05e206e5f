"""From stored values to JSON: ids, times, numbers, and attributes with the types they came with.

JSON's conventions here: ids are lower-case hex; times ISO 8601 in UTC with nanoseconds; integers
beyond ±2^53 are strings, since most readers would round them; bytes are base64; NaN and the
infinities are strings, as in Protobuf's JSON mapping.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from fastapi import Response
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

_EXACT_IN_JSON = 1 << 53
_DEEPEST = 200


def json_response(content: object, status: int = 200) -> Response:
    """A JSON answer, serialised by orjson. What was sent to us may hold what JSON, or orjson, does
    not have; that is shown in the nearest form, and never costs an answer."""
    try:
        encoded = orjson.dumps(content)
    except orjson.JSONEncodeError:
        encoded = orjson.dumps(_nearest(content, 0))
    return Response(encoded, status_code=status, media_type="application/json")


def _nearest(value: Any, depth: int) -> Any:
    match value:
        case None | bool() | float():
            return value
        case int():
            return integer(value)
        case str():
            return str(value.encode("utf-8", "replace").decode())
        case _ if depth > _DEEPEST:
            return repr(value)[:1000].encode("utf-8", "replace").decode()
        case dict():
            items = cast("dict[Any, Any]", value).items()
            return {_nearest(str(key), 0): _nearest(inner, depth + 1) for key, inner in items}
        case list() | tuple() | set() | frozenset():
            inside = cast("Iterable[Any]", value)
            return [_nearest(inner, depth + 1) for inner in inside]
        case _:
            return str(value).encode("utf-8", "replace").decode()


def text(value: bytes) -> str:
    """Stored text; what is not UTF-8 in it is replaced."""
    return value.decode("utf-8", "replace")


def hex_id(value: bytes) -> str | None:
    """An id in hex; None for one that is absent (all zeros)."""
    return value.hex() if value.strip(b"\0") else None


def iso_time(ns: int) -> str:
    """Unix nanoseconds as ISO 8601 in UTC, no digit lost."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    if not -62_135_596_800 <= seconds <= 253_402_300_799:  # beyond datetime: years 1 to 9999
        return str(ns)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def iso_seconds(seconds: float | None) -> str | None:
    """Unix seconds in the same form; None for none."""
    return None if seconds is None else iso_time(round(seconds * 1e9))


def milliseconds(ns: int) -> float:
    """A duration in milliseconds."""
    return ns / 1e6


def integer(value: int) -> int | str:
    """An integer; a string when a reader of JSON could round it."""
    return value if -_EXACT_IN_JSON <= value <= _EXACT_IN_JSON else str(value)


def number(value: float) -> float | str:
    """A double; a string when JSON has no number for it."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def attributes(
    keys: Sequence[bytes], values: Sequence[bytes], types: Sequence[str]
) -> dict[str, Any]:
    """An attribute map, from its keys, values and types side by side.

    OTLP asks for unique keys, and some senders repeat one: the first counts, as in filters.
    """
    found: dict[str, Any] = {}
    for key, value, kind in zip(keys, values, types, strict=True):
        found.setdefault(text(key), typed(value, kind))
    return found


def typed(value: bytes, kind: str) -> Any:
    """One stored value as it was sent. `kind` is the name in the column of types."""
    try:
        match kind:
            case "string":
                return text(value)
            case "int":
                return integer(int(value))
            case "double":
                return number(float(value))
            case "bool":
                return value == b"true"
            case "array":
                return [_any(item) for item in ArrayValue.FromString(value).values]
            case "kvlist":
                return {kv.key: _any(kv.value) for kv in KeyValueList.FromString(value).values}
            case "bytes":
                return base64.b64encode(value).decode()
            case _:
                return None
    except (ValueError, DecodeError):  # stored by hand: shown as it is
        return text(value)


def _any(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return integer(value.int_value)
        case "double_value":
            return number(value.double_value)
        case "bool_value":
            return value.bool_value
        case "array_value":
            return [_any(item) for item in value.array_value.values]
        case "kvlist_value":
            return {kv.key: _any(kv.value) for kv in value.kvlist_value.values}
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case _:
            return None


def rows_of(**columns: Iterable[Any]) -> list[dict[str, Any]]:
    """Parallel arrays as a list of dictionaries."""
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
