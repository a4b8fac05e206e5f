"""A client that is wrapped, and unwrapped: nothing of it but what was put there is touched."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.sdk.agenttrace.conftest import Recorded
from tracehouse.agenttrace import AgentTrace
from tracehouse.agenttrace.integrations.anthropic import unwrap_anthropic, wrap_anthropic
from tracehouse.agenttrace.integrations.openai import unwrap_openai, wrap_openai

OPTIONS = SimpleNamespace(
    method="post", url="/chat/completions", json_data={"model": "m", "messages": []},
    extra_json=None,
)  # fmt: skip
CHUNKS = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in ("a", "b", "c")]


class Response:
    closed = 0

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class Stream:
    """As the clients' streams are: iterated, and closed by closing the response."""

    def __init__(self, fails: bool = False) -> None:
        self.response = Response()
        self._iterator = self._read(fails)

    def _read(self, fails: bool) -> Iterator[Any]:
        yield from CHUNKS
        if fails:
            self.response.close()
            raise ConnectionError("gone")

    def __next__(self) -> Any:
        return next(self._iterator)

    def __iter__(self) -> Iterator[Any]:
        yield from self._iterator


class AsyncStream(Stream):
    def __init__(self) -> None:
        super().__init__()
        self._iterator = self._later()

    async def _later(self) -> AsyncIterator[Any]:
        for chunk in CHUNKS:
            yield chunk

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in self._iterator:
            yield chunk


class Client:
    def request(self, cast_to: Any, options: Any, **more: Any) -> Any:
        return cast_to()

    def copy(self) -> Client:
        return type(self)()

    with_options = copy


class AsyncClient(Client):
    async def request(self, cast_to: Any, options: Any, **more: Any) -> Any:
        return cast_to()


def said(recorded: Recorded) -> list[tuple[str | None, bool]]:
    """What was recorded of each call: the answer, and whether it failed."""
    spans = [span for span in recorded.ended if span.parent is not None]
    return [
        ((span.attributes or {}).get("langfuse.observation.output"), not span.status.is_ok)
        for span in spans
    ]  # pyright: ignore[reportReturnType]


def answer(text: str) -> str:
    return f'{{"role":"assistant","content":"{text}"}}'


@pytest.mark.parametrize(
    ("wrap", "unwrap"), [(wrap_openai, unwrap_openai), (wrap_anthropic, unwrap_anthropic)]
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_was_wrapped_is_restored(kind: Any, wrap: Any, unwrap: Any) -> None:
    client, other = kind(), kind()
    client.own = 1
    assert wrap(wrap(client)) is client
    assert isinstance(client, kind)
    assert asyncio.iscoroutinefunction(client.request) == asyncio.iscoroutinefunction(kind.request)
    assert "request" in vars(client.copy())
    assert "request" in vars(client.with_options())
    assert vars(other) == {}
    assert unwrap(unwrap(client)) is client
    assert vars(client) == {"own": 1}


def test_a_client_that_is_dropped_is_gone() -> None:
    client = wrap_openai(Client())
    copy = weakref.ref(client.with_options())
    dropped = weakref.ref(client)
    del client
    gc.collect()
    assert (dropped(), copy()) == (None, None)


def test_what_another_put_there_since_stays() -> None:
    client = wrap_openai(Client())
    theirs = client.request = lambda *_, **__: 1  # type: ignore[method-assign]
    unwrap_openai(client)
    assert vars(client) == {"request": theirs}


@pytest.mark.parametrize("wrong", [None, Client, "openai", SimpleNamespace(request=print)])
def test_what_is_no_client_is_told(wrong: Any) -> None:
    with pytest.raises(TypeError, match="openai"):
        wrap_openai(wrong)


def test_a_call_without_a_client_of_agenttrace_is_only_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracehouse.agenttrace.client._Default.client", None)
    assert wrap_openai(Client()).request(lambda: 1, OPTIONS) == 1


def test_a_stream_that_is_read_closed_left_failed_or_dropped(
    recorded: Recorded, at: AgentTrace
) -> None:
    client = wrap_openai(Client())
    assert list(client.request(Stream, OPTIONS)) == CHUNKS
    stream = client.request(Stream, OPTIONS)
    next(stream)
    stream.response.close()
    assert stream.response.closed == 1
    assert list(stream) == CHUNKS[1:], "what reads on still gets it"
    for _ in client.request(Stream, OPTIONS):
        break
    with pytest.raises(ConnectionError):
        list(client.request(lambda: Stream(fails=True), OPTIONS))
    del stream
    client.request(Stream, OPTIONS)
    gc.collect()
    assert said(recorded) == [
        (answer("abc"), False), (answer("a"), False), (answer("a"), False), (answer("abc"), True),
        (None, False),
    ]  # fmt: skip


def test_an_asynchronous_stream_that_is_read_left_or_closed(
    recorded: Recorded, at: AgentTrace
) -> None:
    client = wrap_openai(AsyncClient())

    async def read() -> None:
        assert [chunk async for chunk in await client.request(AsyncStream, OPTIONS)] == CHUNKS
        async for _ in await client.request(AsyncStream, OPTIONS):
            break
        await asyncio.sleep(0)
        stream = await client.request(AsyncStream, OPTIONS)
        await anext(aiter(stream))
        await stream.response.aclose()

    asyncio.run(read())
    gc.collect()
    assert sorted(said(recorded)) == [
        (answer("a"), False), (answer("a"), False), (answer("abc"), False),
    ]  # fmt: skip


def test_what_the_recording_gets_wrong_is_not_the_programs_fault(
    recorded: Recorded, at: AgentTrace
) -> None:
    client = wrap_openai(Client())
    assert client.request(lambda: 5, OPTIONS) == 5
    assert client.request(lambda: {"choices": 7}, OPTIONS) == {"choices": 7}
    assert client.request(lambda: 1, object()) == 1
    assert len(said(recorded)) == 2
