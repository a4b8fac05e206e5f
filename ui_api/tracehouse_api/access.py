"""Who asks: from a request's key to the rows they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from tracehouse_api.store import Store
from tracehouse_collector.admit.admission import authenticate
from tracehouse_collector.clickhouse.database import Database
from tracehouse_collector.collector import Collector
from tracehouse_collector.keys import Keys, Principal
from tracehouse_collector.telemetry import Telemetry

# Stands for `attribute.<key>` for any key, where a route takes such filters.
ATTRIBUTE_PREFIX = "attribute."


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


def known_parameters(request: Request) -> None:
    """A parameter that a route does not know is an error, not silence: a filter with a typing
    error would answer with everything. Raises RequestValidationError."""
    route = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params}
    any_attribute = ATTRIBUTE_PREFIX in known
    unknown = [
        name
        for name in request.query_params
        if name not in known and not (any_attribute and name.startswith(ATTRIBUTE_PREFIX))
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
    return Store(house(request).database, reader.workspace)


TheHouse = Annotated[House, Depends(house)]
Reader = Annotated[Principal, Depends(principal)]
Rows = Annotated[Store, Depends(store)]
