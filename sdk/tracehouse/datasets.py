"""Datasets: examples to try an agent on, kept on the server in versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tracehouse.api_client import ApiClient

_PAGE = 1000


@dataclass(frozen=True)
class DatasetItem:
    """An example. `expected_output` is None where nothing certain is expected; `id` is None where
    the item is not on a server."""

    input: Any
    expected_output: Any = None
    metadata: Any = None
    id: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> DatasetItem:
        """From a mapping with these names. Raises KeyError without `input`."""
        return cls(
            given["input"], given.get("expected_output"), given.get("metadata"), given.get("id")
        )


class Dataset:
    """A dataset as it was when it was read: iterate over its items, or take its length."""

    def __init__(self, name: str, items: Iterable[DatasetItem], description: str | None) -> None:
        self.name = name
        self.description = description
        self.items = list(items)

    def __iter__(self) -> Iterator[DatasetItem]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self.items)} items)"

    def add(self, *items: Mapping[str, Any]) -> None:
        """Add items: `{input, expected_output?, metadata?, id?}`. One with a known id is changed.
        Raises ApiError."""
        made = ApiClient().post(f"{_path(self.name)}/items", {"items": [dict(i) for i in items]})
        changed = {item["id"]: DatasetItem.of(item) for item in made["items"]}
        kept = [item for item in self.items if item.id not in changed]
        self.items = [*kept, *changed.values()]


def create_dataset(
    name: str,
    items: Iterable[Mapping[str, Any]] = (),
    *,
    description: str | None = None,
    metadata: Any = None,
) -> Dataset:
    """Make a dataset, or add to the one of that name: `items` are `{input, expected_output?,
    metadata?, id?}`. Raises ApiError."""
    given = {"name": name, "description": description, "metadata": metadata}
    ApiClient().post("/v1/datasets", given | {"items": [dict(item) for item in items]})
    return get_dataset(name)


def get_dataset(name: str, *, at: str | None = None) -> Dataset:
    """A dataset with its items, the oldest first; as it was at a time (ISO 8601), or as it is now.
    Raises ApiError."""
    client = ApiClient()
    found = client.get(_path(name))
    items: list[DatasetItem] = []
    page, total = 1, 1
    while len(items) < total:
        answer = client.get(f"{_path(name)}/items", at=at, page=page, limit=_PAGE)
        items += map(DatasetItem.of, answer["items"])
        total = answer["total"] if answer["items"] else len(items)
        page += 1
    return Dataset(name, reversed(items), found["description"])


def _path(name: str) -> str:
    return f"/v1/datasets/{quote(name, safe='')}"
