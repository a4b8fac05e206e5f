"""A rollout: its root span, its messages by turn, and what is said of it as a whole."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import SystemRandom
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from tracehouse import complain
from tracehouse.recorder.events import Event
from tracehouse.recorder.ids import chosen, trace_number
from tracehouse.rollouts.messages import (
    Loggable,
    Message,
    Reward,
    ToolCall,
    calls_of,
    messages_of,
    parts_of,
)
from tracehouse.rollouts.meta import Meta
from tracehouse.rollouts.pipelines import Pipeline
from tracehouse.rollouts.turns import TurnPolicy, Turns
from tracehouse.token_usage import usage_of
from tracehouse.values import as_scalar, jsonable, to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import RolloutStatus, SpanKind
from tracehouse_semconv.chat import step_attributes
from tracehouse_semconv.ids import SpanIdentity

NO_SPAN = "0" * 16
_KINDS = {
    "user": SpanKind.user_msg,
    "assistant": SpanKind.assistant_msg,
    "tool": SpanKind.tool_result,
}
_KNOWN_ROLES = frozenset(("system", "developer", *_KINDS))
_UNSET = frozenset((RolloutStatus.PENDING, RolloutStatus.TRUNCATED))
_MAX_CONTINUED = 10_000
_random = SystemRandom()
_ERROR_MESSAGE = "error.message"


@dataclass
class _Total:
    """What is counted and said of a trace, over all of its rollouts."""

    turns: Turns
    messages: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    rewards: dict[str, float] = field(default_factory=dict[str, float])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    tags: dict[str, None] = field(default_factory=dict[str, None])
    lock: threading.RLock = field(default_factory=threading.RLock)


# Those whose trace was named by the caller, who may come back to it.
_continued: OrderedDict[int, _Total] = OrderedDict()
_continued_lock = threading.Lock()


class Rollout:
    """A rollout that runs, from when it is made until `end`. Raises nothing but what it says."""

    def __init__(self, meta: Meta, pipeline: Pipeline, policy: TurnPolicy, rate: float) -> None:
        self.meta = meta
        self.status = RolloutStatus.PENDING
        self._error: str | None = None
        number, external = trace_number(meta.trace_id)
        self.trace_id = f"{number:032x}"
        self._total = _total(number, policy, is_named=meta.trace_id is not None)
        self._total.metadata.update(meta.more)
        self._calls: dict[str, trace.Span] = {}
        self._source = pipeline.source(meta.project)
        self._recorder = pipeline.recorder
        is_sampled = number % 1_000_000 < rate * 1_000_000
        self._tracer = self._source.tracer if is_sampled else trace.NoOpTracer()
        self._is_sampled = is_sampled
        around = trace.get_current_span().get_span_context()
        with chosen(SpanIdentity(number, _random.getrandbits(64) or 1)):
            self.root = self._tracer.start_span(
                "rollout",
                Context(),
                attributes=self._first_attributes(external),
                links=[Link(around)] if around.is_valid else None,
            )
        if pipeline.registry is not None and is_sampled:
            pipeline.registry.tell(
                phase=meta.phase, project=meta.project, run_id=meta.run_id, step=meta.step_number,
                datapoint_id=meta.datapoint_id, environment=meta.env_name, model=meta.model_name,
                grader=meta.grader_name,
            )  # fmt: skip

    def _first_attributes(self, external: str | None) -> dict[str, AttributeValue]:
        meta = self.meta
        said: dict[str, AttributeValue | None] = {
            names.GEN_AI_OPERATION_NAME: "invoke_agent",
            names.GEN_AI_CONVERSATION_ID: self.trace_id,
            names.GEN_AI_REQUEST_MODEL: meta.model_name,
            names.TRACEHOUSE_RUN_ID: meta.run_id,
            names.TRACEHOUSE_STEP: meta.step_number,
            names.TRACEHOUSE_ROLLOUT_DATAPOINT_ID: meta.datapoint_id,
            names.TRACEHOUSE_ROLLOUT_PHASE: meta.phase,
            names.TRACEHOUSE_ROLLOUT_ENVIRONMENT: meta.env_name,
            names.TRACEHOUSE_ROLLOUT_GRADER: meta.grader_name,
            names.TRACEHOUSE_ROLLOUT_EXTERNAL_ID: external,
            **self._state(),
        }
        return {
            name: valid_text(value) if isinstance(value, str) else value
            for name, value in said.items()
            if value is not None
        }

    def _state(self) -> dict[str, AttributeValue]:
        total = self._total
        with total.lock:
            said: dict[str, AttributeValue] = {
                names.TRACEHOUSE_ROLLOUT_STATUS: str(self.status),
                names.TRACEHOUSE_ROLLOUT_TURNS: total.turns.turn + (1 if total.messages else 0),
                names.TRACEHOUSE_ROLLOUT_MESSAGES: total.messages,
                names.TRACEHOUSE_ROLLOUT_TOOL_CALLS: total.tool_calls,
                # The latest of a trace's rollouts speaks for all of it.
                names.TRACEHOUSE_RUN_UPDATED: time.time_ns(),
            }
            if total.input_tokens or total.output_tokens:
                said[names.GEN_AI_USAGE_INPUT_TOKENS] = total.input_tokens
                said[names.GEN_AI_USAGE_OUTPUT_TOKENS] = total.output_tokens
            if total.metadata:
                said[names.TRACEHOUSE_METADATA] = to_json(total.metadata)
            if total.tags:
                said[names.TRACEHOUSE_ROLLOUT_TAGS] = [valid_text(tag) for tag in total.tags]
            if total.rewards:
                said[names.TRACEHOUSE_ROLLOUT_REWARDS] = to_json(total.rewards)
                if "reward" in total.rewards:
                    said[names.TRACEHOUSE_ROLLOUT_REWARD] = total.rewards["reward"]
        return said

    @property
    def turns(self) -> Turns:
        """Where the next message stands."""
        return self._total.turns

    # --- messages --------------------------------------------------------------------------------

    def log(self, given: Loggable) -> str:
        """Log a message, or several; the id of the last one's span. Raises ValueError for what is
        no message."""
        span_id = NO_SPAN
        for one in messages_of(given):
            span_id = self._reward(one) if isinstance(one, Reward) else self._message(one)
        return span_id

    def _message(self, message: Message) -> str:
        role = str(message.role)
        if role not in _KNOWN_ROLES:
            complain.once("%r is no role that is known: the message is logged as it is", role)
        calls = calls_of(message)
        usage = usage_of(message.usage)
        total = self._total
        with total.lock:
            turn, intra = total.turns.place(role)
            total.messages += 1
            total.tool_calls += len(calls)
            if usage is not None:
                total.input_tokens += usage.input
                total.output_tokens += usage.output
        call = self._calls.pop(message.tool_call_id, None) if message.tool_call_id else None
        at = _nanoseconds(message.timestamp)
        attributes = self._attributes(message, role, calls)
        if self.meta.run_id is not None:
            attributes[names.TRACEHOUSE_RUN_ID] = valid_text(self.meta.run_id)
        attributes[names.TRACEHOUSE_ROLLOUT_TURN] = turn
        attributes[names.TRACEHOUSE_ROLLOUT_INTRA] = intra
        span = self._tracer.start_span(
            f"message.{role}",
            self._around(),
            attributes=attributes,
            start_time=at,
            links=[Link(call.get_span_context())] if call is not None else None,
        )
        for one in calls:
            self._begin_call(one, span, at)
        span.end(at)
        if call is not None:
            text, _ = parts_of(message.content)
            call.set_attribute(names.GEN_AI_TOOL_CALL_RESULT, valid_text(text))
            call.end(at)
        return f"{span.get_span_context().span_id:016x}"

    def _attributes(
        self, message: Message, role: str, calls: list[ToolCall]
    ) -> dict[str, AttributeValue]:
        text, parts = parts_of(message.content)
        model = message.model or (self.meta.model_name if role == "assistant" else None)
        session = self.trace_id
        said: dict[str, AttributeValue] = {names.GEN_AI_CONVERSATION_ID: session}
        if role in _KINDS:
            told = {"result_text" if role == "tool" else "text": valid_text(text)}
            label = valid_text(message.name or role)
            said |= step_attributes(_KINDS[role], label, session, told, model)
            if role == "tool" and message.name:
                said[names.GEN_AI_TOOL_NAME] = valid_text(message.name)
        if message.reasoning:
            parts.insert(0, {"type": "reasoning", "content": message.reasoning})
        parts += [
            {
                "type": "tool_call", "id": call.id, "name": call.name,
                "arguments": _arguments(call.arguments),
            }
            for call in calls
        ]  # fmt: skip
        if role == "tool":
            if message.tool_call_id:
                said["gen_ai.tool.call.id"] = valid_text(str(message.tool_call_id))
        else:
            whole = {"role": role, "parts": parts}
            if message.name:
                whole["name"] = message.name
            key = (
                names.GEN_AI_OUTPUT_MESSAGES if role == "assistant" else names.GEN_AI_INPUT_MESSAGES
            )
            said[key] = to_json([whole])
        if (usage := usage_of(message.usage)) is not None:
            said |= usage.attributes
        for name, value in (
            (names.TRACEHOUSE_METADATA, message.metadata),
            (names.TRACEHOUSE_ROLLOUT_INPUT_IDS, message.token_ids),
            (names.TRACEHOUSE_ROLLOUT_LOGPROBS, message.logprobs),
            (names.TRACEHOUSE_ROLLOUT_LOSS_MASK, message.loss_mask),
        ):
            if value is not None:
                said[name] = to_json(value)
        return said

    def _begin_call(self, call: ToolCall, message: trace.Span, at: int) -> None:
        attributes = step_attributes(
            SpanKind.tool_use, valid_text(call.name), self.trace_id,
            {"tool_input": _arguments(call.arguments)},
        )  # fmt: skip
        context = trace.set_span_in_context(message)
        span = self._tracer.start_span(
            valid_text(call.name), context, attributes=attributes, start_time=at
        )
        identity = call.id or f"{span.get_span_context().span_id:016x}"
        span.set_attribute("gen_ai.tool.call.id", valid_text(str(identity)))
        self._calls[str(identity)] = span

    def _around(self) -> Context:
        """Messages lie under the span that the program is in, if that is of this trace."""
        current = trace.get_current_span()
        mine = self.root.get_span_context().trace_id
        is_inside = current.get_span_context().trace_id == mine and self._is_sampled
        return trace.set_span_in_context(current if is_inside else self.root)

    # --- what is said of all of it ----------------------------------------------------------------

    def _reward(self, reward: Reward) -> str:
        value = as_scalar(reward.value)
        if value is None or not math.isfinite(value):
            raise ValueError(f"a reward is a finite number, and {reward.value!r} is none")
        with self._total.lock:
            self._total.rewards[str(reward.name)] = float(value)
        context = self.root.get_span_context()
        if self._is_sampled:
            attributes: dict[str, str | int | float | bool] = {
                names.GEN_AI_EVALUATION_NAME: valid_text(str(reward.name)),
                names.GEN_AI_EVALUATION_SCORE_VALUE: float(value),
            }
            self._recorder.put(
                Event(
                    self._source.resource, "gen_ai.evaluation.result", time.time_ns(), "",
                    attributes, context.trace_id, context.span_id,
                )
            )  # fmt: skip
        return f"{context.span_id:016x}"

    def add_meta(self, data: Mapping[str, Any]) -> None:
        """Say more of it; of a key that comes again the last value counts."""
        with self._total.lock:
            self._total.metadata.update({str(key): jsonable(value) for key, value in data.items()})

    def add_tags(self, tags: tuple[Any, ...]) -> None:
        """Tags, each once, in the order in which they came."""
        with self._total.lock:
            self._total.tags.update(dict.fromkeys(map(str, tags)))

    def set_status(self, status: str | RolloutStatus, error_message: str | None) -> None:
        """How it ends; the last one counts. Raises ValueError for a status that is none."""
        try:
            self.status = RolloutStatus(str(status))
        except ValueError:
            raise ValueError(
                f"status: choose of {', '.join(RolloutStatus)}, not {status!r}"
            ) from None
        self._error = None if error_message is None else valid_text(str(error_message))

    def end(self, error: BaseException | None) -> None:
        """End it: by itself, or by what was raised."""
        if isinstance(error, Exception):
            if self.status in (RolloutStatus.PENDING, RolloutStatus.COMPLETED):
                self.status = RolloutStatus.ERROR
            self.root.record_exception(error)
            self._error = self._error or valid_text(f"{type(error).__name__}: {error}")
        elif error is not None:  # cancelled, interrupted, closed: ended from outside
            self.status = RolloutStatus.ABORTED
            self._error = self._error or type(error).__name__
        elif self.status is RolloutStatus.PENDING:
            self.status = RolloutStatus.COMPLETED
        for call in self._calls.values():
            call.end()
        self._calls.clear()
        self.root.set_attributes(self._state())
        if self._error is not None:
            self.root.set_attribute(_ERROR_MESSAGE, self._error)
        if self.status is RolloutStatus.COMPLETED:
            self.root.set_status(Status(StatusCode.OK))
        elif self.status not in _UNSET:
            self.root.set_status(Status(StatusCode.ERROR, self._error))
        self.root.end()


def _total(number: int, policy: TurnPolicy, *, is_named: bool) -> _Total:
    if not is_named:
        return _Total(Turns(policy))
    with _continued_lock:
        found = _continued.get(number)
        if found is None:
            found = _continued[number] = _Total(Turns(policy))
            if len(_continued) > _MAX_CONTINUED:
                _continued.popitem(last=False)
        _continued.move_to_end(number)
        return found


def _arguments(arguments: Any) -> Any:
    """An object, also where its JSON was given."""
    if isinstance(arguments, str):
        try:
            return json.loads(arguments)
        except ValueError:
            return arguments
    return {} if arguments is None else jsonable(arguments)


def _nanoseconds(moment: float | datetime | None) -> int:
    if moment is None:
        return time.time_ns()
    return int((moment.timestamp() if isinstance(moment, datetime) else moment) * 1e9)
