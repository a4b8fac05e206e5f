"""Errors as RFC 9457 problem details. What went wrong inside is logged and never sent."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any

import orjson
from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from tracehouse_collector.admit.refusal import Refusal
from tracehouse_collector.clickhouse.database import error_code

logger = logging.getLogger(__name__)

_TOO_LONG = frozenset((159, 160, 241, 394, 396))  # time, rows or memory ran out


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A problem document. `detail` says what to do."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return Response(
        orjson.dumps(body), status, headers=headers, media_type="application/problem+json"
    )


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        headers = dict[str, str]()
        if error.kind.http == 401:
            headers["www-authenticate"] = 'Bearer realm="tracehouse"'
        if error.retry_after is not None:
            headers["retry-after"] = str(math.ceil(error.retry_after))
        return problem(error.kind.http, error.message, headers)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = str(error.detail)
        if detail == "Not Found":
            detail = f"there is nothing at {request.url.path}: the routes are listed at /docs"
        return problem(error.status_code, detail, dict(error.headers or {}))

    async def bad_parameters(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [
            {
                "parameter": str(item["loc"][-1]),
                "detail": item["msg"].removeprefix("Value error, "),
            }
            for item in error.errors()
        ]
        detail = "; ".join(f"{e['parameter']}: {e['detail']}" for e in errors)
        return problem(422, detail, errors=errors)

    async def database_failed(request: Request, error: Exception) -> Response:
        if error_code(error) in _TOO_LONG:
            return problem(503, "the query took too much: narrow it by time or by a filter")
        logger.error("a query for %s failed", request.url.path, exc_info=error)
        return problem(503, "the database did not answer: try again", {"retry-after": "5"})

    async def cannot_be_kept(_: Request, error: Exception) -> Response:
        assert isinstance(error, DataError)
        return problem(422, f"the metadata database cannot keep this: {error.orig}"[:500])

    async def metadata_failed(request: Request, error: Exception) -> Response:
        logger.error("metadata for %s failed", request.url.path, exc_info=error)
        return problem(503, "the metadata database did not answer: try again", {"retry-after": "5"})

    async def failed(request: Request, error: Exception) -> Response:
        logger.error("a request for %s failed", request.url.path, exc_info=error)
        return problem(500, "the server failed; it logged why")

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, bad_parameters)
    app.add_exception_handler(ClickHouseError, database_failed)
    app.add_exception_handler(DataError, cannot_be_kept)
    app.add_exception_handler(OperationalError, metadata_failed)
    app.add_exception_handler(Exception, failed)
