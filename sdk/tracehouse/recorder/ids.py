"""Ids of spans: chosen where they are known beforehand, random otherwise."""

from __future__ import annotations

import hashlib
import platform
import random
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.sdk.trace.id_generator import IdGenerator

from tracehouse_semconv.ids import SpanIdentity

_TRACE_ID = re.compile("[0-9a-fA-F]{32}")
_system = random.SystemRandom()
_chosen: ContextVar[SpanIdentity | None] = ContextVar("tracehouse_chosen_ids", default=None)


def default_machine_id() -> str:
    """`<host name>-<system>` in lower case."""
    return f"{platform.node() or 'unknown'}-{platform.system() or 'unknown'}".lower()


def trace_number(given: str | None) -> tuple[int, str | None]:
    """The id of a trace by what its caller calls it: 32 hex digits as they are, any other text
    hashed, None at random; and the text, where it was hashed."""
    if given is None:
        return _system.getrandbits(128) or 1, None
    text = str(given)
    if _TRACE_ID.fullmatch(text) and int(text, 16):
        return int(text, 16), None
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:16], "big") or 1, text


@contextmanager
def chosen(ids: SpanIdentity) -> Generator[None]:
    """The next span started in this context gets these ids (the trace id if it has no parent)."""
    token = _chosen.set(ids)
    try:
        yield
    finally:
        _chosen.reset(token)


class ChosenIds(IdGenerator):
    """Ids that were chosen, and random ones otherwise.

    Its own random state, from the operating system: a program that seeds `random` for its training
    would otherwise give every run the same ids.
    """

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def generate_span_id(self) -> int:
        ids = _chosen.get()
        return ids.span_id if ids else self._random.getrandbits(64) or 1

    def generate_trace_id(self) -> int:
        ids = _chosen.get()
        return ids.trace_id if ids else self._random.getrandbits(128) or 1

    def is_trace_id_random(self) -> bool:
        return _chosen.get() is None
