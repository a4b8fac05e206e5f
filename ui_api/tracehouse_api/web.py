"""The web UI: its one page at the addresses that are pages, and the files that it loads.

`npm run build` in `ui_api/web` writes both into `static/`: an index, and files whose names change
with their content, beside each the same as br and gz. Which address shows what, the page decides
itself; here stands which addresses are its own, so that everything else goes on being an API.
"""

from __future__ import annotations

import html
import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

# The first word of an address that is a page; see `routes.ts`.
PAGES = frozenset((
    "traces", "diff", "t", "sessions", "runs", "r", "compare", "experiments", "usage", "profile",
    "first-steps", "claim", "prompts", "datasets", "scores", "sql", "subjects", "users", "devices",
    "forwarding",
))  # fmt: skip
_ASSETS = "/assets/"
_SIGN_IN_LINK = "/auth/link"
# Whoever opens these by hand wants to see what a program would.
_OF_THE_API = ("/v1/", "/api/", _ASSETS)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html"
)
_FOR_EVER = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_SIGN_IN = '<meta name="sign-in" content="" />'
_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>tracehouse</title></head><body>
<h1>The web UI is not built</h1>
<p>This server runs from its sources. <code>make ui</code> builds the UI (it brings its own Node
where there is none); load this page again afterwards. The API works meanwhile:
<a href="/docs">/docs</a>.</p>
</body></html>
"""


class WebUi:
    """In front of the API: answers what is the UI's, and passes on everything else."""

    def __init__(self, application: ASGIApp, *, oidc: bool = False, static: Path = STATIC) -> None:
        self._application = application
        self._static = static
        self._sign_in = "password oidc" if oidc else "password"
        self._names = _names_in(static)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope) if scope["type"] == "http" else None
        if answer is None and _is_opened_by_hand(scope):
            await self._lead(scope, receive, send)
        else:
            await (answer or self._application)(scope, receive, send)

    async def _lead(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An address that is nothing, or a link that signs in no more, leads a person to the page
        that says what to do."""
        refused = False

        async def led(message: Message) -> None:
            nonlocal refused
            status = message["status"] if message["type"] == "http.response.start" else 0
            if status == 404:
                refused = True
                await self._page(404)(scope, receive, send)
            elif status == 401 and scope["path"] == _SIGN_IN_LINK:
                refused = True
                await RedirectResponse("/?link=used", 303)(scope, receive, send)
            elif not refused:
                await send(message)

        await self._application(scope, receive, led)

    def _answer(self, scope: Scope) -> Response | None:
        if scope["method"] not in ("GET", "HEAD"):
            return None
        path: str = scope["path"]
        if path.startswith(_ASSETS):
            return self._asset(path.removeprefix(_ASSETS), Headers(scope=scope))
        if path == "/" or path.split("/")[1] in PAGES:
            return self._page()
        return None

    def _page(self, status: int = 200) -> Response:
        index = self._static / "index.html"
        if not index.exists():
            return HTMLResponse(_NOT_BUILT, 503)
        # What the page must know before anybody is signed in.
        told = f'<meta name="sign-in" content="{html.escape(self._sign_in)}" />'
        return HTMLResponse(
            index.read_text().replace(_SIGN_IN, told),
            status,
            headers={"content-security-policy": _POLICY, "cache-control": "no-cache"},
        )

    def _asset(self, name: str, headers: Headers) -> Response | None:
        if name not in self._names:
            # The files of a build that came while the server ran.
            self._names = _names_in(self._static)
            if name not in self._names:
                return None
        accepted = {
            part.split(";")[0].strip() for part in headers.get("accept-encoding", "").split(",")
        }
        encoding, suffix = next(
            ((e, s) for e, s in _ENCODINGS if e in accepted and name + s in self._names), ("", "")
        )
        answer = FileResponse(
            self._static / "assets" / (name + suffix),
            media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            headers={"cache-control": _FOR_EVER, "vary": "accept-encoding"},
        )
        if encoding:
            answer.headers["content-encoding"] = encoding
        return answer


def _is_opened_by_hand(scope: Scope) -> bool:
    """Whether a browser opens an address that is neither a page nor the API's."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["path"].startswith(_OF_THE_API)
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _names_in(static: Path) -> frozenset[str]:
    folder = static / "assets"
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()
