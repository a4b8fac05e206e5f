"""OTLP over HTTP, as an ASGI application.

Answers as the OTLP specification asks: in the request's own content type, a `Status` for every
failure, `Retry-After` where the same request may succeed later. CORS is not its concern: a
middleware in front of all routes does that.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from google.protobuf.message import Message

from tracehouse_collector.admit.admission import Admission
from tracehouse_collector.admit.body import Body
from tracehouse_collector.admit.otlp_json import to_json
from tracehouse_collector.admit.refusal import TIMED_OUT, TOO_LARGE, UNSUPPORTED, Refusal
from tracehouse_collector.keys import Principal
from tracehouse_semconv.record import Signal

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SLASHES = re.compile("/{2,}")
# Langfuse's SDKs have a prefix of their own.
_PREFIXES = ("", "/api/public/otel")
_SIGNALS = {f"{prefix}/v1/{signal.name}": signal for prefix in _PREFIXES for signal in Signal}
_PROTOBUF, _JSON = b"application/x-protobuf", b"application/json"
_PROTOBUF_NAMES = (_PROTOBUF, b"application/protobuf")


class SessionDoor(Protocol):
    """Whoever else takes `POST /v1/traces`: an older client begins its sessions there."""

    async def __call__(
        self, principal: Principal, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Status and JSON answer."""
        ...


class _Disconnected(Exception):
    """The client left before its body was whole: there is nobody to answer."""


class OtlpHttp:
    """`POST /v1/traces`, `/v1/logs` and `/v1/metrics`."""

    def __init__(
        self,
        admission: Admission,
        *,
        body_timeout_seconds: float,
        sessions: SessionDoor | None = None,
    ) -> None:
        self._admission = admission
        self._body_timeout = body_timeout_seconds
        self._sessions = sessions

    @staticmethod
    def handles(scope: Scope) -> bool:
        """Whether this is an OTLP request; trailing and doubled slashes are forgiven."""
        return scope["type"] == "http" and scope["method"] == "POST" and _signal(scope) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        signal = _signal(scope)
        assert signal is not None, "ask handles() first"
        headers: dict[bytes, bytes] = dict(scope["headers"])
        content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        as_json = content_type == _JSON
        whole = False
        try:
            if not as_json and content_type not in _PROTOBUF_NAMES:
                raise Refusal(
                    UNSUPPORTED,
                    f"Content-Type {content_type.decode('latin-1')!r} is not supported: "
                    "send application/x-protobuf or application/json",
                )
            principal = self._admission.authenticate(
                _text(headers, b"authorization"), _text(headers, b"x-api-key")
            )
            body = await self._read(headers, receive)
            whole = True
            if self._sessions and as_json and signal is Signal.traces and _is_session(body):
                await self._admission.count(principal, len(body))
                named = {k.decode("latin-1"): v.decode("latin-1") for k, v in headers.items()}
                status, answer = await self._sessions(principal, named, body)
                await _send_body(send, status, answer, as_json=True)
                return
            admit = self._admission.admit_json if as_json else self._admission.admit_protobuf
            await _answer(send, 200, await admit(principal, signal, body), as_json=as_json)
        except _Disconnected:
            logger.debug("a client left while sending %s", signal.name)
        except Exception as error:
            if not isinstance(error, Refusal):
                logger.exception("a request for %s failed", signal.name)
            refusal = self._admission.refused(signal, error)
            await _answer(
                send,
                refusal.kind.http,
                refusal.status(),
                as_json=as_json,
                retry_after=refusal.retry_after,
                # The rest of a body that nobody will read would be taken for the next request.
                close=not whole,
            )

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        limit = self._admission.max_request_bytes
        body = Body(_text(headers, b"content-encoding") or "", limit)
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            raise Refusal(TOO_LARGE, f"the body is larger than {limit} bytes: send smaller batches")
        try:
            async with asyncio.timeout(self._body_timeout):
                more = True
                while more:
                    event = await receive()
                    if event["type"] == "http.disconnect":
                        raise _Disconnected
                    body.feed(event.get("body", b""))
                    more = event.get("more_body", False)
        except TimeoutError as error:
            raise Refusal(
                TIMED_OUT, f"the body was not sent within {self._body_timeout:g} s"
            ) from error
        return body.finish()


def _signal(scope: Scope) -> Signal | None:
    path: str = scope["path"]
    return _SIGNALS.get(path) or _SIGNALS.get(_SLASHES.sub("/", path).rstrip("/"))


def _is_session(body: bytes) -> bool:
    """Whether a JSON body is a session of the older client: it has a session id and no spans."""
    return b'"session_id"' in body and not any(
        key in body for key in (b'"resourceSpans"', b'"resource_spans"')
    )


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


async def _answer(
    send: Send,
    status: int,
    message: Message,
    *,
    as_json: bool,
    retry_after: float | None = None,
    close: bool = False,
) -> None:
    body = to_json(message) if as_json else message.SerializeToString()
    await _send_body(send, status, body, as_json=as_json, retry_after=retry_after, close=close)


async def _send_body(
    send: Send,
    status: int,
    body: bytes,
    *,
    as_json: bool,
    retry_after: float | None = None,
    close: bool = False,
) -> None:
    headers = [
        (b"content-type", _JSON if as_json else _PROTOBUF),
        (b"content-length", str(len(body)).encode()),
    ]
    if retry_after is not None:
        headers.append((b"retry-after", str(max(1, round(retry_after))).encode()))
    if close:
        headers.append((b"connection", b"close"))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="tracehouse"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
