"""Streams that are watched: the same objects, whose pieces are noted as they pass.

A call ends with its stream: when it is read to its end, closed, left by a `break`, fails, or is
dropped. Putting the pieces together waits until then; a piece on its way costs an append.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tracehouse import complain
from tracehouse.agenttrace.integrations.endpoints import Answer, Endpoint
from tracehouse.agenttrace.observations import GenerationContext


class Call:
    """A call of a model, until its answer is there. What comes after its end changes nothing."""

    def __init__(self, generation: GenerationContext, endpoint: Endpoint) -> None:
        self._generation = generation
        self._endpoint = endpoint
        self._pieces: list[Any] = []
        self._last_at: int | None = None
        self._ending = threading.Lock()
        self._ended = False
        self.reading = False
        """Whether a piece is being read."""

    def saw(self, piece: Any) -> None:
        """Note a piece of the answer."""
        self._last_at = time.time_ns()
        if self._generation.first_token_at is None and self._endpoint.has_token(piece):
            self._generation.first_token_at = self._last_at
        self._pieces.append(piece)

    def answer(self, whole: Any) -> None:
        """End it with an answer that came at once."""
        self._end(whole, None)

    def end(self) -> None:
        """End it with the pieces that were seen, at the time of the last."""
        self._end(None, None)

    def fail(self, error: BaseException) -> None:
        """End it with what was raised."""
        self._end(None, error)

    @complain.never_raises(complain.nothing)
    def _end(self, whole: Any, error: BaseException | None) -> None:
        with self._ending:
            if self._ended:
                return
            self._ended = True
        try:
            self._read(whole)
        finally:
            if error is not None:
                self._generation.fail(error)
            self._generation.end(end_time=self._last_at if error is None else None)

    def _read(self, whole: Any) -> None:
        if whole is None and self._pieces:
            whole, self._pieces = self._endpoint.joined(self._pieces), []
        answer = self._endpoint.answered(whole) if whole is not None else Answer()
        made = self._generation
        made.output, made.usage, made.error = answer.output, answer.usage, answer.error
        made.response_model, made.response_id = answer.model, answer.id
        made.finish_reasons = answer.finish_reasons


def watch(stream: Any, call: Call) -> None:
    """Note what passes through a client's stream, and end the call with it."""
    source = stream._iterator
    if isinstance(source, (_Synchronous, _Asynchronous)):
        return
    if hasattr(source, "__anext__"):
        watched: Any = _Asynchronous(source, call)
        stream.response.aclose = _closing_later(stream.response, call)
    else:
        watched = _Synchronous(source, call)
        stream.response.close = _closing(stream.response, call)
    stream._iterator = watched
    # It is called for what is collected as garbage, and when the program ends.
    weakref.finalize(watched, call.end)


# A stream, and what the clients put around one, are closed by closing the response. Reading closes
# it too, at its end or when it fails, and then says itself what came of it.


def _closing(response: Any, call: Call) -> Any:
    known = weakref.ref(response)  # the response would hold itself

    def close() -> None:
        try:
            if (found := known()) is not None:
                type(found).close(found)
        finally:
            if not call.reading:
                call.end()

    return close


def _closing_later(response: Any, call: Call) -> Any:
    known = weakref.ref(response)

    async def close() -> None:
        try:
            if (found := known()) is not None:
                await type(found).aclose(found)
        finally:
            if not call.reading:
                call.end()

    return close


class _Synchronous:
    def __init__(self, source: Iterator[Any], call: Call) -> None:
        self._source = source
        self._call = call

    def __next__(self) -> Any:
        self._call.reading = True
        try:
            piece = next(self._source)
        except StopIteration:
            self._call.end()
            raise
        except BaseException as error:
            self._call.fail(error)
            raise
        finally:
            self._call.reading = False
        self._call.saw(piece)
        return piece

    def __iter__(self) -> Iterator[Any]:
        """A `for` over the stream, which ends the call when it is left."""
        return _Loop(self, self._call)


class _Loop:
    def __init__(self, watched: _Synchronous, call: Call) -> None:
        self._watched = watched
        self._call = call

    def __next__(self) -> Any:
        return next(self._watched)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __del__(self) -> None:
        self._call.end()


class _Asynchronous:
    def __init__(self, source: AsyncIterator[Any], call: Call) -> None:
        self._source = source
        self._call = call

    async def __anext__(self) -> Any:
        self._call.reading = True
        try:
            piece = await anext(self._source)
        except StopAsyncIteration:
            self._call.end()
            raise
        except BaseException as error:
            self._call.fail(error)
            raise
        finally:
            self._call.reading = False
        self._call.saw(piece)
        return piece

    def __aiter__(self) -> AsyncIterator[Any]:
        """An `async for` over the stream, which ends the call when it is left."""
        return _AsyncLoop(self, self._call)


class _AsyncLoop:
    def __init__(self, watched: _Asynchronous, call: Call) -> None:
        self._watched = watched
        self._call = call

    async def __anext__(self) -> Any:
        return await anext(self._watched)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    def __del__(self) -> None:
        self._call.end()
