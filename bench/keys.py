"""What it costs to know whose key a request shows: from memory, and from the database."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tracehouse_api.identity.api_keys import ApiKeys
from tracehouse_api.meta.database import Meta
from tracehouse_collector.admit.admission import authenticate


def measure() -> dict[str, float]:
    """Microseconds for each way, the median of 7 rounds; a plain look-up in a dict beside them."""
    with tempfile.TemporaryDirectory() as folder:
        meta = Meta("", Path(folder) / "meta.db")
        # Time stands still: what is remembered stays fresh.
        remembering, asking = ApiKeys(meta, lambda: 1e9), ApiKeys(meta, _leaping())
        key, _ = remembering.mint(workspace="w", user="", name="bench")
        header = f"Bearer {key}"
        plain = {key: object()}
        found = {
            "a dict": _median(lambda: plain.get(key), 100_000),
            "from memory": _median(
                lambda: authenticate(remembering, header, None, scope="ingest"), 20_000
            ),
            "from SQLite": _median(lambda: authenticate(asking, header, None, scope="ingest"), 300),
        }
        meta.close()
        return found


def _leaping() -> Callable[[], float]:
    """A clock that is past what is remembered at each look."""
    now = [1e9]

    def look() -> float:
        now[0] += 10
        return now[0]

    return look


def _median(call: Callable[[], object], times: int) -> float:
    rounds: list[float] = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(times):
            call()
        rounds.append((time.process_time() - begun) / times * 1e6)
    return sorted(rounds)[3]
