"""Trying a task on a dataset: each item becomes a trace, each judgement a score, all of it a run.

cm.evaluate("support questions", answer, [exact_match], name="gpt-5")
"""

from __future__ import annotations

import concurrent.futures
import contextvars
import hashlib
import inspect
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from tracehouse import complain
from tracehouse.api_client import ApiClient
from tracehouse.datasets import Dataset, DatasetItem, get_dataset
from tracehouse.recorder import Recorder, get_recorder
from tracehouse.recorder.events import Event
from tracehouse.recorder.recorder import Source
from tracehouse.session import resource_attributes
from tracehouse.settings import resolve_mode
from tracehouse.values import jsonable, to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import ScoreDataType, ScoreSource

if TYPE_CHECKING:
    import asyncio

Score = bool | int | float | str
Task = Callable[..., Any]
Scorer = Callable[..., Any]

_EVENT = "gen_ai.evaluation.result"
_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class ItemResult:
    """What came of an item. `output` is None and `error` says why where the task raised; `scores`
    are by name, `scorer_errors` say which scorers raised."""

    item: DatasetItem
    output: Any
    error: str | None
    scores: dict[str, Score]
    scorer_errors: dict[str, str]
    trace_id: str
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """A run over a dataset. `scores` holds each score's mean (of a boolean, the share of true), or
    of a text how often it was given."""

    name: str
    dataset: str | None
    results: list[ItemResult] = field(repr=False)

    @property
    def scores(self) -> dict[str, float | dict[str, int]]:
        given: dict[str, list[Score]] = {}
        for result in self.results:
            for name, value in result.scores.items():
                given.setdefault(name, []).append(value)
        return {name: _aggregate(values) for name, values in given.items()}

    @property
    def errors(self) -> list[ItemResult]:
        """The items whose task raised."""
        return [result for result in self.results if result.error is not None]

    def __str__(self) -> str:
        told = [f"{name}: {_shown(value)}" for name, value in self.scores.items()]
        failed = [f"{len(self.errors)} failed"] if self.errors else []
        return f"{self.name}: {', '.join([f'{len(self.results)} items', *failed, *told])}"


def evaluate(
    dataset: str | Dataset | Iterable[DatasetItem | Mapping[str, Any]],
    task: Task,
    scorers: Sequence[Scorer] = (),
    *,
    name: str | None = None,
    description: str | None = None,
    metadata: Any = None,
    project: str | None = None,
    max_workers: int = 8,
    mode: str | None = None,
) -> Evaluation:
    """Run a task on each item of a dataset, judge what it returns, and keep all of it as a run that
    is compared with others on the server.

    Args:
        dataset: a dataset on the server, by name or as read; or items at hand, of which traces and
            scores are kept and no run.
        task: called with the item's input. It may ask for `item` or `metadata` by name, and may be
            a coroutine function. What it raises is the item's error, and the run goes on.
        scorers: each is called with those of `input`, `output`, `expected_output`, `metadata` and
            `item` that it names, and returns a number, a boolean, a text, or several by name. Its
            own name is the score's.
        name: of the run; the task's name and the time when it is not given. A name that is there
            already is added to.
        max_workers: how many items are tried at once.

    Raises ApiError when the server does not give the dataset or take the run. What was traced by
    then is not lost.
    """
    found = get_dataset(dataset) if isinstance(dataset, str) else dataset
    items = [i if isinstance(i, DatasetItem) else DatasetItem.of(i) for i in found]
    told = found.name if isinstance(found, Dataset) else None
    run = name or f"{_name_of(task)} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    recorder = get_recorder(resolve_mode(mode))
    source = recorder.source(
        resource_attributes(
            project=project, scaffold=None, machine_id=None, hostname=None, agent_version=None
        )
    )
    loop = _Loop()
    trial = _Trial(recorder, source, told, run, task, tuple(scorers), loop)
    try:
        with ThreadPoolExecutor(max_workers, thread_name_prefix="tracehouse-evaluate") as pool:
            results = list(pool.map(trial, items))
    finally:
        loop.close()
    delivered = recorder.flush(_WAIT_SECONDS)
    if told is not None and recorder.mode == "online":
        links = [{"item_id": r.item.id, "trace_id": r.trace_id} for r in results if r.item.id]
        given = {"name": run, "description": description, "metadata": jsonable(metadata)}
        ApiClient().post(f"/v1/datasets/{quote(told, safe='')}/runs", given | {"items": links})
    if not delivered and recorder.mode == "online":
        complain.logger.warning("the traces of %s are not all sent yet: they follow", run)
    return Evaluation(run, told, results)


