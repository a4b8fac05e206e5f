"""The rollout that a thread or task is in, and what can be said of it without naming it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar, cast

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from tracehouse import complain
from tracehouse.recorder.lifetimes import EXIT_SECONDS
from tracehouse.rollouts.messages import Loggable
from tracehouse.rollouts.meta import checked
from tracehouse.rollouts.pipelines import Pipeline
from tracehouse.rollouts.rollout import NO_SPAN, Rollout
from tracehouse.rollouts.settings import Defaults, Destinations, resolve
from tracehouse.values import valid_text
from tracehouse_semconv.attributes import RolloutStatus

F = TypeVar("F", bound=Callable[..., Any])
_current: ContextVar[Rollout | None] = ContextVar("tracehouse_rollout", default=None)


class _Configured:
    """The settings of this process, and the pipelines of all that it ever had."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.settings: tuple[Defaults, Destinations] | None = None
        self.pipelines: dict[Destinations, Pipeline] = {}
        self.is_shut_down = False

    def now(self) -> tuple[Defaults, Pipeline]:
        with self.lock:
            if self.settings is None:
                self.settings = resolve({})
            defaults, to = self.settings
            if self.is_shut_down:
                to = Destinations(exporters=())
            if to not in self.pipelines:
                self.pipelines[to] = Pipeline(to)
            return defaults, self.pipelines[to]


_configured = _Configured()


def configure(run_id: str | None = None, phase: str | None = None, **settings: Any) -> None:
    """Set defaults and destinations for the rollouts that begin from now on.

    May be called any number of times: rollouts that run, and what waits to be sent, stay as they
    are. Without it, the first rollout finds everything in the environment. Raises ValueError.

    Args:
        run_id, phase, project, step_number, env_name, model_name, grader_name: defaults of
            `trace_run`.
        endpoint, api_key: the tracehouse server; by default that of the other SDK calls.
        clickhouse_url, clickhouse_database, clickhouse_user, clickhouse_password: a ClickHouse
            whose tables a tracehouse collector made; `CLICKHOUSE_*`.
        kestrel_api_url, kestrel_api_key: a run registry; `KESTREL_*`.
        langfuse_public_key, langfuse_secret_key, langfuse_host: `LANGFUSE_*`; the host is
            `LANGFUSE_BASE_URL`, then `LANGFUSE_HOST`, then Langfuse's cloud in the US.
        debug: a line on standard error for each span; `CARIBOU_TRACE_DEBUG`,
            `TRACEHOUSE_TRACE_DEBUG`.
        sample_rate: the share of rollouts that are recorded, 1.0 by default.
        turn_policy: what begins a turn: `user` (default) or `assistant`.
        exporters: which of tracehouse, clickhouse, langfuse and kestrel; all by default, those of
            them that have an address.
    """
    found = resolve({"run_id": run_id, "phase": phase, **settings})
    with _configured.lock:
        _configured.settings = found
        _configured.is_shut_down = False


class trace_run:
    """A rollout: `with`, `async with`, or a decorator, each call of which is a rollout.

    Yields the trace's id, 32 hex digits. What is raised inside is recorded, and goes on its way.
    Entering raises ValueError for metadata that is wrong (see `tracehouse.rollouts.meta`).

    Args:
        meta: `datapoint_id` (required), `phase` (train, eval or prod; required unless it is
            configured), `run_id`, `step_number`, `env_name`, `model_name`, `grader_name`,
            `trace_id`, `project`; other keys as with `add_meta`. The same `trace_id` again goes on
            with its trace, turns and counts.
    """

    def __init__(self, meta: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        self._given = {**(meta or {}), **more}
        self._entered: list[tuple[Rollout, Token[Rollout | None], Token[otel.Context]]] = []

    def __enter__(self) -> str:
        defaults, pipeline = _configured.now()
        meta = checked(self._given, defaults)
        rollout = Rollout(meta, pipeline, defaults.turn_policy, defaults.sample_rate)
        token = _current.set(rollout)
        around = otel.attach(trace.set_span_in_context(rollout.root))
        self._entered.append((rollout, token, around))
        return rollout.trace_id

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        rollout, token, around = self._leave()
        try:
            _current.reset(token)
        except ValueError:  # a generator that is closed elsewhere: that context was never changed
            complain.logger.debug("a rollout ends in another context than it began in")
        else:
            otel.detach(around)
        _end(rollout, error)

    def _leave(self) -> tuple[Rollout, Token[Rollout | None], Token[otel.Context]]:
        """What was entered here: tasks may share one `trace_run`."""
        here = _current.get()
        place = next((n for n, entry in enumerate(self._entered) if entry[0] is here), -1)
        return self._entered.pop(place)

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: F) -> F:
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def rolled_async(*args: Any, **kwargs: Any) -> Any:
                with trace_run(self._given):
                    return await function(*args, **kwargs)

            return cast("F", rolled_async)

        @wraps(function)
        def rolled(*args: Any, **kwargs: Any) -> Any:
            with trace_run(self._given):
                return function(*args, **kwargs)

        return cast("F", rolled)


