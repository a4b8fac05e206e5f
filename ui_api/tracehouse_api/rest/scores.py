"""Scores by request: checked, then stored as `gen_ai.evaluation.result` records."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tracehouse_api.parameters import parse_time
from tracehouse_api.rest import otlp
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import ScoreDataType, ScoreSource

EVENT = "gen_ai.evaluation.result"
_LONGEST_TEXT = 10_000
_LARGEST_METADATA = 100_000


@dataclass(frozen=True)
class Score:
    """A judgement of a trace, a span in it, a session or a run."""

    id: str
    name: str
    data_type: ScoreDataType
    value: float | None
    label: str
    time_ns: int
    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""
    run_id: str = ""
    comment: str = ""
    source: ScoreSource = ScoreSource.api
    author: str = ""
    metadata: str = ""
    environment: str = ""

    def record(self) -> LogRecord:
        """As the log record that is stored."""
        found = otlp.event(
            EVENT,
            self.time_ns,
            "",
            {
                names.TRACEHOUSE_SCORE_ID: self.id,
                names.GEN_AI_EVALUATION_NAME: self.name,
                names.GEN_AI_EVALUATION_SCORE_VALUE: self.value,
                names.GEN_AI_EVALUATION_SCORE_LABEL: self.label or None,
                names.GEN_AI_EVALUATION_EXPLANATION: self.comment or None,
                names.TRACEHOUSE_SCORE_DATA_TYPE: str(self.data_type),
                names.TRACEHOUSE_SCORE_SOURCE: str(self.source),
                names.TRACEHOUSE_SCORE_AUTHOR: self.author or None,
                names.TRACEHOUSE_SCORE_METADATA: self.metadata or None,
                names.SESSION_ID: self.session_id or None,
                names.TRACEHOUSE_RUN_ID: self.run_id or None,
            },
        )
        found.trace_id = bytes.fromhex(self.trace_id)
        found.span_id = bytes.fromhex(self.span_id)
        return found


def deletion(score_id: str, name: str) -> LogRecord:
    """The record that takes a score back."""
    return otlp.event(
        EVENT,
        time.time_ns(),
        "",
        {
            names.TRACEHOUSE_SCORE_ID: score_id,
            names.GEN_AI_EVALUATION_NAME: name,
            names.TRACEHOUSE_SCORE_DELETED: True,
        },
    )


def parse_score(given: Mapping[str, Any]) -> Score:
    """A score as our API takes it: `{id?, name, value, data_type?, trace_id?, span_id?,
    session_id?, run_id?, comment?, author?, source?, metadata?, time?, environment?}`.

    Raises ValueError, which says what is wrong.
    """
    value, label, kind = _value(given.get("value"), given.get("data_type"))
    trace_id = _hex(given, "trace_id", 32)
    span_id = _hex(given, "span_id", 16)
    session_id, run_id = _text(given, "session_id"), _text(given, "run_id")
    if span_id and not trace_id:
        raise ValueError("span_id: give the trace_id, too")
    if not (trace_id or session_id or run_id):
        raise ValueError("give what is judged: trace_id (and span_id), session_id or run_id")
    name = _text(given, "name")
    if not name:
        raise ValueError("name: it is required")
    metadata = given.get("metadata")
    encoded = "" if metadata is None else otlp.json_text(metadata)
    if len(encoded) > _LARGEST_METADATA:
        raise ValueError(f"metadata: it is larger than {_LARGEST_METADATA} characters")
    source = _text(given, "source") or "api"
    if source.lower() not in ScoreSource.__members__:
        raise ValueError(f"source: it must be one of {', '.join(ScoreSource)}")
    said = given.get("time")
    return Score(
        id=_text(given, "id") or secrets.token_hex(8),
        name=name,
        data_type=kind,
        value=value,
        label=label,
        time_ns=time.time_ns() if said is None else parse_time(str(said)),
        trace_id=trace_id,
        span_id=span_id,
        session_id=session_id,
        run_id=run_id,
        comment=_text(given, "comment"),
        source=ScoreSource(source.lower()),
        author=_text(given, "author"),
        metadata=encoded,
        environment=_text(given, "environment"),
    )


def _value(value: Any, said: Any) -> tuple[float | None, str, ScoreDataType]:
    """(number, label, kind) of a value of a kind, or of the kind that it looks like."""
    kind = str(said).lower() if said is not None else None
    if kind is None:
        match value:
            case bool():
                kind = "boolean"
            case int() | float():
                kind = "numeric"
            case _:
                kind = "categorical"
    if kind not in ScoreDataType.__members__:
        raise ValueError(f"data_type: it must be one of {', '.join(ScoreDataType)}")
    match ScoreDataType(kind), value:
        case ScoreDataType.boolean, (bool() | 0 | 1):
            return float(value), "true" if value else "false", ScoreDataType.boolean
        case ScoreDataType.numeric, (int() | float()) if not isinstance(value, bool):
            number = float(value) if abs(value) < 1e300 else math.inf
            if not math.isfinite(number):
                raise ValueError("value: it must be a finite number")
            return number, "", ScoreDataType.numeric
        case (ScoreDataType.categorical | ScoreDataType.text) as known, str() if value:
            if len(value) > _LONGEST_TEXT:
                raise ValueError(f"value: it is longer than {_LONGEST_TEXT} characters")
            return None, value, known
        case _:
            raise ValueError(f"value: {value!r} is not a {kind} value")


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ValueError(f"{name}: it must be a text")
    text = str(value)
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{name}: it is longer than {_LONGEST_TEXT} characters")
    return text


def _hex(given: Mapping[str, Any], name: str, digits: int) -> str:
    text = _text(given, name).lower()
    if text and (len(text) != digits or not all(c in "0123456789abcdef" for c in text)):
        raise ValueError(f"{name}: it must be {digits} hex digits")
    return text
