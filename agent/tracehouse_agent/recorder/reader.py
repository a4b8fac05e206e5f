"""What the readers of both agents have in common: rows in, steps out. No files, no clock."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any, ClassVar

from tracehouse_agent.recorder.step import ROOT, Step, Value
from tracehouse_agent.recorder.timeline import Timeline
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import SpanKind

Row = dict[str, Any]
_MOST_TEXT = 1 << 20
_TITLE = 100


class Reader(ABC):
    """Reads one transcript, row by row. The same rows give the same steps, wherever they are cut
    into pieces: `to_json` between any two rows is all that `load` needs to go on."""

    agent: ClassVar[str]
    provider: ClassVar[str]

    def __init__(self, session: str) -> None:
        self.session = session
        self.timeline = Timeline()
        self.unknown: Counter[str] = Counter()
        """Types of rows that nothing is known of, as `<version> <type>`."""
        self.links: dict[str, str] = {}
        """Ids of sub-agents, and of the tool calls that started them, found since last taken."""
        self.removed: Counter[str] = Counter()
        """How many values were taken out, by rule."""
        self.facts: dict[str, str] = {}
        """What is fixed with the first row: `cwd` and `version`."""
        self._subagent = ""  # its id, where the transcript is that of a sub-agent
        self._started_by = ""

    @abstractmethod
    def slim(self, row: Row) -> Row:
        """The parts of a row that are read. All else need not be looked through for secrets."""

    @abstractmethod
    def read(self, row: Row) -> None:
        """Take in a row that was slimmed and redacted."""

    def link(self, call: str) -> None:
        """Learn which tool call started it, if it is a sub-agent."""
        if self._started_by == call:
            return
        self._started_by = call
        step = self.timeline.get(self.own) if self._subagent else None
        if step is not None:
            step.parent = f"tool/{call}"
            self.timeline.changed(step)

    @property
    def own(self) -> str:
        """The key of what the transcript as a whole is."""
        return f"agent/{self._subagent}" if self._subagent else ROOT

    def close(self) -> None:
        """Nothing has been written for a while."""
        root = self.timeline.get(ROOT)
        if root is not None and self.removed:
            root.attributes[names.TRACEHOUSE_REDACTIONS] = sum(self.removed.values())
        self.timeline.close()

    def to_json(self) -> Row:
        """All that is needed to go on, as JSON values."""
        return {
            "timeline": self.timeline.to_json(),
            "unknown": dict(self.unknown),
            "removed": dict(self.removed),
            "facts": self.facts,
        }

    def load(self, state: Row) -> None:
        """Go on from `to_json`."""
        self.timeline.load(state["timeline"])
        self.unknown = Counter(state["unknown"])
        self.removed = Counter(state["removed"])
        self.facts = dict(state["facts"])

    # --- steps that both agents have -------------------------------------------------------------

    def begin_root(self, at_ns: int, attributes: dict[str, Value]) -> Step:
        """The session itself."""
        return self.timeline.begin(
            ROOT,
            ROOT,
            self.agent,
            at_ns,
            {
                names.GEN_AI_OPERATION_NAME: "invoke_agent",
                names.GEN_AI_AGENT_NAME: self.agent,
                names.TRACEHOUSE_SOURCE: "transcript",
                **attributes,
            },
        )

    def begin_turn(self, key: str, name: str, at_ns: int, attributes: dict[str, Value]) -> Step:
        """From a prompt to the next."""
        return self.timeline.begin(
            key,
            ROOT,
            title(name) or "turn",
            at_ns,
            {
                names.GEN_AI_OPERATION_NAME: "invoke_workflow",
                names.TRACEHOUSE_TURN: True,
                **attributes,
            },
        )

    def add_prompt(self, key: str, parent: str, text: str, at_ns: int) -> None:
        """What the user said."""
        self.timeline.add(
            key,
            parent,
            "user_msg",
            at_ns,
            {
                names.TRACEHOUSE_SPAN_KIND: SpanKind.user_msg.value,
                names.GEN_AI_INPUT_MESSAGES: messages("user", [text_part(text)]),
            },
        )

    def add_thought(self, key: str, parent: str, text: str, start_ns: int, at_ns: int) -> None:
        """What the model thought; most models keep the text to themselves."""
        attributes: dict[str, Value] = {names.TRACEHOUSE_SPAN_KIND: SpanKind.thinking.value}
        if text:
            part = {"type": "reasoning", "content": shorten(text)}
            attributes[names.GEN_AI_OUTPUT_MESSAGES] = messages("assistant", [part])
        self.timeline.add(key, parent, "thinking", at_ns, attributes, start_ns=start_ns)

    def begin_tool(
        self, key: str, parent: str, name: str, call_id: str, arguments: Any, at_ns: int
    ) -> Step:
        """A call of a tool, until its result."""
        given = arguments if isinstance(arguments, str) else as_json(arguments)
        found: dict[str, Value] = {
            names.TRACEHOUSE_SPAN_KIND: SpanKind.tool_use.value,
            names.GEN_AI_OPERATION_NAME: "execute_tool",
            names.GEN_AI_TOOL_NAME: name or "tool",
            names.GEN_AI_TOOL_CALL_ARGUMENTS: shorten(given),
        }
        if call_id:
            found[names.GEN_AI_TOOL_CALL_ID] = call_id
        return self.timeline.begin(key, parent, name or "tool", at_ns, found)

    def add_event(
        self,
        key: str,
        parent: str,
        name: str,
        at_ns: int,
        text: str,
        *,
        failed: bool = False,
        attributes: dict[str, Value] | None = None,
    ) -> None:
        """Something else that happened."""
        found: dict[str, Value] = {
            names.TRACEHOUSE_SPAN_KIND: SpanKind.attachment.value,
            **(attributes or {}),
        }
        if text:
            found[names.TRACEHOUSE_TEXT] = shorten(text)
        failure = title(text) or name if failed else None
        self.timeline.add(key, parent, name, at_ns, found, failure=failure)


def title(text: str) -> str:
    """The first line that says something, cut to a name's length."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"


def shorten(text: str) -> str:
    """A text of at most a million characters."""
    return text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + "…"


def as_json(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text_part(text: str) -> dict[str, str]:
    return {"type": "text", "content": shorten(text)}


def messages(role: str, parts: list[Any]) -> str:
    """One message in the form of OpenTelemetry's GenAI conventions."""
    return as_json([{"role": role, "parts": parts}])


def text_of(value: Any) -> str:
    """Text or ''."""
    return value if isinstance(value, str) else ""


def object_of(value: Any) -> Row:
    """An object or {}."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list or []."""
    return value if isinstance(value, list) else []


def count_of(value: Any) -> int:
    """A count or 0."""
    return value if isinstance(value, int) and value > 0 and not isinstance(value, bool) else 0
