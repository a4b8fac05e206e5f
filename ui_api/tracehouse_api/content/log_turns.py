"""A session that exists in log records alone, as turns: what was asked, what was done, what was
answered.

The coding agents' records are known by their names, without the agent's own prefix. Claude Code,
Gemini CLI and Qwen Code say which prompt a record belongs to; of Codex, a turn lasts until the next
prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracehouse_api.content.messages import coerced
from tracehouse_api.values import iso_time

Json = dict[str, Any]

_PREFIXES = ("claude_code.", "codex.", "gemini_cli.", "qwen-code.")
_TURN_KEYS = ("prompt.id", "prompt_id")
_TOOLS = ("tool_result", "tool_call")
_ERRORS = ("api_error", "api_refusal", "api_retries_exhausted", "internal_error")
_CALLS = ("api_request", "api_response", "sse_event")
_INPUT, _OUTPUT = ("input_tokens", "input_token_count"), ("output_tokens", "output_token_count")


@dataclass(frozen=True)
class LogRecord:
    """A record as far as turns need it."""

    time_ns: int
    name: str
    attributes: Mapping[str, Any]


def turns(records: Iterable[LogRecord]) -> list[Json]:
    """Turns, the oldest first: `{id, start_time, end_time, input, output, steps}`. A step is a call
    of a model, of a tool, or an error: `{time, kind, name, status, duration_ms, input_tokens,
    output_tokens, cost_usd, arguments, result}`. Records of an agent's own affairs are left out."""
    found: dict[str, _Turn] = {}
    latest = ""
    for record in sorted(records, key=_order):
        name = _bare(record.name)
        said = next((str(record.attributes[k]) for k in _TURN_KEYS if record.attributes.get(k)), "")
        if name == "user_prompt":
            latest = said or f"turn {len(found) + 1}"
        key = said or latest
        if not key:
            continue  # before the first prompt: how the agent started
        found.setdefault(key, _Turn(key)).add(record, name)
    return [turn.json() for turn in found.values() if turn.input is not None or turn.steps]


class _Turn:
    def __init__(self, identity: str) -> None:
        self.id = identity
        self.start_ns = self.end_ns = 0
        self.input: str | None = None
        self.output: str | None = None
        self.steps: list[Json] = []

    def add(self, record: LogRecord, name: str) -> None:
        self.start_ns = self.start_ns or record.time_ns
        self.end_ns = record.time_ns
        said = record.attributes
        if name == "user_prompt":
            self.input = _text(said, "prompt")
        elif name == "assistant_response":
            self.output = _text(said, "response")
        elif name in _TOOLS:
            self.steps.append(_tool(record))
        elif name in _ERRORS:
            self.steps.append(_step(record, "error", _text(said, "model") or name, failed=True))
        elif name in _CALLS and any(key in said for key in _INPUT):
            self.steps.append(_call(record))
            self.output = _text(said, "response_text") or self.output

    def json(self) -> Json:
        return {
            "id": self.id,
            "start_time": iso_time(self.start_ns),
            "end_time": iso_time(self.end_ns),
            "input": self.input,
            "output": self.output,
            "steps": self.steps,
        }


def _order(record: LogRecord) -> tuple[int, int]:
    # Several records of Claude Code have one time.
    sequence = _number(record.attributes, "event.sequence")
    return record.time_ns, int(sequence or 0)


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _call(record: LogRecord) -> Json:
    said = record.attributes
    counts = {
        name: next((n for key in keys if (n := _number(said, key)) is not None), None)
        for name, keys in (("input_tokens", _INPUT), ("output_tokens", _OUTPUT))
    }
    step = _step(record, "generation", _text(said, "model") or "", failed=False)
    return step | counts | {"cost_usd": _number(said, "cost_usd")}


def _tool(record: LogRecord) -> Json:
    said = record.attributes
    failed = str(said.get("success", "true")).lower() == "false"
    name = _text(said, "tool_name") or _text(said, "function_name") or ""
    step = _step(record, "tool", name, failed=failed)
    for field, keys in (
        ("arguments", ("tool_input", "arguments", "function_args", "tool_parameters")),
        ("result", ("tool_result", "output", "result")),
    ):
        step[field] = next((coerced(said[k]) for k in keys if said.get(k) not in (None, "")), None)
    return step


def _step(record: LogRecord, kind: str, name: str, *, failed: bool) -> Json:
    said = record.attributes
    return {
        "time": iso_time(record.time_ns),
        "kind": kind,
        "name": name,
        "status": "error" if failed else "ok",
        "error": (_text(said, "error") or _text(said, "error_message")) if failed else None,
        "duration_ms": _number(said, "duration_ms"),
        "input_tokens": None,
        "output_tokens": None,
        "cost_usd": None,
        "arguments": None,
        "result": None,
    }


def _text(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    return None if value in (None, "") else str(value)


def _number(said: Mapping[str, Any], key: str) -> float | None:
    """Numbers come as such or as text."""
    try:
        found = float(said[key])
    except (KeyError, TypeError, ValueError):
        return None
    return found if found - found == 0 else None