@dataclass(frozen=True)
class _Trial:
    """One run's way of trying an item."""

    recorder: Recorder
    source: Source
    dataset: str | None
    run: str
    task: Task
    scorers: tuple[Scorer, ...]
    loop: _Loop

    def __call__(self, item: DatasetItem) -> ItemResult:
        attributes = {
            names.GEN_AI_OPERATION_NAME: "experiment_item",
            names.TRACEHOUSE_EVALUATION_RUN_NAME: valid_text(self.run),
            names.TRACEHOUSE_EVALUATION_INPUT: to_json(item.input),
        }
        if self.dataset is not None:
            attributes[names.TRACEHOUSE_DATASET_NAME] = valid_text(self.dataset)
        if item.id is not None:
            attributes[names.TRACEHOUSE_DATASET_ITEM_ID] = valid_text(item.id)
        if item.expected_output is not None:
            attributes[names.TRACEHOUSE_EVALUATION_EXPECTED_OUTPUT] = to_json(item.expected_output)
        started = time.perf_counter()
        # A trace of its own, whatever span the caller is in.
        span = self.source.tracer.start_span(
            valid_text(self.run),
            trace.set_span_in_context(trace.INVALID_SPAN),
            attributes=attributes,
        )
        output, error = None, None
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            try:
                output = self.loop.finished(self.task(item.input, **_asked(self.task, item)))
                span.set_attribute(names.TRACEHOUSE_EVALUATION_OUTPUT, to_json(output))
            except Exception as raised:
                error = f"{type(raised).__name__}: {raised}"
                span.record_exception(raised)
                span.set_status(Status(StatusCode.ERROR, valid_text(str(raised))))
        span.end()
        seconds = time.perf_counter() - started
        context = span.get_span_context()
        scores, failures = ({}, {}) if error else self._judged(item, output)
        for name, value in scores.items():
            self._record(context, name, value)
        identity = f"{context.trace_id:032x}"
        return ItemResult(item, output, error, scores, failures, identity, seconds)

    def _judged(self, item: DatasetItem, output: Any) -> tuple[dict[str, Score], dict[str, str]]:
        scores, failures = dict[str, Score](), dict[str, str]()
        given = {
            "input": item.input,
            "output": output,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item,
        }
        for scorer in self.scorers:
            name = _name_of(scorer)
            try:
                said = self.loop.finished(scorer(**_chosen(scorer, given)))
                several: Mapping[Any, Any] = said if isinstance(said, Mapping) else {name: said}
                for key, value in several.items():
                    scores[valid_text(str(key))] = _checked(value)
            except Exception as raised:
                failures[name] = f"{type(raised).__name__}: {raised}"
                complain.once("the scorer %s raised %s", name, failures[name], key=f"scorer {name}")
        return scores, failures

    def _record(self, context: trace.SpanContext, name: str, value: Score) -> None:
        identity = hashlib.sha256(f"{context.trace_id:032x}/{name}".encode()).hexdigest()[:16]
        attributes: dict[str, str | int | float | bool] = {
            names.TRACEHOUSE_SCORE_ID: identity,
            names.GEN_AI_EVALUATION_NAME: name,
            names.TRACEHOUSE_SCORE_SOURCE: str(ScoreSource.eval),
        }
        if isinstance(value, str):
            attributes[names.TRACEHOUSE_SCORE_DATA_TYPE] = str(ScoreDataType.categorical)
            attributes[names.GEN_AI_EVALUATION_SCORE_LABEL] = value
        else:
            boolean = isinstance(value, bool)
            kind = ScoreDataType.boolean if boolean else ScoreDataType.numeric
            attributes[names.TRACEHOUSE_SCORE_DATA_TYPE] = str(kind)
            attributes[names.GEN_AI_EVALUATION_SCORE_VALUE] = float(value)
            if boolean:
                attributes[names.GEN_AI_EVALUATION_SCORE_LABEL] = "true" if value else "false"
        self.recorder.put(
            Event(
                self.source.resource, _EVENT, time.time_ns(), "", attributes,
                context.trace_id, context.span_id,
            )
        )  # fmt: skip


def _asked(task: Task, item: DatasetItem) -> dict[str, Any]:
    """What a task names beside its first parameter. `**` stands for nothing: the task may pass it
    on to what does not know these."""
    names_of = list(inspect.signature(task).parameters)[1:]
    given = {"item": item, "metadata": item.metadata}
    return {name: value for name, value in given.items() if name in names_of}


def _chosen(scorer: Scorer, given: Mapping[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(scorer).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return dict(given)
    return {name: value for name, value in given.items() if name in parameters}


def _checked(value: Any) -> Score:
    """A score as it can be kept. Raises TypeError, ValueError, OverflowError."""
    if isinstance(value, str):
        return valid_text(value)
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"a score is a number, a boolean or a text, not {value!r}")
    if not math.isfinite(float(value)):
        raise ValueError(f"a score must be finite, not {value!r}")
    return value


class _Loop:
    """One event loop for all coroutines of an evaluation: clients keep their connections in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def finished(self, value: Any) -> Any:
        """A value, or what a coroutine returns."""
        if not inspect.iscoroutine(value):
            return value
        import asyncio  # 12 ms, which not every program that imports us should pay

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="tracehouse-evaluate-loop", daemon=True
                ).start()
        # In the span of the caller: tasks of a loop take the context that they are made in.
        context = contextvars.copy_context()
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()

        async def run() -> None:
            try:
                future.set_result(await value)
            except BaseException as error:
                future.set_exception(error)

        loop = self._loop
        loop.call_soon_threadsafe(lambda: loop.create_task(run(), context=context))
        return future.result()

    def close(self) -> None:
        """End the loop, if there is one."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)


def _name_of(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _aggregate(values: list[Score]) -> float | dict[str, int]:
    numbers = [float(value) for value in values if not isinstance(value, str)]
    if len(numbers) == len(values):
        return fmean(numbers)
    texts = [str(value) for value in values]
    return {text: texts.count(text) for text in sorted({*texts})}


def _shown(value: float | dict[str, int]) -> str:
    return str(value) if isinstance(value, dict) else f"{value:.3g}"
