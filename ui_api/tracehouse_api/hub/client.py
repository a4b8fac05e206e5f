"""The Hub's own client, bounded in time, and what its errors mean to who asked.

The client by itself waits for ever for an answer, and sleeps for as long as a busy Hub says. Here
each question has so many seconds in all, and an answer that means "later" is passed on at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version

import httpx2
from fastapi import HTTPException
from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.errors import (
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import hf_raise_for_status
from huggingface_hub.utils.logging import set_verbosity_error

logger = logging.getLogger(__name__)

SECONDS = 25.0  # a client of the older SDK waits 30 for an answer
PROFILE = "PUT /v1/profile/hub_token"

_CONNECT_SECONDS = 5.0
_LATER = frozenset((408, 429, 500, 502, 503, 504))

_deadline: ContextVar[float | None] = ContextVar("_deadline", default=None)


class TooSlow(Exception):
    """The time for a question to the Hub is over."""


def api(endpoint: str, token: str) -> HfApi:
    """The Hub, as the holder of the token. The token of the server's own user is never taken."""
    assert token
    return HfApi(
        endpoint=endpoint,
        token=token,
        library_name="tracehouse",
        library_version=version("tracehouse"),
    )


@contextmanager
def asking(endpoint: str, *, repo: str = "", kind: str = "model") -> Generator[None]:
    """Questions to the Hub about a repository, together in `SECONDS`. What goes wrong is raised as
    an HTTPException that says what to do."""
    token = _deadline.set(time.monotonic() + SECONDS)
    try:
        yield
    except HfHubHTTPError as error:
        raise (_refused(error, repo, kind) or _not_the_hub(endpoint)) from error
    except OfflineModeIsEnabled as error:
        raise HTTPException(
            502, "HF_HUB_OFFLINE is set on this server: start it without, to push to the Hub"
        ) from error
    except (TooSlow, httpx2.TimeoutException) as error:
        raise HTTPException(
            504,
            f"the Hub ({endpoint}) did not answer in time: try again; what was pushed already is "
            "not pushed twice",
        ) from error
    except httpx2.HTTPError as error:
        raise HTTPException(
            502,
            f"the Hub ({endpoint}) is out of reach: try again, or have the server's setting "
            "hub_endpoint looked at",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        if str(error).startswith("Invalid metadata"):
            raise HTTPException(422, f"the Hub refuses the card: {error}"[:1000]) from error
        logger.warning("what the Hub answered was not understood", exc_info=error)
        raise _not_the_hub(endpoint) from error
    finally:
        _deadline.reset(token)


def _not_the_hub(endpoint: str) -> HTTPException:
    return HTTPException(
        502, f"what answers at {endpoint} is not the Hub: look at the setting hub_endpoint"
    )


def _refused(error: HfHubHTTPError, repo: str, kind: str) -> HTTPException | None:
    """What a refusal means; None where the Hub would not give it."""
    status, said = error.response.status_code, error.server_message or ""
    if status == 401:
        return HTTPException(
            403, f"the Hub does not take the saved token any more: save a new one ({PROFILE})"
        )
    if status == 403:
        return HTTPException(
            403,
            f"the saved token may not write to {repo}: save one with write access to it "
            f"({PROFILE}). {said}".rstrip(),
        )
    if isinstance(error, RevisionNotFoundError):
        return HTTPException(
            404, f"{repo} has no such branch: make it on the Hub, or link one that is there"
        )
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        if not repo:
            return None
        return HTTPException(
            404,
            f"the Hub has no {kind} repository {repo}, or the saved token may not see it: make it "
            'there, or push with "create": true, which makes a private one',
        )
    if status in (409, 412):
        return HTTPException(409, f"{repo} is being changed by somebody else: push again")
    if status == 429:
        wait = error.response.headers.get("retry-after", "")
        seconds = wait if wait.isdigit() else "60"
        return HTTPException(
            429, f"the Hub asks to wait: try again in {seconds} s", {"retry-after": seconds}
        )
    if status >= 500:
        return HTTPException(502, f"the Hub fails ({status}): try again later")
    return HTTPException(422, f"the Hub refuses this: {said or status}"[:1000])


def _client() -> httpx2.Client:
    return httpx2.Client(
        follow_redirects=True,
        event_hooks={"request": [_bounded], "response": [_not_later]},
    )


def _bounded(request: httpx2.Request) -> None:
    if constants.is_offline_mode():
        raise OfflineModeIsEnabled(str(request.url))
    # A large file is sent by a thread of the client's own, which has its seconds to itself.
    deadline = _deadline.get()
    left = SECONDS if deadline is None else deadline - time.monotonic()
    if left <= 0:
        raise TooSlow
    request.extensions["timeout"] = {
        "connect": min(left, _CONNECT_SECONDS), "read": left, "write": left, "pool": left,
    }  # fmt: skip


def _not_later(response: httpx2.Response) -> None:
    if response.status_code in _LATER:
        response.read()
        hf_raise_for_status(response)


set_client_factory(_client)
set_verbosity_error()  # it tells of retries and of what it leaves out
