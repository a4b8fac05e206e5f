"""Whatever the OpenAPI schema allows to be asked, and what it does not, is never a server error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.openapi.loaders import from_url

from tests.conformance.test_access import routes
from tests.support.server import Server

EXAMPLES = settings(max_examples=3, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("openapi"), "--anonymous") as started:
        yield started


@pytest.fixture(scope="module")
def operations(server: Server) -> list[Any]:
    schema = from_url(f"{server.http}/openapi.json", headers=server.headers)
    return [result.ok() for result in schema.get_all_operations()]


def is_stream(operation: Any) -> bool:
    """Whether its answer may last for minutes."""
    return operation.path.endswith("/live")


def test_the_schema_describes_every_route(operations: list[Any]) -> None:
    described = {(operation.method.upper(), operation.path) for operation in operations}
    undescribed = {path for _, path in set(routes(filled=False)) - described}
    assert undescribed == {"/auth/link", "/docs", "/docs/{file}", "/openapi.json"}


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_is_a_server_error(
    server: Server, operations: list[Any], mode: GenerationMode
) -> None:
    failed: list[str] = []
    for operation in operations:
        if is_stream(operation):
            continue

        @seed(1)
        @EXAMPLES
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call(headers=server.headers, timeout=30)
            if answer.status_code >= 500:
                failed.append(f"{answer.status_code} {case.as_curl_command()}\n  {answer.text}")

        with suppress(Unsatisfiable):  # there is nothing to get wrong in what takes nothing
            ask()
    assert failed == []
    assert "Traceback" not in server.log()
