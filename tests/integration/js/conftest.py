"""A fresh machine for each test; the server is the module's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.node import NodeMachine, remove_modules
from tests.support.server import Server


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> NodeMachine:
    return NodeMachine(tmp_path, server)


@pytest.fixture(scope="module", autouse=True)
def package() -> Iterator[None]:
    yield
    remove_modules()
