"""A data folder as a first start leaves it, copied for each server of the tests.

Making tables takes a second of CPU, and hundreds of servers are started.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_MADE_FROM = (
    _ROOT / "collector/tracehouse_collector/schema",
    _ROOT / "collector/tracehouse_collector/clickhouse",
    _ROOT / "semconv/tracehouse_semconv",
    _ROOT / "ui_api/tracehouse_api/meta/migrations/versions",
    _ROOT / "ui_api/tracehouse_api/identity",
)


def copy_template(data_dir: Path, make: Callable[[Path], None]) -> None:
    """Fill a data folder; `make` starts a server in a folder that is given, and stops it. Done once
    for each state of what the tables are made from."""
    place = Path(tempfile.gettempdir()) / f"tracehouse-template-{_digest()}"
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "made").exists():
            shutil.rmtree(place / "home", ignore_errors=True)
            make(place / "home")
            (place / "made").touch()
    shutil.copytree(
        place / "home/data", data_dir, symlinks=True, ignore=shutil.ignore_patterns("lock")
    )
    data_dir.chmod(0o700)


def _digest() -> str:
    digest = hashlib.sha256()
    for folder in _MADE_FROM:
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".sql", ".jinja", ".py", ".proto"):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
