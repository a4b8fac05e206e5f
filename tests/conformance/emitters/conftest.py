"""One server and one model for the clients of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.emitters.fake_model import FakeModel
from tests.conformance.emitters.running import World
from tests.support.server import Server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[World]:
    with FakeModel() as model:
        yield World(server, model, tmp_path_factory.mktemp("home"))
