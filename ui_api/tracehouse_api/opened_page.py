"""The page that somebody had opened who had to sign in first: there they land afterwards.

It is kept in a cookie: signed, HttpOnly, for ten minutes, sent to the addresses of signing in
alone. So what the page's address holds, the token of a claim for one, reaches no provider, and
stands in no other address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tracehouse_api.meta.secret import BadToken, sign, unsign
from tracehouse_api.web import PAGES

if TYPE_CHECKING:
    from tracehouse_api.access import House

_COOKIE = "tracehouse_opened"
_PATH = "/auth"
_PURPOSE = "opened page"
_SECONDS = 600
_LONGEST = 2000
# A path of ours, by its first word: no other site's, however a browser reads it.
_PAGE = re.compile(r"/(?P<word>[a-z-]+)(?:[/?#][!-\[\]-~]*)?")


def remember_page(answer: Response, house: House, request: Request, page: str) -> None:
    """Let the browser keep which page it is, a path with its parameters. Raises ValueError for
    what is no page of the web UI."""
    match = _PAGE.fullmatch(page)
    if match is None or match["word"] not in PAGES or len(page) > _LONGEST:
        raise ValueError(f"page: give the path of a page, of at most {_LONGEST} characters")
    public = house.settings.public_url or str(request.base_url)
    answer.set_cookie(
        _COOKIE,
        sign(house.meta, _PURPOSE, page),
        max_age=_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=public.startswith("https:"),
    )


def forget_page(answer: Response) -> None:
    """Somebody is signed in and needs it no more."""
    answer.delete_cookie(_COOKIE, path=_PATH)


def back_to_page(house: House, request: Request) -> Response:
    """The answer that leads who signed in to the page that they had opened, else to the first."""
    try:
        page = unsign(house.meta, _PURPOSE, request.cookies.get(_COOKIE, ""), seconds=_SECONDS)
    except BadToken:
        page = "/"
    answer = RedirectResponse(page, 303)
    forget_page(answer)
    return answer
