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
# Protobuf's own parser gives up at 100 levels; so does this one.
_MAX_DEPTH = 100


def parse_json(signal: Signal, body: bytes) -> Message:
    """The request in a JSON body. Raises Refusal that says what is wrong with it, and where."""
    try:
        document: Any = json.loads(body, object_hook=_to_protobuf_json)
        if not isinstance(document, dict):
            raise Refusal(UNREADABLE, "the body is JSON, but not an object")
        return json_format.ParseDict(
            document,
            EXCHANGES[signal].request(),
            ignore_unknown_fields=True,
            max_recursion_depth=_MAX_DEPTH,
        )
    except (ValueError, json_format.ParseError, RecursionError, TypeError) as error:
        reason = str(error) if not isinstance(error, RecursionError) else "nested too deeply"
        raise Refusal(UNREADABLE, f"the body is not valid OTLP/JSON: {reason[-300:]}") from error


def to_json(message: Message) -> bytes:
    """A response or status as OTLP/JSON."""
    return json.dumps(json_format.MessageToDict(message)).encode()


def _to_protobuf_json(node: dict[str, Any]) -> dict[str, Any]:
    """One object of the document, changed in place. Attribute keys are values in OTLP/JSON and
    never keys of an object, so whatever is called `traceId` is one."""
    for key in _ID_KEYS & node.keys():
        node[key] = _id(node[key])
    for key in ("bytesValue", "bytes_value"):
        if isinstance(value := node.get(key), str):
            _check_base64(value)
    return node


def _check_base64(value: str) -> None:
    """Raises ValueError; Protobuf's JSON parser would take it for nothing."""
    standard = value.replace("-", "+").replace("_", "/")
    base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _id(value: object) -> str:
    """Hex to base64. What is not hex becomes an id of the wrong length, so that its row alone is
    rejected and not its neighbours."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"an id must be a string of hex digits, not {value!r}")
    try:
        return base64.b64encode(binascii.unhexlify(value)).decode()
    except ValueError:
        return base64.b64encode(f"not hex: {value}".encode()[:15]).decode()
