"""The generations of Langfuse's Python SDK, each in a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path

VERSIONS = {2: "2.60.10", 4: "4.18.0", 5: "5.0.4"}


def head(major: int) -> str:
    """What a program begins with that uses one of them, and checks that it does."""
    folder = Path(sys.prefix) / f"langfuse-{major}"
    return f"""
import sys; sys.path.insert(0, {str(folder)!r})
import langfuse
from importlib.metadata import distributions
(found,) = [d for d in distributions(path=[{str(folder)!r}]) if d.name == "langfuse"]
assert found.version == {VERSIONS[major]!r} and langfuse.__file__.startswith({str(folder)!r})
"""
