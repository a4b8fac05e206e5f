"""Chat traces: a session as a trace, and every step of it as a span."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from tracehouse import complain
from tracehouse.errors import ClaudeMonitorError
from tracehouse.recorder import Recorder, get_recorder
from tracehouse.recorder.ids import chosen, default_machine_id
from tracehouse.session import cohort_attributes, recall, remember, resource_attributes
from tracehouse.settings import resolve_mode
from tracehouse.values import jsonable, to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import Outcome, SpanKind
from tracehouse_semconv.chat import as_text, step_attributes
from tracehouse_semconv.ids import session_identity

_REMEMBERED = "sessions"
_ERRORS = frozenset(("error", "failed", "bad"))


@dataclass
class Span:
    """A logged step. `id` is what `parent_span_id` takes: 16 hex digits; times are ISO 8601."""

    id: str
    session_id: str
    kind: str
    name: str
    start_at: str
    end_at: str | None = None
    parent_span_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    status: str | None = None

    def to_payload(self) -> dict[str, Any]:
        """As a dictionary, without what is None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def _no_span(run: Run, *_: object, **arguments: object) -> Span:
    return Span("0" * 16, run.session_id, str(arguments.get("kind", "")), "", _iso(time.time_ns()))


class Run:
    """A chat trace: it begins when it is made and ends with `finish`, or with its `with` block.

    The same `session_id` on the same machine resumes the same trace. Constructing raises
    ClaudeMonitorError on misuse; no method raises.

    Args:
        project: what it is filed under; `default` when it is not given.
        session_id: the session; random (`py-<uuid4>`) when it is not given.
        scaffold: the harness that the agent runs in.
        task_name: what the session is about; the trace's name.
        run_id, rollout_step: the training run and step that this is a rollout of.
        subject_id, experiment, variant: the cohort.
        mode: `online`, `offline` or `disabled`; by default `TRACEHOUSE_MODE`, then `online`.
        auto_create: False begins the trace with the first step and not at once.
        link: the context of a span that the root links to.
        recorder: records it in place of one found by the key, the address and the mode.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        api_base: str | None = None,
        project: str | None = None,
        session_id: str | None = None,
        scaffold: str = "python-sdk",
        task_name: str | None = None,
        model: str | None = None,
        machine_id: str | None = None,
        hostname: str | None = None,
        agent_version: str | None = None,
        run_id: str | None = None,
        rollout_step: int | None = None,
        subject_id: str | None = None,
        experiment: str | None = None,
        variant: str | None = None,
        mode: str | None = None,
        auto_create: bool = True,
        link: SpanContext | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.session_id = session_id or f"py-{uuid.uuid4()}"
        self.project = project
        self.scaffold = scaffold
        self.task_name = task_name
        self.model = model
        self.machine_id = machine_id or default_machine_id()
        self.run_id = run_id
        self.rollout_step = rollout_step
        self._resumable = session_id is not None and run_id is None
        self._link = link
        self._identity = session_identity(self.machine_id, self.session_id, run_id or "")
        self._recorder = recorder or get_recorder(resolve_mode(mode), api_key, api_base)
        resource = resource_attributes(
            project=project,
            scaffold=scaffold,
            machine_id=self.machine_id,
            hostname=hostname,
            agent_version=agent_version,
        )
        self.hostname = str(resource["host.name"])
        self._tracer = self._recorder.source(resource).tracer
        self._cohort = cohort_attributes(subject_id, experiment, variant)
        self._root: trace.Span | None = None
        self._open_tools: dict[str, tuple[str, trace.Span]] = {}
        self._finished = False
        if auto_create:
            self._begin()

    # --- the root --------------------------------------------------------------------------------

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return f"{self._begin().get_span_context().trace_id:032x}"

    def _begin(self) -> trace.Span:
        if self._root is None:
            before = recall(_REMEMBERED, self._remembered_as) if self._resumable else {}
            now = time.time_ns()
            started = min(int(before.get("started_ns", now)), now)
            attributes: dict[str, AttributeValue] = {
                **before.get("attributes", {}),
                names.GEN_AI_OPERATION_NAME: "invoke_agent",
                names.GEN_AI_CONVERSATION_ID: valid_text(self.session_id),
                **self._cohort,
            }
            self._describe(attributes)
            if self.run_id is not None:
                attributes[names.TRACEHOUSE_RUN_ID] = self.run_id
            if self.rollout_step is not None:
                attributes[names.TRACEHOUSE_STEP] = self.rollout_step
            with chosen(self._identity):
                self._root = self._tracer.start_span(
                    valid_text(self.task_name or self.session_id),
                    attributes=attributes,
                    start_time=started,
                    links=[Link(self._link)] if self._link else None,
                )
            self._started_ns = started
            self._attributes = attributes
            self._remember()
            if before:
                complain.logger.info("session %s goes on (resumed)", self.session_id)
        return self._root

    def _describe(self, attributes: dict[str, AttributeValue]) -> None:
        if self.task_name:
            attributes[names.TRACEHOUSE_TASK_NAME] = valid_text(self.task_name)
        if self.model:
            attributes[names.GEN_AI_REQUEST_MODEL] = valid_text(self.model)

    @property
    def _remembered_as(self) -> str:
        return self._identity.trace_hex

    def _remember(self) -> None:
        if self._resumable:
            facts = {"started_ns": self._started_ns, "attributes": self._attributes}
            remember(_REMEMBERED, self._remembered_as, facts)

    # --- steps -----------------------------------------------------------------------------------

    @complain.never_raises(_no_span)
    def log(
        self,
        *,
        kind: str,
        name: str | None = None,
        text: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        parent_span_id: str | None = None,
        status: str | None = None,
    ) -> Span:
        """Log a step.

        Args:
            kind: user_msg, assistant_msg, tool_use, tool_result, thinking or attachment.
            name: the step's name; the kind when it is not given.
            attributes: anything; `text`, `result_text` and `tool_input` are shown by themselves,
                nested values are kept as JSON.
            parent_span_id: the `id` of the step that this one belongs to; the trace's root when it
                is not given. A tool result ends the call that it belongs to.
            status: `ok` or `error`.
        """
        kind = _kind(kind)
        given = dict(attributes or {})
        if text is not None and "text" not in given and "result_text" not in given:
            given["text"] = text
        root = self._begin()
        call = self._call_of(kind, name, parent_span_id)
        parent = self._parent(parent_span_id, root.get_span_context()) if call is None else None
        context = trace.set_span_in_context(call[1] if call else parent or root)
        now = time.time_ns()
        label = valid_text(name or kind)
        span = self._tracer.start_span(
            label,
            context,
            attributes=step_attributes(
                kind, label, valid_text(self.session_id), jsonable(given), self.model
            ),
            start_time=now,
        )
        if status is not None:
            failed = str(status).lower() in _ERRORS
            span.set_status(Status(StatusCode.ERROR if failed else StatusCode.OK))
        span_id = f"{span.get_span_context().span_id:016x}"
        if kind is SpanKind.tool_use:
            span.set_attribute("gen_ai.tool.call.id", span_id)
            self._open_tools[span_id] = (name or kind, span)
        else:
            span.end(now)
        if call is not None:
            self._end_call(call[0], given, status, now)
        parent_context = getattr(span, "parent", None)
        return Span(
            span_id,
            self.session_id,
            kind,
            name or kind,
            _iso(now),
            None if kind is SpanKind.tool_use else _iso(now),
            f"{parent_context.span_id:016x}" if parent_context else None,
            given,
            status,
        )

    def log_user(self, text: str, **more: Any) -> Span:
        """What the user said."""
        return self.log(kind=SpanKind.user_msg, text=text, **more)

    def log_assistant(self, text: str, **more: Any) -> Span:
        """What the assistant said."""
        return self.log(kind=SpanKind.assistant_msg, text=text, **more)

    def log_thinking(self, text: str, **more: Any) -> Span:
        """What the assistant thought."""
        return self.log(kind=SpanKind.thinking, text=text, **more)

    def log_tool_use(self, tool: str, input: Any = None, **more: Any) -> Span:
        """A tool call. It lasts until its result is logged."""
        attributes = {"tool_input": {} if input is None else input, **more.pop("attributes", {})}
        return self.log(kind=SpanKind.tool_use, name=tool, attributes=attributes, **more)

    def log_tool_result(
        self,
        text: str,
        *,
        tool: str = "tool_result",
        parent_span_id: str | None = None,
        **more: Any,
    ) -> Span:
        """What a tool returned. It ends the call that `parent_span_id` names; without one, the
        earliest open call of this `tool`, or simply the earliest."""
        attributes = {"result_text": text, **more.pop("attributes", {})}
        return self.log(
            kind=SpanKind.tool_result,
            name=tool,
            attributes=attributes,
            parent_span_id=parent_span_id,
            **more,
        )

    def log_attachment(self, name: str, attributes: Mapping[str, Any] | None = None) -> Span:
        """A file or image that belongs to the conversation."""
        return self.log(kind=SpanKind.attachment, name=name, attributes=attributes)

    def push_spans(self, spans: Iterable[Span]) -> None:
        """Log steps made elsewhere, in their order."""
        for span in spans:
            self.log(
                kind=span.kind,
                name=span.name,
                attributes=span.attributes,
                parent_span_id=span.parent_span_id,
                status=span.status,
            )

    def _call_of(
        self, kind: SpanKind, name: str | None, parent_span_id: str | None
    ) -> tuple[str, trace.Span] | None:
        """The open tool call that a result belongs to."""
        if kind is not SpanKind.tool_result or not self._open_tools:
            return None
        if parent_span_id is not None:
            found = self._open_tools.get(parent_span_id)
            return (parent_span_id, found[1]) if found else None
        same = [span_id for span_id, (tool, _) in self._open_tools.items() if tool == name]
        span_id = same[0] if same else next(iter(self._open_tools))
        return span_id, self._open_tools[span_id][1]

    def _end_call(
        self, span_id: str, result: Mapping[str, Any], status: str | None, now: int
    ) -> None:
        _, span = self._open_tools.pop(span_id)
        text = result.get("result_text", result.get("text"))
        if text is not None:
            span.set_attribute(names.GEN_AI_TOOL_CALL_RESULT, valid_text(as_text(jsonable(text))))
        if status is not None and str(status).lower() in _ERRORS:
            span.set_status(Status(StatusCode.ERROR))
        span.end(now)

    def _parent(self, span_id: str | None, root: SpanContext) -> trace.Span | None:
        if span_id is None:
            return None
        try:
            number = int(span_id, 16) if len(span_id) == 16 else 0
        except ValueError:
            number = 0
        if not number:
            complain.once("parent_span_id must be the id of a logged step: %r is not", span_id)
            return None
        return trace.NonRecordingSpan(
            SpanContext(root.trace_id, number, is_remote=False, trace_flags=TraceFlags(1))
        )

    # --- the end ---------------------------------------------------------------------------------

    @complain.never_raises(complain.nothing)
    def finish(
        self,
        *,
        outcome: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        task_name: str | None = None,
        model: str | None = None,
        scaffold: str | None = None,
        subject_id: str | None = None,
        experiment: str | None = None,
        variant: str | None = None,
    ) -> None:
        """End the session. Open tool calls end with it. A second call changes nothing.

        Args:
            outcome: good, bad or neutral.
            metadata: anything that JSON has, kept as one object.
        """
        if self._finished:
            return
        self._finished = True
        root = self._begin()
        attributes: dict[str, AttributeValue] = {
            **cohort_attributes(subject_id, experiment, variant)
        }
        self.task_name, self.model = task_name or self.task_name, model or self.model
        self._describe(attributes)
        if scaffold:
            attributes[names.TRACEHOUSE_SCAFFOLD] = valid_text(scaffold)
        if outcome is not None:
            if outcome in tuple(Outcome):
                attributes[names.TRACEHOUSE_OUTCOME] = outcome
            else:
                complain.once("outcome must be good, bad or neutral: %r is left out", outcome)
        if metadata:
            attributes[names.TRACEHOUSE_METADATA] = to_json(metadata)
        root.set_attributes(attributes)
        if task_name:
            root.update_name(valid_text(task_name))
        now = time.time_ns()
        for _, span in self._open_tools.values():
            span.end(now)
        self._open_tools.clear()
        root.end(now)
        self._attributes |= attributes
        self._remember()
        self._recorder.flush()

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
            return
        root = self._begin()
        root.record_exception(error)
        root.set_status(Status(StatusCode.ERROR, valid_text(str(error))))
        self.finish(outcome="bad", metadata={"error": f"{type(error).__name__}: {error}"})


def _iso(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat()


def _kind(kind: str) -> SpanKind:
    """The kind of that name. Raises ClaudeMonitorError."""
    try:
        return SpanKind(kind)
    except ValueError:
        raise ClaudeMonitorError(f"kind is {kind!r}: choose one of {', '.join(SpanKind)}") from None
