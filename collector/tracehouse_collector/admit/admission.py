"""The one door: who is it, can it be read, is it on disk; then the answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Callable, Mapping

import xxhash
from google.protobuf.message import Message

from tracehouse_collector.admit.otlp import count, parse, response
from tracehouse_collector.admit.otlp_json import parse_json
from tracehouse_collector.admit.refusal import (
    FORBIDDEN,
    FULL,
    INTERNAL,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Refusal,
)
from tracehouse_collector.keys import Keys, Principal
from tracehouse_collector.spool.group_commit import GroupCommit
from tracehouse_collector.spool.segments import SpoolFull
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal, encode

_RETRY_SECONDS = 5.0
# Some parts cost a byte to send and kilobytes to load.
MAX_PARTS = 200_000
# Above this a parse is long enough to be felt by other requests, and moves to a thread.
_INLINE_BYTES = 1 << 20


def credential(authorization: str | None, api_key: str | None) -> str | None:
    """The key in `Authorization: Bearer`, `Authorization: Basic` (the password) or `x-api-key`."""
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        try:
            _, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return password or None
    return (api_key or "").strip() or None


def authenticate(
    keys: Keys, authorization: str | None, api_key: str | None, *, scope: str
) -> Principal:
    """Who sends this. Raises Refusal: no key, an unknown key, or a key without the scope."""
    key = credential(authorization, api_key)
    if key is None:
        raise Refusal(
            UNAUTHENTICATED,
            "no API key: send it as 'Authorization: Bearer ba_…', as the password of "
            "'Authorization: Basic', or as 'x-api-key'",
        )
    principal = keys.principal(key)
    if principal is None:
        raise Refusal(UNAUTHENTICATED, "this API key is not known here, or was revoked")
    if scope not in principal.scopes:
        raise Refusal(FORBIDDEN, f"this API key has no '{scope}' scope")
    return principal


class Admission:
    """Accepts OTLP requests: what `admit` returns for is on disk."""

    def __init__(
        self,
        keys: Keys,
        spools: Mapping[Signal, GroupCommit],
        telemetry: Telemetry,
        *,
        max_request_bytes: int,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._keys = keys
        self._spools = spools
        self._telemetry = telemetry
        self._now_ns = now_ns
        self.max_request_bytes = max_request_bytes
        self.closing = False

    def authenticate(self, authorization: str | None, api_key: str | None) -> Principal:
        """Who sends this, allowed to send. Raises Refusal."""
        principal = authenticate(self._keys, authorization, api_key, scope="ingest")
        if principal.allowance is not None:
            principal.allowance.check()  # before a body is read that would be refused
        return principal

    async def admit_protobuf(self, principal: Principal, signal: Signal, payload: bytes) -> Message:
        """Store a Protobuf request; the response to send. Raises Refusal."""
        message = await _off_loop_if_large(parse, signal, payload)
        return await self._store(principal, signal, payload, message)

    async def admit_json(self, principal: Principal, signal: Signal, body: bytes) -> Message:
        """Store an OTLP/JSON request as the Protobuf it stands for. Raises Refusal."""
        message = await _off_loop_if_large(parse_json, signal, body)
        return await self._store(principal, signal, message.SerializeToString(), message)

    async def _store(
        self, principal: Principal, signal: Signal, payload: bytes, message: Message
    ) -> Message:
        if self.closing:
            raise Refusal(UNAVAILABLE, "the server is shutting down", retry_after=_RETRY_SECONDS)
        counted = count(signal, message)
        if counted.parts > MAX_PARTS:
            raise Refusal(
                TOO_LARGE,
                f"the request has {counted.parts} resources, scopes and rows, and {MAX_PARTS} is "
                "the most: send smaller batches",
            )
        if counted.parts:
            record = encode(
                signal,
                payload,
                workspace=principal.workspace,
                received_ns=self._now_ns(),
                request_id=xxhash.xxh3_64_intdigest(payload),
                project=principal.project,
            )
            await self.count(principal, len(payload))
            try:
                await self._spools[signal].append(record)
            except (SpoolFull, OSError) as error:
                if principal.allowance is not None:
                    principal.allowance.give_back(len(payload))
                raise _not_now(error) from error
        self._telemetry.accepted(signal, len(payload), counted.rejected)
        return response(signal, counted.rejected)

    async def count(self, principal: Principal, size: int) -> None:
        """Count what an anonymous session sends. Raises Refusal when it is too much."""
        if principal.allowance is not None:
            await asyncio.to_thread(principal.allowance.take, size)

    def refused(self, signal: Signal, error: Exception) -> Refusal:
        """Count what was not accepted, and give it the form of a refusal."""
        refusal = (
            error
            if isinstance(error, Refusal)
            else Refusal(INTERNAL, "the server failed; it logged why")
        )
        self._telemetry.refused(signal, refusal.kind.http)
        return refusal


def _not_now(error: SpoolFull | OSError) -> Refusal:
    if isinstance(error, SpoolFull):
        return Refusal(FULL, str(error), retry_after=_RETRY_SECONDS)
    return Refusal(
        UNAVAILABLE,
        f"the spool cannot be written ({error.strerror}): try again",
        retry_after=_RETRY_SECONDS,
    )


async def _off_loop_if_large(
    read: Callable[[Signal, bytes], Message], signal: Signal, body: bytes
) -> Message:
    if len(body) <= _INLINE_BYTES:
        return read(signal, body)
    return await asyncio.to_thread(read, signal, body)
