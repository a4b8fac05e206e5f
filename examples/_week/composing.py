"""From turns to spans: the tree that an instrumented agent makes, with times that fit together."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .dialects import Dialect
from .otlp import CLIENT, Emitter, Ids, Json, Span
from .turns import Message, ToolCall, Turn, generation, text, tool_call, tool_result

Inside = Callable[["Writer", Span, ToolCall], None]
_PREFIXES = {"openai": "chatcmpl-", "anthropic": "msg_", "gcp.gemini": "resp_"}


def nothing_inside(_writer: Writer, _span: Span, _call: ToolCall) -> None:
    """The tool does its work without making spans."""


@dataclass
class Writer:
    """Writes the spans of one trace after another for one emitter."""

    emitter: Emitter
    dialect: Dialect
    ids: Ids
    chance: random.Random
    _spans: list[Span] = field(default_factory=list[Span], init=False)

    def trace(
        self, turn: Turn, *, parent: Span | None = None, inside: Inside = nothing_inside
    ) -> list[Span]:
        """The spans of a turn, its agent's first; below `parent` where there is one. `inside` adds
        to what a tool's span has below it, by `child`."""
        self._spans = []
        name, told = self.dialect.agent(turn)
        agent = Span(
            parent.trace_id if parent else self.ids.trace(),
            self.ids.span(),
            parent.span_id if parent else "",
            *(name, turn.start, turn.start, told),
        )
        self._spans.append(agent)
        at = turn.start + 4_000_000
        given: list[Message] = [*turn.earlier, text("user", turn.question)]
        failed = ""
        for number, call in enumerate(turn.calls):
            call_id = self.ids.call("call_")
            asked = tool_call(call_id, call, turn.thought if number == 0 else "")
            at = self._generate(agent, turn, given, asked, at)
            at = self._use(agent, turn, call, call_id, at, inside)
            given += [asked, tool_result(call_id, call)]
            failed = call.error
        if turn.answer:
            said = {**text("assistant", turn.answer), "finish_reason": "stop"}
            at = self._generate(agent, turn, given, said, at)
        agent.end = at + 3_000_000
        if failed and not turn.answer:
            agent.fail(f"{turn.calls[-1].name}: {failed}")
        return self._spans

    def batch(self, spans: list[Span]) -> Json:
        """The spans as they are sent."""
        return self.emitter.batch(spans)

    def child(self, parent: Span, name: str, start: float, seconds: float, told: Json) -> Span:
        """A span inside a tool's, `start` seconds after its beginning."""
        begin = parent.start + int(start * 1e9)
        made = Span(parent.trace_id, self.ids.span(), parent.span_id, name, begin,
                    begin + int(seconds * 1e9), told, CLIENT)  # fmt: skip
        self._spans.append(made)
        return made

    def _generate(
        self, agent: Span, turn: Turn, given: list[Message], said: Message, at: int
    ) -> int:
        response_id = self.ids.call(_PREFIXES[turn.model.provider])
        call = generation(turn, list(given), said, response_id, self.chance)
        name, told = self.dialect.model(call)
        end = at + int(call.seconds * 1e9)
        made = Span(agent.trace_id, self.ids.span(), agent.span_id, name, at, end, told, CLIENT)
        self._spans.append(made)
        return end + 2_000_000

    def _use(
        self, agent: Span, turn: Turn, call: ToolCall, call_id: str, at: int, inside: Inside
    ) -> int:
        name, told = self.dialect.tool(turn, call, call_id)
        seconds = call.seconds * (1 if call.error else self.chance.uniform(0.7, 1.5))
        end = at + int(seconds * 1e9)
        made = Span(agent.trace_id, self.ids.span(), agent.span_id, name, at, end, told)
        if call.error:
            made.fail(call.error, call.exception)
        self._spans.append(made)
        inside(self, made, call)
        return end + 2_000_000
