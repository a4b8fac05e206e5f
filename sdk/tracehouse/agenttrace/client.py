"""The client: where traces go, and what is said of them from outside."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from opentelemetry import trace
from opentelemetry.context import Context

from tracehouse import complain
from tracehouse.agenttrace.observations import TraceContext
from tracehouse.agenttrace.prompts import Prompt, find_prompt
from tracehouse.agenttrace.work import as_said, git_state
from tracehouse.prompts import Body
from tracehouse.recorder import get_recorder
from tracehouse.recorder.events import Event
from tracehouse.recorder.ids import chosen, trace_number
from tracehouse.session import resource_attributes
from tracehouse.settings import Mode, resolve_mode
from tracehouse.values import to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import ScoreDataType, ScoreSource
from tracehouse_semconv.ids import SpanIdentity

_TRUE = frozenset(("1", "true", "yes", "on"))
_EVENT = "gen_ai.evaluation.result"
_ITS_CLOUD = "api.agenttrace.io"
_OUR_KEYS = ("ba_", "anon_")
_random = SystemRandom()


class AgentTrace:
    """The client. The last one that was made is what `observe` uses, in every thread.

    Args:
        api_key, api_url (or host): the tracehouse server and its key; `AGENTTRACE_API_KEY`,
            `AGENTTRACE_API_URL`, and then what the other SDK calls use. A key that is none of
            tracehouse's (`sk-at-…`) and AgentTrace's own cloud are left out.
        project_id: the project; `AGENTTRACE_PROJECT_ID`.
        debug: tell what happens in the log `tracehouse`; `AGENTTRACE_DEBUG`.
        enabled: False records nothing, and everything may still be called; `AGENTTRACE_ENABLED`.
        sample_rate: the share of traces that are recorded, by their ids, 1.0 by default. Scores are
            sent of all.
        flush_interval, batch_size, http_client: taken for the sake of programs that give them. What
            is logged is on disk within 40 ms, and goes from there over connections of its own.
    """

    def __init__(
        self,
        api_key: str | None = None,
        project_id: str | None = None,
        api_url: str | None = None,
        debug: bool | None = None,
        flush_interval: float = 5.0,
        batch_size: int = 100,
        enabled: bool | None = None,
        sample_rate: float = 1.0,
        http_client: Any = None,
        *,
        host: str | None = None,
    ) -> None:
        del flush_interval, batch_size, http_client
        if not 0 <= sample_rate <= 1:
            raise ValueError("sample_rate: it lies between 0 and 1")
        self.enabled = _flag("AGENTTRACE_ENABLED", True) if enabled is None else enabled
        if _flag("AGENTTRACE_DEBUG", False) if debug is None else debug:
            logging.getLogger("tracehouse").setLevel(logging.DEBUG)
        key = api_key or os.environ.get("AGENTTRACE_API_KEY") or None
        url = api_url or host or os.environ.get("AGENTTRACE_API_URL") or None
        if key is not None and not key.startswith(_OUR_KEYS):
            complain.once("api_key: a key of tracehouse's starts with ba_; this one is left out")
            key = None
        if url is not None and urlsplit(url).hostname == _ITS_CLOUD:
            url = None
        mode = resolve_mode(None) if self.enabled else Mode.disabled
        project = project_id or os.environ.get("AGENTTRACE_PROJECT_ID")
        self._recorder = get_recorder(mode, key, url)
        self._source = self._recorder.source(
            resource_attributes(
                project=project, scaffold=None, machine_id=None, hostname=None, agent_version=None
            )
        )
        self._rate = sample_rate
        self._working: set[threading.Thread] = set()
        # Those that the program still has, by their ids: what is said of one by its id lies in it.
        self._traces: WeakValueDictionary[int, TraceContext] = WeakValueDictionary()
        _Default.client = self

    def trace(
        self,
        name: str,
        id: str | None = None,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: list[str] | None = None,
        input: Any = None,
        public: bool = False,
    ) -> TraceContext:
        """A trace: `with`, `async with`, or ended by `end`. A trace inside another is one of its
        own. `id`: 32 hex digits, or any text, which is hashed."""
        number, _ = trace_number(id)
        sampled = self._samples(number)
        tracer = self._source.tracer if sampled else trace.NoOpTracer()
        with chosen(SpanIdentity(number, _random.getrandbits(64) or 1)):
            span = tracer.start_span(
                valid_text(str(name)),
                Context(),
                attributes={names.GEN_AI_OPERATION_NAME: "invoke_agent"},
            )
        if not sampled:
            span = _unsampled(number)
        made = TraceContext(
            self, name, span, session_id=session_id, user_id=user_id, tags=tags, public=public,
            input=input, metadata=metadata,
        )  # fmt: skip
        self._traces[number] = made
        return made

    def session(self, id: str) -> Session:
        """A session, whose traces belong together."""
        return Session(self, id)

    def get_prompt(
        self,
        name: str,
        version: int | None = None,
        label: str | None = None,
        *,
        fallback: Body | None = None,
        cache: bool = True,
        cache_ttl: float = 60.0,
    ) -> Prompt:
        """A prompt by version or label; else what is labelled production, else the latest. It is
        kept for `cache_ttl` seconds, and through outages. Raises ValueError where there is none."""
        return find_prompt(
            name, version, label, fallback, cache_ttl if cache else 0.0,
            self._recorder.current_destination(),
        )  # fmt: skip

    def score(
        self,
        trace_id: str,
        name: str,
        value: float | int | str | bool,
        comment: str | None = None,
        *,
        observation_id: str | None = None,
        data_type: str | None = None,
        id: str | None = None,
    ) -> None:
        """A judgement of a trace or of one of its observations: a number, a boolean, a category.
        The same `id` again replaces. Raises ValueError for a number that is not finite."""
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"value: {value} is no score")
        self._record_score(trace_id, name, value, comment, observation_id, data_type, id)

    @complain.never_raises(complain.nothing)
    def _record_score(
        self,
        trace_id: str,
        name: str,
        value: float | int | str | bool,
        comment: str | None,
        observation_id: str | None,
        data_type: str | None,
        id: str | None,
    ) -> None:
        number, _ = trace_number(trace_id)
        attributes: dict[str, str | int | float | bool] = {
            names.TRACEHOUSE_SCORE_ID: id or hashlib.sha256(os.urandom(16)).hexdigest()[:16],
            names.TRACEHOUSE_SCORE_SOURCE: str(ScoreSource.api),
            names.GEN_AI_EVALUATION_NAME: valid_text(str(name)),
        }
        kind = _data_type(value, data_type)
        attributes[names.TRACEHOUSE_SCORE_DATA_TYPE] = str(kind)
        if isinstance(value, str):
            attributes[names.GEN_AI_EVALUATION_SCORE_LABEL] = valid_text(value)
        else:
            attributes[names.GEN_AI_EVALUATION_SCORE_VALUE] = float(value)
            if kind is ScoreDataType.boolean:
                attributes[names.GEN_AI_EVALUATION_SCORE_LABEL] = "true" if value else "false"
        if comment is not None:
            attributes[names.GEN_AI_EVALUATION_EXPLANATION] = valid_text(str(comment))
        self._recorder.put(
            Event(
                self._source.resource, _EVENT, time.time_ns(), "", attributes, number,
                int(observation_id, 16) if observation_id else 0,
            )
        )  # fmt: skip

    def git_link(
        self,
        trace_id: str,
        commit_sha: str | None = None,
        branch: str | None = None,
        repo_url: str | None = None,
        link_type: str = "commit",
        **more: Any,
    ) -> None:
        """Say which commit belongs to a trace; what is not given is asked of git, by a thread.
        Outside of a repository `commit_sha` is empty."""
        if not self.enabled or not self._samples(trace_number(trace_id)[0]):
            return
        given = {"commit_sha": commit_sha, "branch": branch, "repo_url": repo_url}
        said = {name: value for name, value in given.items() if value is not None}
        thread = threading.Thread(
            target=self._link, args=(trace_id, said, {"link_type": link_type, **more}), daemon=True
        )
        self._working.add(thread)
        thread.start()

    @complain.never_raises(complain.nothing)
    def _link(self, trace_id: str, said: dict[str, Any], more: dict[str, Any]) -> None:
        found = {} if "commit_sha" in said else as_said(git_state())
        number, _ = trace_number(trace_id)
        known = self._traces.get(number)
        with chosen(SpanIdentity(number, _random.getrandbits(64) or 1)):
            context = Context() if known is None else known.context
            span = self._source.tracer.start_span("git.link", context)
        span.set_attribute("langfuse.observation.type", "event")
        span.set_attribute("langfuse.observation.output", to_json({**found, **said}))
        span.set_attribute("langfuse.observation.metadata", to_json(more))
        span.end()
        self._working.discard(threading.current_thread())

    def flush(self, timeout: float = 10.0) -> bool:
        """Send everything; whether all of it was delivered within so many seconds."""
        deadline = time.monotonic() + timeout
        for thread in list(self._working):
            thread.join(max(0.0, deadline - time.monotonic()))
        return self._recorder.flush(max(0.1, deadline - time.monotonic()))

    def shutdown(self) -> None:
        """Send everything, and let the connections go."""
        self.flush()
        self._recorder.close()

    # --- for what lies in a trace -----------------------------------------------------------------

    def _samples(self, number: int) -> bool:
        return number % 1_000_000 < self._rate * 1_000_000

    def file_keeper(self, span: trace.Span) -> Callable[[str, bytes], None] | None:
        """What uploads contents, by their SHA-256: nothing, where the span is not kept."""
        return self._recorder.add_blob if span.get_span_context().trace_flags.sampled else None

    def tracer_of(self, span: trace.Span) -> trace.Tracer:
        """What makes its children: nothing that is kept, where it is not."""
        is_kept = span.get_span_context().trace_flags.sampled
        return self._source.tracer if is_kept else _NOTHING


class Session:
    """Traces that belong together. May be used as a block."""

    def __init__(self, client: AgentTrace, id: str) -> None:
        self.id = id
        self._client = client

    def trace(self, name: str, **more: Any) -> TraceContext:
        """A trace of the session; arguments as for `AgentTrace.trace`."""
        more.setdefault("session_id", self.id)
        return self._client.trace(name, **more)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        """A session has no end."""


class _Default:
    """What `observe` uses."""

    client: AgentTrace | None = None


def default_client() -> AgentTrace | None:
    """The last client that was made."""
    return _Default.client


_NOTHING = trace.NoOpTracer()


def _unsampled(number: int) -> trace.Span:
    """A span that only has ids."""
    return trace.NonRecordingSpan(
        trace.SpanContext(number, _random.getrandbits(64) or 1, is_remote=False)
    )


def _data_type(value: float | int | str | bool, said: str | None) -> ScoreDataType:
    if said is not None:
        return ScoreDataType(said.lower())
    if isinstance(value, bool):
        return ScoreDataType.boolean
    return ScoreDataType.categorical if isinstance(value, str) else ScoreDataType.numeric


def _flag(name: str, default: bool) -> bool:
    said = os.environ.get(name)
    return default if said is None else said.lower() in _TRUE
