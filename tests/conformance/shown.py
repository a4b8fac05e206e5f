"""What the API shows for what was sent, worked out from OpenTelemetry's messages alone."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


def value(sent: AnyValue) -> Any:
    """An attribute's value: large integers and odd doubles are strings, bytes are base64."""
    match sent.WhichOneof("value"):
        case "int_value":
            return sent.int_value if abs(sent.int_value) <= 1 << 53 else str(sent.int_value)
        case "double_value" if math.isfinite(sent.double_value):
            return sent.double_value
        case "double_value":
            return "NaN" if math.isnan(sent.double_value) else (
                "Infinity" if sent.double_value > 0 else "-Infinity"
            )  # fmt: skip
        case "bytes_value":
            return base64.b64encode(sent.bytes_value).decode()
        case "array_value":
            return [value(item) for item in sent.array_value.values]
        case "kvlist_value":
            return attributes(sent.kvlist_value.values)
        case None:
            return None
        case simple:
            return getattr(sent, simple)


def attributes(sent: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes by key; of several with one key, the last."""
    return {kv.key: value(kv.value) for kv in sent}


def time(ns: int) -> str:
    """Unix nanoseconds as ISO 8601."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
