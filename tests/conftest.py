"""Fixtures that every kind of test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before anything imports numpy: with a worker for each core, threads of BLAS and PyTorch would only
# wait for one another, here and in the programs that tests start.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import pytest
from hypothesis import settings

from tests.support.server import Server

# How fast something is, is measured in `bench/`: here a busy machine must not fail a test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an embedded ClickHouse, shared by the tests of one module."""
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, not started yet."""
    made = Server(tmp_path)
    try:
        yield made
    finally:
        made.__exit__()
