"""Errors as problem documents that say what to do, and nothing of the inside."""

from __future__ import annotations

from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import FastAPI, HTTPException, Query
from fastapi.testclient import TestClient

from tracehouse_api.problems import install
from tracehouse_collector.admit.refusal import FORBIDDEN, UNAUTHENTICATED, Refusal

ERRORS: dict[str, Exception] = {
    "unauthenticated": Refusal(UNAUTHENTICATED, "no API key"),
    "forbidden": Refusal(FORBIDDEN, "no scope"),
    "gone": HTTPException(404, "there is no such trace"),
    "database": ClickHouseError("secret"),
    "bug": RuntimeError("secret"),
}


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()
    install(app)

    @app.get("/fail/{how}")
    def fail(how: str, limit: int = Query(1, ge=1)) -> None:
        raise ERRORS[how]

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/fail/unauthenticated", 401, "no API key"),
        ("/fail/forbidden", 403, "no scope"),
        ("/fail/gone", 404, "there is no such trace"),
        ("/nowhere", 404, "there is nothing at /nowhere: the routes are listed at /docs"),
        ("/fail/database", 503, "the database did not answer: try again"),
        ("/fail/bug", 500, "the server failed; it logged why"),
    ],
)
def test_every_error_is_a_problem_document(
    client: TestClient, path: str, status: int, detail: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["detail"], body["type"]) == (status, detail, "about:blank")
    assert "secret" not in answer.text


def test_a_wrong_parameter_is_named(client: TestClient) -> None:
    answer = client.get("/fail/gone", params={"limit": 0})

    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == ["limit"]
    assert answer.json()["detail"].startswith("limit: ")


def test_headers_say_how_to_go_on(client: TestClient) -> None:
    assert client.get("/fail/unauthenticated").headers["www-authenticate"].startswith("Bearer")
    assert client.get("/fail/database").headers["retry-after"] == "5"
    assert "GET" in client.post("/fail/gone").headers["allow"]
