"""Reading a table newest first, a page at a time.

`LIMIT 1 BY` would keep ClickHouse from stopping at the limit: it then reads everything. So the rows
that a merge has not yet made one are told apart here, and what they take from a page is read after
it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

Row = dict[str, Any]

_LARGEST_BATCH = 10_000


def distinct_rows(
    read: Callable[[Row | None, int], list[Row]],
    identity: Callable[[Row], Hashable],
    count: int,
    *,
    keep: Callable[[list[Row]], list[Row]] = lambda batch: batch,
) -> list[Row]:
    """The first `count` rows that differ in `identity`, fewer when there are no more.

    `read(after, size)` gives at most `size` rows, those that follow the row `after` in their order
    and do not equal it. `keep` says which of them count.
    """
    found: dict[Hashable, Row] = {}
    after: Row | None = None
    size = count
    while True:
        batch = read(after, size)
        for row in keep(batch):
            found.setdefault(identity(row), row)
        if len(found) >= count or len(batch) < size:
            return list(found.values())[:count]
        after = batch[-1]
        size = min(2 * size, _LARGEST_BATCH)