@complain.never_raises(complain.nothing)
def _end(rollout: Rollout, error: BaseException | None) -> None:
    rollout.end(error)


def _here(what: str) -> Rollout | None:
    rollout = _current.get()
    if rollout is None:
        complain.logger.debug("%s outside of a trace_run: it does nothing", what)
    return rollout


@complain.never_raises(lambda *_: NO_SPAN)
def log(message: Loggable) -> str:
    """Log a message, a tool call, a reward, or a list of them; the id of its span, 16 hex digits.

    Takes `Message`, dictionaries, and the messages and answers of OpenAI's and Anthropic's clients.
    """
    rollout = _here("log")
    return NO_SPAN if rollout is None else rollout.log(message)


@complain.never_raises(complain.nothing)
def add_meta(data: Mapping[str, Any]) -> None:
    """Say more of the rollout; of a key that comes again the last value counts."""
    if (rollout := _here("add_meta")) is not None:
        rollout.add_meta(data)


@complain.never_raises(complain.nothing)
def add_tags(*tags: str) -> None:
    """Tags of the rollout, each once."""
    if (rollout := _here("add_tags")) is not None:
        rollout.add_tags(tags)


def set_status(status: str | RolloutStatus, error_message: str | None = None) -> None:
    """How the rollout ends; the last one counts. Raises ValueError for a status that is none."""
    if (rollout := _here("set_status")) is not None:
        rollout.set_status(status, error_message)


@complain.never_raises(complain.nothing)
def set_error(message: str) -> None:
    """Mark the current span as failed; the rollout's status stays as it is."""
    if _here("set_error") is not None:
        trace.get_current_span().set_status(Status(StatusCode.ERROR, valid_text(str(message))))


def increment_turn() -> int:
    """Begin the next turn; its index. 0 outside of a rollout."""
    return 0 if (rollout := _here("increment_turn")) is None else rollout.turns.increment_turn()


def increment_intra() -> int:
    """Leave out a place in the turn; the next one. 0 outside of a rollout."""
    return 0 if (rollout := _here("increment_intra")) is None else rollout.turns.increment_intra()


def set_turn_index(index: int) -> int:
    """Go to the beginning of this turn. Raises ValueError unless it is a number from 0."""
    return index if (rollout := _here("set_turn_index")) is None else rollout.turns.set_turn(index)


def set_intra_index(index: int) -> int:
    """Go to this place of the turn. Raises ValueError unless it is a number from 0."""
    return (
        index if (rollout := _here("set_intra_index")) is None else rollout.turns.set_intra(index)
    )


@complain.never_raises(lambda *_, **__: False)
def flush(timeout: float = 5.0) -> bool:
    """Whether every destination has everything that was logged, within so many seconds."""
    with _configured.lock:
        pipelines = list(_configured.pipelines.values())
    delivered = [pipeline.flush(timeout) for pipeline in pipelines]
    return all(delivered)


@complain.never_raises(complain.nothing)
def shutdown() -> None:
    """Deliver for at most five seconds and let everything go. Rollouts after it are not recorded,
    unless `configure` is called again; a process that ends does this by itself."""
    with _configured.lock:
        pipelines = list(_configured.pipelines.values())
        _configured.pipelines.clear()
        _configured.is_shut_down = True
    for pipeline in pipelines:
        pipeline.close(EXIT_SECONDS)
