"""Deterministic ids: the same session or run is the same trace, whoever says so.

The caller's key is not part of an id. It may change while a session lives, and it is not known
offline; rows of different workspaces are kept apart by the server.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanIdentity:
    """The ids of a span that is known before it starts."""

    trace_id: int
    span_id: int

    @property
    def trace_hex(self) -> str:
        """The trace id as 32 hex digits."""
        return f"{self.trace_id:032x}"


def session_identity(machine: str, session_id: str, run_id: str = "") -> SpanIdentity:
    """The root span of a chat trace; `run_id` is that of the run it is a rollout of."""
    return _identity("session", machine, run_id, session_id)


def run_identity(machine: str, client_run_id: str) -> SpanIdentity:
    """The span of a training run; its trace id is the run's id."""
    return _identity("run", machine, client_run_id)


def recorded_identity(agent: str, session_id: str, step: str = "") -> SpanIdentity:
    """A step of a session that is read from its agent's transcript; the trace's root when `step`
    is empty. The machine is not part of it: a transcript that was copied is the same session."""
    root = _identity("recorded", agent, session_id)
    if not step:
        return root
    return SpanIdentity(root.trace_id, _identity("recorded", agent, session_id, step).span_id)


def _identity(*parts: str) -> SpanIdentity:
    """SHA-256 over the parts, each ended by a zero byte: 16 bytes of trace id, 8 of span id."""
    content = b"".join(part.encode("utf-8", "replace") + b"\0" for part in parts)
    digest = hashlib.sha256(content).digest()
    return SpanIdentity(
        int.from_bytes(digest[:16], "big") or 1, int.from_bytes(digest[16:24], "big") or 1
    )
