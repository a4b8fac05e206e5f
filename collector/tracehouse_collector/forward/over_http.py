"""Requests over HTTP, and what their answers mean by OTLP's rules for clients."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import urllib3
from urllib3.exceptions import HTTPError

from tracehouse_collector.forward.address import pool
from tracehouse_collector.load.loader import InsertFailed
from tracehouse_collector.load.verdict import Verdict
from tracehouse_collector.settings import Forward

_TIMEOUT = urllib3.Timeout(connect=5.0, read=30.0)
# What OTLP says may be retried, and what somebody has to mend over there: nothing is given up.
RETRY = frozenset((401, 403, 404, 408, 429, 502, 503, 504))
PROTOBUF, JSON = "application/x-protobuf", "application/json"


class OverHttp:
    """Posts to one destination."""

    def __init__(self, forward: Forward, *, retry: frozenset[int] = RETRY) -> None:
        self._retry = retry
        self._gzip = forward.gzip
        self._pool = pool(
            allow_private=forward.allow_private, timeout=_TIMEOUT, retries=False, maxsize=4
        )
        self._headers = dict(forward.headers)
        if forward.public_key:
            self._headers |= urllib3.make_headers(
                basic_auth=f"{forward.public_key}:{forward.secret_key.get_secret_value()}"
            )

    def send(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        signed: bool = True,
    ) -> bytes:
        """Send a request; the body of a good answer. Raises InsertFailed. Only one that is `signed`
        carries the destination's headers and keys."""
        own = self._headers if signed else {}
        sent = {**own, "content-type": content_type, **(headers or {})}
        if self._gzip and content_type == PROTOBUF:
            body = gzip.compress(body, 1)
            sent["content-encoding"] = "gzip"
        try:
            answer = self._pool.request(method, url, body=body, headers=sent, redirect=False)
        except ValueError as error:  # an address that a destination made up
            raise InsertFailed(Verdict.poison, f"{url} cannot be asked: {error}"[:500]) from error
        except HTTPError as error:
            raise InsertFailed(Verdict.retry, f"{url} is out of reach: {error}") from error
        if answer.status < 300:
            return answer.data
        said = answer.data[:500].decode("utf-8", "replace")
        message = f"{url} answered {answer.status}: {said}"
        wait = _seconds(answer.headers.get("retry-after"))
        if answer.status in self._retry:
            raise InsertFailed(Verdict.retry, message, wait=wait)
        # A 500 may be an outage, or what this one record does to the other side.
        verdict = Verdict.doubt if answer.status >= 500 else Verdict.poison
        raise InsertFailed(verdict, message, wait=wait)


def _seconds(retry_after: str | None) -> float:
    if not retry_after:
        return 0.0
    try:
        return float(retry_after)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
