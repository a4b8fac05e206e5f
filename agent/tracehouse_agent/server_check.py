"""Whether a server can be reached, lets a key in, and has the right time."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import urllib3

from tracehouse.recorder.transport import connections
from tracehouse.settings import Destination

_SECONDS = 5.0


@dataclass(frozen=True)
class ServerCheck:
    """`key_works` is None where that could not be told; `skew_seconds` is how far this machine's
    clock is ahead, to the second."""

    reachable: bool
    key_works: bool | None = None
    version: str = ""
    skew_seconds: float | None = None
    problem: str = ""


def check_server(destination: Destination) -> ServerCheck:
    """Sends an empty OTLP request, which asks for what the recorder needs. Raises nothing."""
    pool = connections(destination)
    headers = destination.request_headers()
    timeout = urllib3.Timeout(connect=_SECONDS, read=_SECONDS)
    try:
        began = time.time()
        answer = pool.request(
            "POST",
            destination.url("traces"),
            body=b"",
            headers=headers | {"Content-Type": "application/x-protobuf"},
            timeout=timeout,
            retries=False,
        )
        middle = (began + time.time()) / 2
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        return ServerCheck(False, problem=f"{destination.api_base}: {_reason(error)}")
    skew = _skew(answer.headers.get("Date"), middle)
    if answer.status in (401, 403):
        return ServerCheck(True, False, skew_seconds=skew, problem="the server refuses the key")
    if answer.status >= 300:
        problem = f"HTTP {answer.status} from {destination.url('traces')}"
        return ServerCheck(True, None, skew_seconds=skew, problem=problem)
    version = _version(pool, destination, headers, timeout)
    return ServerCheck(True, True, version, skew)


def _version(
    pool: urllib3.PoolManager,
    destination: Destination,
    headers: dict[str, str],
    timeout: urllib3.Timeout,
) -> str:
    """The server's version; '' where the key may not read, or the server is an older one."""
    url = f"{destination.api_base}/v1/stats"
    try:
        answer = pool.request("GET", url, headers=headers, timeout=timeout, retries=False)
        return str(json.loads(answer.data).get("version") or "") if answer.status == 200 else ""
    except (urllib3.exceptions.HTTPError, ValueError, AttributeError):
        return ""


def _skew(date: str | None, at: float) -> float | None:
    try:
        return at - (parsedate_to_datetime(date).timestamp() + 0.5) if date else None
    except (ValueError, TypeError):
        return None


def _reason(error: Exception) -> str:
    return f"it does not answer ({type(error).__name__})"
