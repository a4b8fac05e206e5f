"""The prices of workspaces, kept for as long as nobody would notice a change."""

from __future__ import annotations

import time

from tracehouse_api.meta.database import Meta
from tracehouse_api.usage.own_prices import OwnPrices
from tracehouse_api.usage.pricing import Pricing

_SECONDS = 2.0


class KnownPrices:
    """Prices by workspace, read anew every two seconds at most."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta
        self._known: dict[str, tuple[float, Pricing]] = {}

    def of(self, workspace: str) -> Pricing:
        """What calls cost in a workspace."""
        known = self._known.get(workspace)
        if known is None or time.monotonic() - known[0] > _SECONDS:
            known = (time.monotonic(), OwnPrices(self._meta, workspace).pricing())
            self._known[workspace] = known
        return known[1]

    def forget(self, workspace: str) -> None:
        """Read them anew next time."""
        self._known.pop(workspace, None)
