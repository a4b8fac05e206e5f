"""A fresh machine for each test; the server is the module's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sdk import Machine
from tests.support.server import Server


@pytest.fixture
def machine(server: Server, tmp_path: Path) -> Machine:
    return Machine(tmp_path, server)
