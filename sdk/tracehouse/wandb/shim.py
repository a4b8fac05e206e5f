"""A folder that makes `import wandb` this package, for processes that nobody can edit.

    PYTHONPATH=$(tracehouse wandb-shim) python train.py

It holds a package `wandb`, which puts `tracehouse.wandb` in its own place, and the metadata that
libraries ask for. Children of a process inherit PYTHONPATH, so spawned ones are redirected, too.
"""

from __future__ import annotations

import os
from pathlib import Path

from tracehouse.settings import state_dir
from tracehouse.wandb.finder import VERSION

_PACKAGE = '''"""Stands for wandb; made by `tracehouse wandb-shim`."""

import sys

import tracehouse.wandb

sys.modules["wandb"] = tracehouse.wandb
'''


def make_shim(folder: Path | None = None) -> Path:
    """Write the folder, when it is not there as it should be; its path. Raises OSError."""
    root = folder or state_dir() / "wandb-shim"
    files = {
        "wandb/__init__.py": _PACKAGE,
        f"wandb-{VERSION}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: wandb\nVersion: {VERSION}\n"
        ),
        f"wandb-{VERSION}.dist-info/RECORD": "",
    }
    for name, content in files.items():
        path = root / name
        if not path.exists() or path.read_text() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            temporary.write_text(content)
            temporary.replace(path)
    return root
