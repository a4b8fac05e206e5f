"""No door is open without a key but those of health and of signing in: every route, by listing."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

import grpc
import httpx
import pytest

from tests.conformance.transports import JSON, PROTOBUF, call
from tests.support.keys import add_key
from tests.support.server import Server
from tracehouse_api.access import House
from tracehouse_api.app import create_api
from tracehouse_collector.admit.otlp import EXCHANGES
from tracehouse_collector.keys import generate_key

# Langfuse's SDKs ask for its health without a key.
OPEN = {
    ("GET", "/health"),
    ("GET", "/api/public/health"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/page"),
    ("GET", "/auth/link"),
    ("POST", "/v1/anon/session"),
}
# What a person must do who is signed in: a key may not.
PERSONAL = {
    ("POST", "/v1/auth/logout"),
    ("PATCH", "/v1/account"),
    ("PUT", "/v1/account/password"),
    ("POST", "/v1/workspaces"),
    ("POST", "/v1/claim"),
}
# What reads, although it is posted.
READING_POSTS = {("POST", "/v1/sql")}
UNKNOWN_KEY = generate_key()


def routes(*, filled: bool = True) -> list[tuple[str, str]]:
    """(method, path) of everything the application routes, with parameters `filled` in."""
    api = create_api(cast("House", None))
    found = {
        (method, path)
        for path, methods in _walk(api.routes)
        for method in methods
        if method != "HEAD"
    }
    described = api.openapi()["paths"].items()
    plain = {(method, re.sub(r"{(\w+):\w+}", r"{\1}", path)) for method, path in found}
    assert plain >= {(method.upper(), path) for path, item in described for method in item}
    if not filled:
        return sorted(plain)
    return sorted((method, re.sub(r"{\w+}", "0" * 32, path)) for method, path in plain)


def _walk(candidates: Iterable[Any]) -> Iterator[tuple[str, set[str]]]:
    for candidate in candidates:
        if (inside := getattr(candidate, "effective_candidates", None)) is not None:
            yield from _walk(inside())  # an included router keeps its own list
        else:
            yield candidate.path, set(candidate.methods or {"GET"})


GUARDED = [route for route in routes() if route not in OPEN]
# Addresses that are given out to one who has a key, and are used without it for an hour.
TOKENED = {
    ("PUT", f"/api/public/media/upload/{'0' * 32}"),
    ("GET", f"/api/public/media/download/{'0' * 32}"),
}
OTLP = [("POST", f"/v1/{signal.name}") for signal in EXCHANGES]


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def bad_credentials(key: str) -> dict[str, dict[str, str]]:
    """Headers that let nobody in. `key` is valid, and used as nobody may use it."""
    return {
        "no key": {},
        "an empty key": {"x-api-key": ""},
        "an empty Bearer": {"authorization": "Bearer"},
        "a malformed key": {"x-api-key": "ba_short"},
        "a word": {"authorization": "Bearer admin"},
        "a key with a wrong checksum": {"x-api-key": key[:-1] + ("0" if key[-1] != "0" else "1")},
        "a key cut short": {"x-api-key": key[:-1]},
        "a key with something behind it": {"x-api-key": key + "x"},
        "the key in capitals": {"x-api-key": key.upper()},
        "a well-formed, unknown key": {"x-api-key": UNKNOWN_KEY},
        "an unknown Bearer": {"authorization": f"Bearer {UNKNOWN_KEY}"},
        "an unknown password": {"authorization": basic(f"user:{UNKNOWN_KEY}")},
        "the key as the user of Basic": {"authorization": basic(f"{key}:")},
        "Basic that is not base64": {"authorization": f"Basic {key}"},
        "a wrong scheme": {"authorization": f"Digest {key}"},
        "another wrong scheme": {"authorization": f"Token {key}"},
        "no scheme": {"authorization": key},
        "two keys in one": {"authorization": f"Bearer {key} {key}"},
        "a key of four kilobytes": {"x-api-key": "ba_" + "a" * 4096},
        "a pattern": {"x-api-key": "ba_%"},
    }


CREDENTIALS = pytest.mark.parametrize("credential", bad_credentials("ba_x"))


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.http, timeout=30) as opened:
        yield opened


def test_the_listing_is_not_empty() -> None:
    assert ("GET", "/v1/traces") in GUARDED
    assert ("GET", "/metrics") in GUARDED
    assert ("GET", "/openapi.json") in GUARDED
    assert len(OTLP) == 3


@CREDENTIALS
def test_every_route_answers_401(server: Server, client: httpx.Client, credential: str) -> None:
    headers = bad_credentials(server.key)[credential]
    for method, path in GUARDED:
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 401, f"{method} {path}"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["detail"]
        assert server.key not in answer.text


@CREDENTIALS
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_every_otlp_path_answers_401(
    server: Server, client: httpx.Client, credential: str, content_type: str
) -> None:
    headers = bad_credentials(server.key)[credential] | {"content-type": content_type}
    for method, path in OTLP:
        for variant in (path, f"{path}/", f"/{path}"):
            answer = client.request(method, f"{server.http}{variant}", headers=headers)
            assert answer.status_code == 401, variant
            assert server.key.encode() not in answer.content


@CREDENTIALS
def test_every_grpc_method_answers_unauthenticated(server: Server, credential: str) -> None:
    metadata = list(bad_credentials(server.key)[credential].items())
    for exchange in EXCHANGES.values():
        answer = call(server, exchange.rpc, b"", metadata=metadata)
        assert answer.code is grpc.StatusCode.UNAUTHENTICATED
        assert server.key not in answer.details


def test_an_address_with_a_token_of_its_own_takes_no_key_instead(
    server: Server, client: httpx.Client
) -> None:
    for method, path in TOKENED:
        assert client.request(method, path, headers=server.headers).status_code == 401, path


def test_no_key_does_what_only_a_person_may(server: Server, client: httpx.Client) -> None:
    for method, path in PERSONAL:
        answer = client.request(method, path, headers=server.headers)
        assert answer.status_code == 401, path
        assert "sign in" in answer.json()["detail"]


@pytest.mark.parametrize("fault", ["/v1/spans?limit=-1", "/v1/traces/zzz", "/v1/metrics/series"])
def test_who_has_no_key_learns_nothing_about_parameters(client: httpx.Client, fault: str) -> None:
    assert client.get(fault).status_code == 401


def test_health_is_open_and_says_nothing_else(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_key_opens_every_route(server: Server, client: httpx.Client) -> None:
    assert set(GUARDED) > TOKENED | PERSONAL
    for method, path in set(GUARDED) - TOKENED - PERSONAL:
        bound = {"seconds": 0} if path.endswith("/live") else None  # else it lasts for minutes
        answer = client.request(method, path, params=bound, headers=server.headers)
        assert answer.status_code not in (401, 403), f"{method} {path}"


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1", "/v1/nothing", "/admin", "/.env", "/v1/../etc"]
)
def test_an_unknown_path_is_404_and_tells_nothing(
    server: Server, client: httpx.Client, path: str
) -> None:
    without, with_key = client.get(path), client.get(path, headers=server.headers)
    assert without.status_code == with_key.status_code == 404
    assert without.content == with_key.content
    assert server.key not in without.text
    assert str(server.data_dir) not in without.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
def test_other_methods_change_and_tell_nothing(client: httpx.Client, method: str) -> None:
    for _, path in GUARDED:
        assert client.request(method, path).status_code in (401, 404, 405), path


def test_a_key_without_the_scope_is_403(server: Server, client: httpx.Client) -> None:
    sender, reader = add_key(server, scopes=["ingest"]), add_key(server, scopes=["read"])
    for method, path in set(GUARDED) - TOKENED - PERSONAL:
        reads = method == "GET" or (method, path) in READING_POSTS
        powerless = sender if reads else reader
        answer = client.request(method, path, headers={"x-api-key": powerless})
        assert answer.status_code == 403, f"{method} {path}"
    for method, path in OTLP:
        headers = {"x-api-key": reader, "content-type": PROTOBUF}
        assert client.request(method, path, headers=headers).status_code == 403
    for exchange in EXCHANGES.values():
        answer = call(server, exchange.rpc, b"", metadata=[("x-api-key", reader)])
        assert answer.code is grpc.StatusCode.PERMISSION_DENIED


def test_no_key_is_ever_logged(server: Server) -> None:
    log = server.log()
    assert server.key not in log
    assert UNKNOWN_KEY not in log
