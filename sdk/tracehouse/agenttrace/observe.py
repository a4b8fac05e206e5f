"""`observe`: a function's calls as observations."""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial, wraps
from typing import Any, TypeVar, cast, overload

from tracehouse import complain
from tracehouse.agenttrace.client import default_client
from tracehouse.agenttrace.observations import Observation, current
from tracehouse.values import to_json

F = TypeVar("F", bound=Callable[..., Any])
_MOST_YIELDS = 1000


@overload
def observe(func: F, /) -> F: ...
@overload
def observe(
    func: None = None,
    /,
    *,
    name: str | None = None,
    as_type: str = "span",
    capture_input: bool = True,
    capture_output: bool = True,
) -> Callable[[F], F]: ...
def observe(
    func: Any = None,
    /,
    *,
    name: str | None = None,
    as_type: str = "span",
    capture_input: bool = True,
    capture_output: bool = True,
) -> Any:
    """Observe every call of a function: sync, async, a generator, a method. Bare or called.

    The first in its context begins a trace of its name; what is called inside lies in it. Without a
    client, which is asked for at every call, the function is simply called.

    Args:
        name: the observation's; the function's by default.
        as_type: `span` or `generation`.
        capture_input, capture_output: whether arguments and results are kept.
    """
    if func is None:
        return lambda function: _observed(  # pyright: ignore[reportUnknownLambdaType]
            function, name, as_type, capture_input, capture_output
        )
    return _observed(func, name, as_type, capture_input, capture_output)


def run_in_trace_context(function: F) -> F:
    """The function, to be called in another thread: what it observes lies where this was called."""
    context = contextvars.copy_context()

    @wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return context.copy().run(function, *args, **kwargs)

    return cast("F", inside)


def _observed(function: Any, name: str | None, kind: str, takes: bool, gives: bool) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        inner: Any = function.__func__  # pyright: ignore[reportUnknownVariableType]
        return type(function)(_observed(inner, name, kind, takes, gives))
    plain: Any = function
    while isinstance(plain, partial):
        plain = plain.func
    label = name or str(getattr(plain, "__name__", type(plain).__name__))
    begin = partial(_begin, function, label, kind, takes)

    if inspect.isasyncgenfunction(plain):

        async def observed_async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            made = begin(args, kwargs)
            yielded: list[Any] = []
            source = function(*args, **kwargs)
            forward: Callable[[], Any] = partial(anext, source)
            try:
                while True:
                    try:
                        item = await _step(made, forward)
                    except StopAsyncIteration:
                        return
                    if gives and len(yielded) < _MOST_YIELDS:
                        yielded.append(item)
                    try:
                        sent = yield item
                        forward = partial(source.asend, sent)
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        forward = partial(source.athrow, error)
            except BaseException as error:
                _fail(made, error)
                raise
            finally:
                await source.aclose()
                _end(made, yielded if gives else None)

        wrapped: Any = observed_async_generator
    elif inspect.isgeneratorfunction(plain):

        def observed_generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            made = begin(args, kwargs)
            yielded: list[Any] = []
            source = function(*args, **kwargs)
            forward: Callable[[], Any] = partial(next, source)
            try:
                while True:
                    try:
                        item = _inside(made, forward)
                    except StopIteration as stop:
                        return stop.value
                    if gives and len(yielded) < _MOST_YIELDS:
                        yielded.append(item)
                    try:
                        sent = yield item
                        forward = partial(source.send, sent)
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        forward = partial(source.throw, error)
            except BaseException as error:
                _fail(made, error)
                raise
            finally:
                source.close()
                _end(made, yielded if gives else None)

        wrapped = observed_generator
    elif inspect.iscoroutinefunction(plain):

        async def observed_coroutine(*args: Any, **kwargs: Any) -> Any:
            made = begin(args, kwargs)
            if made is None:
                return await function(*args, **kwargs)
            with made:
                result = await function(*args, **kwargs)
                made.output = result if gives and made.output is None else made.output
                return result

        wrapped = observed_coroutine
    else:

        def observed(*args: Any, **kwargs: Any) -> Any:
            made = begin(args, kwargs)
            if made is None:
                return function(*args, **kwargs)
            with made:
                result = function(*args, **kwargs)
                made.output = result if gives and made.output is None else made.output
                return result

        wrapped = observed
    return wraps(plain)(wrapped)


def _unobserved(*_: Any) -> Observation | None:
    return None


@complain.never_raises(_unobserved)
def _begin(
    function: Any, name: str, kind: str, takes: bool, args: Any, kwargs: Any
) -> Observation | None:
    if current.get() is None and default_client() is None:
        return None
    # As it is now: the function may change what it was given.
    given = to_json(_arguments(function, args, kwargs)) if takes else None
    return begin_observation(name, kind, given)


def begin_observation(name: str, kind: str, given: Any) -> Observation | None:
    """A `span`, `generation` or `embedding` in what is observed around it, else in a trace of its
    own: a span is that trace itself. None where there is no client."""
    around = current.get()
    client = default_client()
    if around is not None:
        return _child(around, name, kind, given)
    if client is None:
        return None
    if kind == "span":
        return client.trace(name, input=given)
    trace = client.trace(name)
    made = _child(trace, name, kind, given)
    made.around = trace
    return made


def _child(around: Observation, name: str, kind: str, given: Any) -> Observation:
    match kind:
        case "generation":
            return around.generation(name, input=given)
        case "embedding":
            return around.embedding(name, input=given)
        case _:
            return around.span(name, input=given)


def _arguments(function: Any, args: Any, kwargs: Any) -> dict[str, Any] | None:
    """What it is called with, defaults among it; without `self` and `cls`."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {"args": list(args), "kwargs": dict(kwargs)}
    bound.apply_defaults()
    return {k: v for k, v in bound.arguments.items() if k not in ("self", "cls")}


def _inside(made: Observation | None, forward: Callable[[], Any]) -> Any:
    if made is None:
        return forward()
    with made.as_current():
        return forward()


async def _step(made: Observation | None, forward: Callable[[], Any]) -> Any:
    if made is None:
        return await forward()
    with made.as_current():
        return await forward()


def _fail(made: Observation | None, error: BaseException) -> None:
    if made is not None:
        made.fail(error)


def _end(made: Observation | None, output: Any) -> None:
    if made is not None:
        made.end(output)
