"""A server, and programs that find it as Langfuse's SDKs look for theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.sdk import Machine
from tests.support.server import Server


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        keys = {
            "LANGFUSE_PUBLIC_KEY": "pk-lf-any",
            "LANGFUSE_SECRET_KEY": server.key,
            "LANGFUSE_HOST": server.http,
            "LANGFUSE_BASE_URL": server.http,
        }
        yield Machine(tmp_path_factory.mktemp("machine"), server, keys)
