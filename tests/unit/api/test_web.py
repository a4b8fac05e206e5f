"""The web UI's page is at the addresses that are pages, its files are kept for ever, and nothing
of the API is hidden behind it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tracehouse_api.web import PAGES, WebUi

ROUTES = Path(__file__).parents[3] / "ui_api/web/src/routes.ts"


async def _api(request: object) -> PlainTextResponse:
    return PlainTextResponse("the API")


async def _spent(request: object) -> PlainTextResponse:
    return PlainTextResponse("used", 401)


async def _nothing(request: object) -> PlainTextResponse:
    return PlainTextResponse("nothing is there", 404)


def client(static: Path, *, oidc: bool = False) -> TestClient:
    api = Starlette(
        routes=[
            Route("/auth/link", _spent),
            Route("/{path:path}gone", _nothing, methods=["GET", "POST"]),
            Route("/{path:path}", _api, methods=["GET", "POST"]),
        ]
    )
    return TestClient(WebUi(api, static=static, oidc=oidc), follow_redirects=False)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<meta name="sign-in" content="" />the page')
    (tmp_path / "assets/a-1.js").write_text("plain")
    (tmp_path / "assets/a-1.js.gz").write_bytes(gzip.compress(b"packed"))
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/traces", "/traces/0af7", "/r/x?t=y", "/experiments/a/b"])
def test_a_page_is_answered_with_the_page(built: Path, path: str) -> None:
    answer = client(built).get(path)
    assert "the page" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["content-security-policy"]


def test_an_address_that_is_nothing_leads_a_person_to_the_page(built: Path) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = client(built).get("/gone", headers=browser)
    assert answer.status_code == 404
    assert "the page" in answer.text
    for path in ("/v1/gone", "/api/public/gone", "/assets/gone"):
        assert client(built).get(path, headers=browser).text == "nothing is there"
    assert client(built).get("/gone").text == "nothing is there"
    assert client(built).post("/gone", headers=browser).text == "nothing is there"


@pytest.mark.parametrize(
    "path",
    ["/v1/traces", "/api/public/health", "/auth/oidc/login", "/docs", "/metrics", "/health",
     "/ready", "/openapi.json", "/nothing", "/tracesx", "/assets/", "/assets/../index.html",
     "/assets/b.js"],
)  # fmt: skip
def test_everything_else_is_the_api(built: Path, path: str) -> None:
    assert client(built).get(path).text == "the API"


def test_what_is_posted_is_the_api(built: Path) -> None:
    assert client(built).post("/traces").text == "the API"


@pytest.mark.parametrize(
    ("accepted", "encoding", "text"),
    [("gzip, deflate", "gzip", "packed"), ("br", None, "plain"), ("", None, "plain")],
)
def test_a_file_comes_packed_where_it_can(
    built: Path, accepted: str, encoding: str | None, text: str
) -> None:
    answer = client(built).get("/assets/a-1.js", headers={"accept-encoding": accepted})
    assert answer.text == text
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_the_page_knows_how_one_may_sign_in(built: Path) -> None:
    assert 'content="password"' in client(built).get("/").text
    assert 'content="password oidc"' in client(built, oidc=True).get("/").text


def test_a_person_with_a_spent_link_is_led_to_the_page(built: Path) -> None:
    answer = client(built).get("/auth/link?token=x", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?link=used")
    assert client(built).get("/auth/link?token=x").status_code == 401


def test_a_server_without_a_build_says_what_to_do(tmp_path: Path) -> None:
    answer = client(tmp_path).get("/traces")
    assert answer.status_code == 503
    assert "make ui" in answer.text


def test_the_server_knows_every_page_of_the_ui() -> None:
    patterns = re.findall(r"pattern: /\^\\/([\w-]*)", ROUTES.read_text())
    assert set(patterns) - {""} == PAGES
