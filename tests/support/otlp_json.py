"""OTLP/JSON written from Protobuf messages and read back, independently of the server's own code.

Rules (OTLP specification, "JSON Protobuf Encoding"): keys are lowerCamelCase; trace and span ids
are hex, all other bytes base64; enums are integers; 64-bit integers are decimal strings; doubles
that JSON cannot express are strings.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

_M = TypeVar("_M", bound=Message)
_IDS = frozenset(("trace_id", "span_id", "parent_span_id"))
_LONG = frozenset(
    (
        FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64, FieldDescriptor.TYPE_SFIXED64,
    )
)  # fmt: skip


def to_otlp_json(message: Message) -> bytes:
    """The message as the body of an OTLP/JSON request."""
    return json.dumps(to_tree(message), ensure_ascii=False).encode()


def to_tree(message: Message) -> dict[str, Any]:
    """The message as what `json.dumps` takes."""
    tree: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.is_repeated:
            tree[field.json_name] = [_to_value(field, item) for item in value]
        else:
            tree[field.json_name] = _to_value(field, value)
    return tree


def from_otlp_json(body: bytes, into: type[_M]) -> _M:
    """The request of type `into` in an OTLP/JSON body."""
    message = into()
    _fill(message, json.loads(body))
    return message


def _to_value(field: FieldDescriptor, value: Any) -> Any:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return to_tree(value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return value.hex() if field.name in _IDS else base64.b64encode(value).decode()
    if field.type in _LONG:
        return str(value)
    if field.type == FieldDescriptor.TYPE_DOUBLE and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _fill(message: Message, tree: dict[str, Any]) -> None:
    for field in message.DESCRIPTOR.fields:
        value = tree.get(field.json_name)
        if value is None:
            continue
        if field.is_repeated:
            target = getattr(message, field.name)
            for item in value:
                if field.type == FieldDescriptor.TYPE_MESSAGE:
                    _fill(target.add(), item)
                else:
                    target.append(_from_value(field, item))
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            child = getattr(message, field.name)
            child.SetInParent()
            _fill(child, value)
        else:
            setattr(message, field.name, _from_value(field, value))


def _from_value(field: FieldDescriptor, value: Any) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes.fromhex(value) if field.name in _IDS else base64.b64decode(value)
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return float(value)
    if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BOOL):
        return value
    return int(value)
