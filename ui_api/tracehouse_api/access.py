"""Who asks: from a request's key to the rows they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tracehouse_api.store import Store
from tracehouse_collector.admit.admission import authenticate
from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.collector import Collector
from tracehouse_collector.keys import Keys, Principal
from tracehouse_collector.telemetry import Telemetry


@dataclass(frozen=True)
class House:
    """What the routes stand on. `collector` is None where another process collects."""

    database: Database
    keys: Keys
    telemetry: Telemetry
    collector: Collector | None


def house(request: Request) -> House:
    return request.app.state.house


def principal(request: Request) -> Principal:
    """The holder of the request's key, allowed to read. Raises Refusal."""
    return authenticate(
        house(request).keys,
        request.headers.get("authorization"),
        request.headers.get("x-api-key"),
        scope="read",
    )


def store(request: Request, reader: Annotated[Principal, Depends(principal)]) -> Store:
    return Store(house(request).database, reader.workspace)


TheHouse = Annotated[House, Depends(house)]
Reader = Annotated[Principal, Depends(principal)]
Rows = Annotated[Store, Depends(store)]
