"""OTLP/JSON, which is Protobuf's JSON mapping with exceptions.

The exceptions (OTLP specification, "JSON Protobuf Encoding"): trace and span ids are hex and not
base64; enums are numbers; keys are lowerCamelCase; unknown keys are ignored.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from tracehouse_collector.admit.otlp import EXCHANGES
from tracehouse_collector.admit.refusal import UNREADABLE, Refusal
from tracehouse_semconv.record import Signal

_ID_KEYS = frozenset(("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"))
_LISTS = frozenset(
    (
        "resourceSpans", "scopeSpans", "spans", "links",
        "resourceLogs", "scopeLogs", "logRecords",
        "resourceMetrics", "scopeMetrics", "metrics", "dataPoints", "exemplars",
        "resource_spans", "scope_spans", "resource_logs", "scope_logs", "log_records",
        "resource_metrics", "scope_metrics", "data_points",
    )
)  # fmt: skip
_METRIC_KINDS = frozenset(
    ("gauge", "sum", "histogram", "exponentialHistogram", "exponential_histogram", "summary")
)
# Protobuf's own parser gives up at 100 levels; so does this one.
_MAX_DEPTH = 100


def parse_json(signal: Signal, body: bytes) -> Message:
    """The request in a JSON body. Raises Refusal that says what is wrong with it, and where."""
    try:
        document: Any = json.loads(body)
        if not isinstance(document, dict):
            raise Refusal(UNREADABLE, "the body is JSON, but not an object")
        _ids_to_base64(document)  # pyright: ignore[reportUnknownArgumentType]
        return json_format.ParseDict(
            document,
            EXCHANGES[signal].request(),
            ignore_unknown_fields=True,
            max_recursion_depth=_MAX_DEPTH,
        )
    except (ValueError, json_format.ParseError, RecursionError, TypeError) as error:
        reason = str(error) if not isinstance(error, RecursionError) else "nested too deeply"
        raise Refusal(UNREADABLE, f"the body is not valid OTLP/JSON: {reason[:500]}") from error


def to_json(message: Message) -> bytes:
    """A response or status as OTLP/JSON."""
    return json.dumps(json_format.MessageToDict(message)).encode()


def _ids_to_base64(node: dict[str, Any]) -> None:
    """Rewrite ids in place. Attribute values are not walked: what is in them is not ours."""
    for key, value in node.items():
        if key in _ID_KEYS:
            node[key] = _id(value)
        elif key in _LISTS and isinstance(value, list):
            for child in value:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(child, dict):
                    _ids_to_base64(child)  # pyright: ignore[reportUnknownArgumentType]
        elif key in _METRIC_KINDS and isinstance(value, dict):
            _ids_to_base64(value)  # pyright: ignore[reportUnknownArgumentType]


def _id(value: object) -> str:
    """Hex to base64. What is not hex becomes an id of the wrong length, so that its row alone is
    rejected and not its neighbours."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(UNREADABLE, f"an id must be a string of hex digits, not {value!r}")
    try:
        return base64.b64encode(binascii.unhexlify(value)).decode()
    except ValueError:
        return base64.b64encode(f"not hex: {value}".encode()[:15]).decode()
