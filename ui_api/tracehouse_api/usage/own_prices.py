"""A workspace's own prices: what a model costs here, for a project or for all, in a range of days.

Cost is not stored, so a price that is set, changed or removed counts at once for every call that it
is about, past ones too: that is how a range is priced anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Column, Float, MetaData, String, Table, delete, insert, select

from tracehouse_api.meta.database import Meta
from tracehouse_api.usage.prices import Rates
from tracehouse_api.usage.pricing import OwnPrice, Pricing

Row = dict[str, Any]

_MTOK = 1e6
_AMOUNTS = (
    "input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok",
)  # fmt: skip
_DEFAULTS = {
    "cache_read_mtok": "input_mtok",
    "cache_write_mtok": "input_mtok",
    "cache_write_1h_mtok": "cache_write_mtok",
}
_prices = Table(
    "prices", MetaData(),
    Column("workspace", String(200), primary_key=True), Column("id", String(40), primary_key=True),
    Column("project", String(200)), Column("model", String(500)),
    Column("first_day", String(10)), Column("end_day", String(10)),
    *(Column(name, Float) for name in _AMOUNTS),
)  # fmt: skip


class OwnPrices:
    """The prices of one workspace."""

    def __init__(self, meta: Meta, workspace: str) -> None:
        self._meta = meta
        self._workspace = workspace

    def put(self, given: Mapping[str, Any]) -> Row:
        """Set a price: `{model, project?, from?, to?, input_mtok, output_mtok, cache_read_mtok?,
        cache_write_mtok?, cache_write_1h_mtok?}`. `model` may hold `*`; days are ISO 8601, `to`
        exclusive; amounts are USD per million tokens: those of the cache by default as the input's,
        of what stays there for an hour as of what is written. The same model, project and `from`
        again replaces. Raises ValueError."""
        model, project = _text(given, "model"), _text(given, "project")
        if not model:
            raise ValueError("model: it is required")
        first, end = _day(given, "from"), _day(given, "to")
        if end and end <= first:
            raise ValueError("to: it must be after from")
        said = {name: _amount(given, name) for name in _AMOUNTS[:2]}
        for name, default in _DEFAULTS.items():
            said[name] = _amount(given, name) if given.get(name) is not None else said[default]
        identity = hashlib.sha256(f"{project}\0{model}\0{first}".encode()).hexdigest()[:16]
        with self._meta.begin() as connection:
            connection.execute(delete(_prices).where(*self._is(identity)))
            connection.execute(
                insert(_prices).values(
                    workspace=self._workspace, id=identity, project=project, model=model,
                    first_day=first, end_day=end, **said,
                )
            )  # fmt: skip
        return {
            "id": identity, "model": model, "project": project or None, "from": first or None,
            "to": end or None, **said,
        }  # fmt: skip

    def list(self) -> list[Row]:
        """All of them, by model."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(_prices)
                .where(_prices.c.workspace == self._workspace)
                .order_by(_prices.c.model, _prices.c.project, _prices.c.first_day)
            ).mappings().all()  # fmt: skip
        return [
            {
                "id": row["id"], "model": row["model"], "project": row["project"] or None,
                "from": row["first_day"] or None, "to": row["end_day"] or None,
                **{name: row[name] for name in _AMOUNTS},
            }
            for row in found
        ]  # fmt: skip

    def delete(self, identity: str) -> bool:
        """Remove a price; whether it was there."""
        with self._meta.begin() as connection:
            return connection.execute(delete(_prices).where(*self._is(identity))).rowcount > 0

    def pricing(self) -> Pricing:
        """What calls cost by these prices and the list."""
        return Pricing(
            tuple(
                OwnPrice(
                    row["model"], row["project"] or "",
                    date.fromisoformat(row["from"]) if row["from"] else date.min,
                    date.fromisoformat(row["to"]) if row["to"] else date.max,
                    Rates(*(row[name] / _MTOK for name in _AMOUNTS)),
                )
                for row in self.list()
            )
        )  # fmt: skip

    def _is(self, identity: str) -> tuple[Any, Any]:
        return _prices.c.workspace == self._workspace, _prices.c.id == identity


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError(f"{name}: it must be a text of at most 200 characters")
    return value


def _day(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ValueError(f"{name}: it must be a day, as in 2026-11-01") from None


def _amount(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name}: give USD per million tokens")
    if not 0 <= value < 1e9:  # neither NaN nor an infinity is
        raise ValueError(f"{name}: it must be a number from 0 on")
    return float(value)
