"""Traces and what lies in them: spans, generations, events.

Each is a span of OpenTelemetry's, and carries the attributes by which Langfuse's observations are
known, which every reader here understands. What is assigned in its block is read when it ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Status, StatusCode
from opentelemetry.util.types import AttributeValue

from tracehouse import complain
from tracehouse.agenttrace.prompts import Prompt
from tracehouse.agenttrace.work import (
    CheckpointInfo,
    as_said,
    checkpoint_of,
    file_operation,
    kept_output,
)
from tracehouse.token_usage import Usage, usage_of
from tracehouse.values import jsonable, to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv.chat import as_text

if TYPE_CHECKING:
    from tracehouse.agenttrace.client import AgentTrace

_TYPE, _LEVEL = "langfuse.observation.type", "langfuse.observation.level"
_INPUT, _OUTPUT = "langfuse.observation.input", "langfuse.observation.output"
_METADATA, _MESSAGE = "langfuse.observation.metadata", "langfuse.observation.status_message"
_PARAMETERS, _USAGE = "langfuse.observation.model.parameters", "langfuse.observation.usage_details"
_FIRST_AT = "langfuse.observation.completion_start_time"
_TAGS, _USER, _PUBLIC = "langfuse.trace.tags", "user.id", "langfuse.trace.public"
_LEVELS = frozenset(("DEBUG", "DEFAULT", "WARNING", "ERROR"))

current: ContextVar[Observation | None] = ContextVar("tracehouse_observation", default=None)


class Observation:
    """What is observed, from when it is made until `end`, or the end of its block.

    `input`, `output`, `metadata`, `level` (DEBUG, DEFAULT, WARNING or ERROR), `error` and `prompt`
    may be assigned or changed until then. What is raised in the block is recorded, unless `error`
    says something else, and goes on its way.
    """

    kind = "span"

    def __init__(
        self,
        client: AgentTrace,
        name: str,
        span: trace.Span,
        root: TraceContext | None,
        *,
        input: Any = None,
        metadata: Mapping[str, Any] | None = None,
        level: str = "DEFAULT",
    ) -> None:
        self.name = name
        self.input = input
        self.output: Any = None
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.level = level
        self.error: str | None = None
        self.prompt: Prompt | None = None
        self._client = client
        self._span = span
        self._root = root
        self._ended = False
        self.around: TraceContext | None = None
        """A trace that was made for it alone, and ends with it."""
        self._ending = threading.Lock()
        self._entered: list[AbstractContextManager[None]] = []
        span.set_attribute(_TYPE, self.kind)

    @property
    def id(self) -> str:
        """16 hex digits."""
        return f"{self._span.get_span_context().span_id:016x}"

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return f"{self._span.get_span_context().trace_id:032x}"

    # --- what lies in it --------------------------------------------------------------------------

    def span(self, name: str, **more: Any) -> SpanContext:
        """A step. `more`: input, metadata, level."""
        return SpanContext(self._client, name, self._begin(name), self._top, **more)

    def generation(
        self,
        name: str,
        model: str | None = None,
        model_parameters: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> GenerationContext:
        """A call of a model. `more`: input, metadata, level, prompt."""
        prompt = more.pop("prompt", None)
        made = GenerationContext(self._client, name, self._begin(name), self._top, **more)
        made.model, made.model_parameters = model, dict(model_parameters or {})
        made.prompt = prompt or self._top.prompt
        return made

    def embedding(self, name: str, model: str | None = None, **more: Any) -> EmbeddingContext:
        """A call of a model that embeds. `more`: input, metadata, level."""
        made = EmbeddingContext(self._client, name, self._begin(name), self._top, **more)
        made.model = model
        return made

    def event(self, name: str, data: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Something that happened."""
        EventContext(self._client, name, self._begin(name), self._top, input=data, **more).end()

    def score(
        self, name: str, value: float | int | str | bool, comment: str | None = None, **more: Any
    ) -> None:
        """A judgement of it; see `AgentTrace.score`."""
        observation = None if self is self._top else self.id
        self._client.score(self.trace_id, name, value, comment, observation_id=observation, **more)

    def file_op(
        self,
        operation: str | Enum,
        path: str = "",
        before: str | None = None,
        after: str | None = None,
        *,
        new_path: str | None = None,
        file_path: str | None = None,
        content_before: str | None = None,
        content_after: str | None = None,
        **more: Any,
    ) -> None:
        """Something done to a file: create, read, update (or edit), delete, rename, copy, move or
        chmod, with its contents where they are to be compared."""
        self._tool("file", lambda: file_operation(
            operation, file_path or path, content_before if before is None else before,
            content_after if after is None else after, new_path,
        ), more)  # fmt: skip

    def terminal_cmd(
        self,
        command: str,
        exit_code: int = 0,
        stdout: str = "",
        stderr: str = "",
        *,
        success: bool | None = None,
        **more: Any,
    ) -> None:
        """A command that was run; of its outputs the first 100,000 characters are kept. `more`:
        args, working_directory, timed_out and anything else."""
        good = exit_code == 0 if success is None else success
        self._tool("terminal", lambda: (
            "command", {"command": command, **more},
            {"exit_code": exit_code, "success": good, **kept_output(stdout, stderr)},
        ), {})  # fmt: skip

    @complain.never_raises(complain.nothing)
    def _tool(self, family: str, what: Any, more: Mapping[str, Any]) -> None:
        name, asked, done = what()
        label = f"{family}.{name}"
        made = ToolContext(
            self._client, label, self._begin(label), self._top, input=asked, metadata=more
        )
        made.output = done
        if done.get("success") is False:
            made.error = f"exit code {done.get('exit_code')}"
        made.end()

    def checkpoint(
        self,
        name: str,
        files: Iterable[str] | None = None,
        description: str | None = None,
        type: str | Enum = "manual",
        *,
        content: bool = False,
        **more: Any,
    ) -> CheckpointInfo:
        """The state of some files now: sizes and hashes, and where the repository is. `content`:
        keep what is in them as well, to be read in the trace. `type`: manual, auto, tool_call,
        error, milestone or restore."""
        keep = self._client.file_keeper(self._span) if content else None
        info = checkpoint_of(name, files or (), keep)
        asked = {"name": name, "description": description, "type": type}
        label = f"checkpoint {name}"
        made = EventContext(
            self._client, label, self._begin(label), self._top, input=asked, metadata=more
        )
        made.output = as_said(info)
        made.end()
        return info

    @property
    def _top(self) -> TraceContext:
        assert self._root is not None
        return self._root

    @property
    def context(self) -> Context:
        """OpenTelemetry's, for spans that lie in it."""
        return trace.set_span_in_context(self._span, Context())

    def _begin(self, name: str) -> trace.Span:
        tracer = self._client.tracer_of(self._span)
        return tracer.start_span(valid_text(str(name)), self.context)

    # --- its end ----------------------------------------------------------------------------------

    def update(self, **fields: Any) -> Self:
        """Set several of its fields."""
        for name, value in fields.items():
            setattr(self, name, value)
        return self

    @complain.never_raises(complain.nothing)
    def end(self, output: Any = None, *, end_time: int | None = None, **fields: Any) -> None:
        """End it, now or at `end_time` (nanoseconds since 1970); what comes later does nothing."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
        try:
            self.update(**fields)
            if output is not None:
                self.output = output
            if self.error is not None or str(self.level).upper() == "ERROR":
                told = None if self.error is None else valid_text(str(self.error))
                self._span.set_status(Status(StatusCode.ERROR, told))
            self._span.set_attributes(self._said())
        finally:
            self._span.end(end_time or time.time_ns())
            if self.around is not None:
                self.around.end(self.output, end_time=end_time, error=self.error, level=self.level)

    def _said(self) -> dict[str, AttributeValue]:
        level = str(self.level).upper()
        if self.error is not None and level == "DEFAULT":
            level = "ERROR"
        said: dict[str, AttributeValue] = {}
        if level in _LEVELS and level != "DEFAULT":
            said[_LEVEL] = level
        for key, value in ((_INPUT, self.input), (_OUTPUT, self.output)):
            if value is not None:
                said[key] = valid_text(as_text(jsonable(value)))
        if self.metadata:
            said[_METADATA] = to_json(self.metadata)
        if self.error is not None:
            said[_MESSAGE] = valid_text(str(self.error))
        if self.prompt is not None and not self.prompt.stored.is_fallback:
            said |= self.prompt.stored.attributes
        return said

    @contextmanager
    def as_current(self) -> Generator[None]:
        """What is observed inside lies in this."""
        token = current.set(self)
        around = otel.attach(trace.set_span_in_context(self._span))
        try:
            yield
        finally:
            otel.detach(around)
            current.reset(token)

    def fail(self, error: BaseException) -> None:
        """What was raised; what the program said of it itself goes before."""
        if isinstance(error, GeneratorExit):
            return
        self._span.record_exception(error)
        if self.error is None:
            self.error = str(error) or type(error).__name__
        if self.level == "DEFAULT":
            self.level = "ERROR"

    def __enter__(self) -> Self:
        block = self.as_current()
        block.__enter__()
        self._entered.append(block)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        block = self._entered.pop()
        try:
            block.__exit__(None, None, None)
        except ValueError:
            complain.logger.debug("a block ends in another context than it began in")
        if error is not None:
            self.fail(error)
        self.end()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)


class SpanContext(Observation):
    """A step."""


class EventContext(Observation):
    """Something that happened."""

    kind = "event"


class ToolContext(Observation):
    """Something done with a tool."""

    kind = "tool"

    def _said(self) -> dict[str, AttributeValue]:
        return {names.GEN_AI_TOOL_NAME: self.name, **super()._said()}


class GenerationContext(Observation):
    """A call of a model. `usage` as AgentTrace, OpenAI, Anthropic or OpenTelemetry have it.
    `first_token_at`: nanoseconds since 1970."""

    kind = "generation"
    model: str | None = None
    usage: Any = None
    provider: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    finish_reasons: Sequence[str] = ()
    first_token_at: int | None = None

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.model_parameters: dict[str, Any] = {}

    def _said(self) -> dict[str, AttributeValue]:
        told = {
            names.GEN_AI_REQUEST_MODEL: self.model,
            names.GEN_AI_PROVIDER_NAME: self.provider,
            names.GEN_AI_RESPONSE_MODEL: self.response_model,
            names.GEN_AI_RESPONSE_ID: self.response_id,
        }
        said: dict[str, AttributeValue] = {
            **super()._said(),
            **{key: valid_text(str(value)) for key, value in told.items() if value},
            **_used(usage_of(self.usage)),
        }
        if self.finish_reasons:
            said[names.GEN_AI_RESPONSE_FINISH_REASONS] = [str(r) for r in self.finish_reasons]
        if self.model_parameters:
            said[_PARAMETERS] = to_json(self.model_parameters)
        if self.first_token_at is not None:
            moment = datetime.fromtimestamp(self.first_token_at / 1e9, UTC)
            said[_FIRST_AT] = moment.isoformat()
        return said


class EmbeddingContext(GenerationContext):
    """A call of a model that embeds."""

    kind = "embedding"


def _used(usage: Usage | None) -> dict[str, AttributeValue]:
    if usage is None:
        return {}
    said: dict[str, AttributeValue] = {**usage.attributes}
    if usage.other:
        counts = {"input": usage.input, "output": usage.output}
        total = usage.total or sum(counts.values())
        said[_USAGE] = to_json({**counts, "total": total, **usage.other})
    return said


class TraceContext(Observation):
    """A trace, as its root."""

    kind = "agent"

    def __init__(
        self,
        client: AgentTrace,
        name: str,
        span: trace.Span,
        *,
        session_id: str | None = None,
        user_id: str | None = None,
        tags: Iterable[str] | None = None,
        public: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(client, name, span, None, **more)
        self._root = self
        self.session_id = session_id
        self.user_id = user_id
        self.tags: list[str] = list(tags or ())
        self.public = public

    @property
    def id(self) -> str:
        """The trace's: 32 hex digits."""
        return self.trace_id

    def _said(self) -> dict[str, AttributeValue]:
        said = super()._said()
        if self.session_id:
            said[names.GEN_AI_CONVERSATION_ID] = valid_text(str(self.session_id))
        if self.user_id:
            said[_USER] = valid_text(str(self.user_id))
        if self.tags:
            said[_TAGS] = [valid_text(str(tag)) for tag in self.tags]
        if self.public:
            said[_PUBLIC] = True
        return said
