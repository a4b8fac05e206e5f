"""Who asks: from a request's key to the rows they may see."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from tracehouse_api.blobs import Blobs
from tracehouse_api.langfuse.legacy import Legacy
from tracehouse_api.langfuse.remembered import Remembered
from tracehouse_api.meta.database import Meta
from tracehouse_api.recent import Recent
from tracehouse_api.store import Store
from tracehouse_api.usage.known_prices import KnownPrices
from tracehouse_collector.admit.admission import authenticate
from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.collector import Collector
from tracehouse_collector.keys import Keys, Principal
from tracehouse_collector.telemetry import Telemetry

# A parameter that ends in a dot stands for `<prefix>.<key>` with any key.
ATTRIBUTE_PREFIX = "attribute."


# Configurations that a sweep has given out, by workspace and sweep: their runs come later.
Suggested = dict[tuple[str, str], list[dict[str, Any]]]


@dataclass(frozen=True)
class House:
    """What the routes stand on. `collector` is None where another process collects."""

    database: Database
    keys: Keys
    telemetry: Telemetry
    collector: Collector | None
    blobs: Blobs
    meta: Meta
    recent: Recent = field(default_factory=Recent)
    suggested: Suggested = field(default_factory=dict[tuple[str, str], list[dict[str, Any]]])

    @cached_property
    def prices(self) -> KnownPrices:
        """What models cost, by workspace."""
        return KnownPrices(self.meta)

    @cached_property
    def legacy(self) -> Legacy:
        """Observations that come in pieces."""
        return Legacy(Remembered(self.meta))

    def rows(self, workspace: str) -> Store:
        """What a workspace has, and what its calls cost."""
        return Store(self.database, workspace, self.prices.of(workspace))

    @property
    def has_backlog(self) -> bool:
        """Whether something was acknowledged that cannot be queried yet."""
        return self.collector is not None and any(self.collector.backlog_bytes.values())

    def wait_until_loaded(self, seconds: float) -> None:
        """Return when there is no backlog, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while self.has_backlog and time.monotonic() < deadline:
            time.sleep(0.02)


def house(request: Request) -> House:
    return request.app.state.house


def principal(request: Request) -> Principal:
    """The holder of the request's key, allowed to read. Raises Refusal."""
    return _holder(request, "read")


def writer(request: Request) -> Principal:
    """The holder of the request's key, allowed to send. Raises Refusal."""
    return _holder(request, "ingest")


def _holder(request: Request, scope: str) -> Principal:
    return authenticate(
        house(request).keys,
        request.headers.get("authorization"),
        request.headers.get("x-api-key"),
        scope=scope,
    )


def known_parameters(request: Request) -> None:
    """A parameter that a route does not know is an error, not silence: a filter with a typing
    error would answer with everything. Raises RequestValidationError."""
    route = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params}
    prefixes = tuple(name for name in known if name.endswith("."))
    unknown = [
        name for name in request.query_params if name not in known and not name.startswith(prefixes)
    ]
    if unknown:
        raise RequestValidationError(
            [
                {
                    "loc": ("query", name),
                    "msg": f"there is no such parameter; known are {', '.join(sorted(known))}",
                    "type": "unknown_parameter",
                }
                for name in unknown
            ]
        )


def store(request: Request, reader: Annotated[Principal, Depends(principal)]) -> Store:
    return house(request).rows(reader.workspace)


TheHouse = Annotated[House, Depends(house)]
Reader = Annotated[Principal, Depends(principal)]
Writer = Annotated[Principal, Depends(writer)]
Rows = Annotated[Store, Depends(store)]
