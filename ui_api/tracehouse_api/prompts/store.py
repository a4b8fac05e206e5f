"""Prompts: a name has versions, counted from 1, that never change; labels point at versions.

A label is on one version of a name at most. `latest` is reserved: it is always the newest. Tags and
type belong to the name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import delete as sql_delete

from tracehouse_api.meta.database import Meta, Unknown

LATEST, PRODUCTION = "latest", "production"
_LABEL = re.compile(r"^[a-z0-9_.-]{1,100}$")
_LONGEST_NAME = 500
_LARGEST = 1 << 20
_DEEPEST = 5
# As Langfuse writes it: a prompt inside another.
_INCLUDED = re.compile(
    r"@@@langfusePrompt:name=(?P<name>[^|@]+)\|(?P<by>version|label)=(?P<which>[^|@]+)@@@"
)

_tables = MetaData()
_prompts = Table(
    "prompts", _tables,
    Column("workspace", String(200), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("type", String(10)), Column("tags", JSON), Column("updated_at", String(40)),
)  # fmt: skip
_versions = Table(
    "prompt_versions", _tables,
    Column("workspace", String(200), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("version", Integer, primary_key=True), Column("prompt", JSON), Column("config", JSON),
    Column("commit_message", Text), Column("created_at", String(40)),
)  # fmt: skip
_labels = Table(
    "prompt_labels", _tables,
    Column("workspace", String(200), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("label", String(100), primary_key=True), Column("version", Integer),
)  # fmt: skip


@dataclass(frozen=True)
class Prompt:
    """A version of a prompt. `prompt` is a text, or a list of messages of a chat."""

    name: str
    version: int
    type: Literal["text", "chat"]
    prompt: Any
    config: Any
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    commit_message: str | None
    created_at: str


class Prompts:
    """The prompts of one workspace."""

    def __init__(self, meta: Meta, workspace: str) -> None:
        self._meta = meta
        self._workspace = workspace

    def create(self, given: Mapping[str, Any]) -> Prompt:
        """Add a version: `{name, prompt, type?, config?, labels?, tags?, commit_message?}`.

        Raises ValueError, which says what is wrong.
        """
        name = _name(given.get("name"))
        body = given.get("prompt")
        kind = given.get("type") or ("text" if isinstance(body, str) else "chat")
        _check(kind, body)
        labels, tags = _texts(given, "labels"), _texts(given, "tags")
        for label in labels:
            _check_label(label)
        config = given.get("config")
        now = datetime.now(UTC).isoformat()
        with self._meta.begin() as connection:
            known = connection.execute(
                select(_prompts.c.type).where(*self._of(_prompts, name))
            ).scalar()
            if known is None:
                connection.execute(
                    insert(_prompts).values(
                        workspace=self._workspace, name=name, type=kind, tags=tags or [],
                        updated_at=now,
                    )
                )  # fmt: skip
            elif known != kind:
                raise ValueError(f"type: {name} is a {known} prompt, and stays one")
            else:
                changed: dict[str, Any] = {"updated_at": now}
                if given.get("tags") is not None:
                    changed["tags"] = tags
                connection.execute(
                    update(_prompts).where(*self._of(_prompts, name)).values(**changed)
                )
            version = 1 + (self._newest(connection, name) or 0)
            connection.execute(
                insert(_versions).values(
                    workspace=self._workspace, name=name, version=version, prompt=body,
                    config={} if config is None else config,
                    commit_message=given.get("commit_message"), created_at=now,
                )
            )  # fmt: skip
            self._label(connection, name, version, labels)
            return self._read(connection, name, version)

    def get(
        self,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        resolve: bool = True,
    ) -> Prompt:
        """A version, by number or label, else the one in production. `resolve`: prompts that are
        named inside it take their place. Raises Unknown, and ValueError for prompts that name each
        other."""
        with self._meta.begin() as connection:
            found = self._read(connection, name, self._which(connection, name, version, label))
            if not resolve:
                return found
            body = self._resolved(connection, found.prompt, (name,))
            return Prompt(**{**vars(found), "prompt": body})

    def change_labels(
        self, name: str, version: int, *, put: Sequence[str], take_off: Sequence[str]
    ) -> Prompt:
        """Put labels on a version, and so take them off the others; and take some off it that are
        on it. Raises Unknown, ValueError: nothing is changed then."""
        for label in (*put, *take_off):
            _check_label(label)
        with self._meta.begin() as connection:
            self._read(connection, name, version)
            known = self._labels_of(connection, name)
            for label in take_off:
                if known.get(label) != version:
                    at = f"it is on version {known[label]}" if label in known else "it is on none"
                    raise ValueError(f"take_off: {label} is not on version {version}: {at}")
                connection.execute(
                    sql_delete(_labels).where(*self._of(_labels, name), _labels.c.label == label)
                )
            self._label(connection, name, version, put)
            return self._read(connection, name, version)

    def delete(self, name: str, *, version: int | None = None, label: str | None = None) -> None:
        """Remove a version, those with a label, or all of a name. Raises Unknown."""
        with self._meta.begin() as connection:
            if version is None and label is None:
                if self._newest(connection, name) is None:
                    raise Unknown(f"there is no prompt {name}")
                for table in (_labels, _versions, _prompts):
                    connection.execute(sql_delete(table).where(*self._of(table, name)))
                return
            which = self._which(connection, name, version, label)
            self._read(connection, name, which)
            for table in (_labels, _versions):
                connection.execute(
                    sql_delete(table).where(*self._of(table, name), table.c.version == which)
                )
            if self._newest(connection, name) is None:
                connection.execute(sql_delete(_prompts).where(*self._of(_prompts, name)))

    def list(
        self,
        *,
        name: str | None = None,
        label: str | None = None,
        tag: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[dict[str, Any]], int]:
        """A page of names with their versions, the last changed first; and how many there are."""
        with self._meta.begin() as connection:
            rows = connection.execute(
                select(_prompts)
                .where(_prompts.c.workspace == self._workspace)
                .order_by(_prompts.c.updated_at.desc(), _prompts.c.name)
            ).mappings().all()  # fmt: skip
            found: list[dict[str, Any]] = []
            for row in rows:
                if name is not None and row["name"] != name:
                    continue
                if tag is not None and tag not in row["tags"]:
                    continue
                versions = connection.execute(
                    select(_versions.c.version, _versions.c.config)
                    .where(*self._of(_versions, row["name"]))
                    .order_by(_versions.c.version)
                ).all()
                labels = self._labels_of(connection, row["name"])
                if label is not None and label not in labels and label != LATEST:
                    continue
                found.append(
                    {
                        "name": row["name"],
                        "type": row["type"],
                        "versions": [version for version, _ in versions],
                        "labels": sorted({*labels, LATEST}),
                        "label_versions": labels | {LATEST: versions[-1][0]},
                        "tags": row["tags"],
                        "updated_at": row["updated_at"],
                        "config": versions[-1][1],
                    }
                )
        return found[offset : offset + limit], len(found)

    def _of(self, table: Table, name: str) -> tuple[Any, Any]:
        return table.c.workspace == self._workspace, table.c.name == name

    def _newest(self, connection: Connection, name: str) -> int | None:
        return connection.execute(
            select(func.max(_versions.c.version)).where(*self._of(_versions, name))
        ).scalar()

    def _labels_of(self, connection: Connection, name: str) -> dict[str, int]:
        rows = connection.execute(
            select(_labels.c.label, _labels.c.version).where(*self._of(_labels, name))
        ).all()
        return {row[0]: row[1] for row in rows}

    def _label(
        self, connection: Connection, name: str, version: int, labels: Sequence[str]
    ) -> None:
        for label in dict.fromkeys(labels):
            connection.execute(
                sql_delete(_labels).where(*self._of(_labels, name), _labels.c.label == label)
            )
            connection.execute(
                insert(_labels).values(
                    workspace=self._workspace, name=name, label=label, version=version
                )
            )

    def _which(
        self, connection: Connection, name: str, version: int | None, label: str | None
    ) -> int:
        if version is not None:
            return version
        newest = self._newest(connection, name)
        if newest is None:
            raise Unknown(f"there is no prompt {name}")
        wanted = label or PRODUCTION
        if wanted == LATEST:
            return newest
        labels = self._labels_of(connection, name)
        if wanted not in labels:
            raise Unknown(f"no version of the prompt {name} has the label {wanted}")
        return labels[wanted]

    def _read(self, connection: Connection, name: str, version: int) -> Prompt:
        row = connection.execute(
            select(_versions, _prompts.c.type, _prompts.c.tags)
            .join(
                _prompts,
                (_prompts.c.workspace == _versions.c.workspace)
                & (_prompts.c.name == _versions.c.name),
            )
            .where(*self._of(_versions, name), _versions.c.version == version)
        ).mappings().first()  # fmt: skip
        if row is None:
            raise Unknown(f"there is no version {version} of a prompt {name}")
        labels = {k for k, v in self._labels_of(connection, name).items() if v == version}
        if version == self._newest(connection, name):
            labels.add(LATEST)
        return Prompt(
            name, version, row["type"], row["prompt"], row["config"], tuple(sorted(labels)),
            tuple(row["tags"]), row["commit_message"], row["created_at"],
        )  # fmt: skip

    def _resolved(self, connection: Connection, body: Any, above: tuple[str, ...]) -> Any:
        if isinstance(body, list):
            return [self._resolved(connection, item, above) for item in body]  # pyright: ignore
        if isinstance(body, dict):
            return {k: self._resolved(connection, v, above) for k, v in body.items()}  # pyright: ignore
        if not isinstance(body, str):
            return body

        def included(match: re.Match[str]) -> str:
            name, which = match["name"], match["which"]
            if name in above or len(above) > _DEEPEST:
                raise ValueError(f"prompts name each other: {' → '.join((*above, name))}")
            by_version = match["by"] == "version"
            if by_version and not which.isdigit():
                raise ValueError(f"version={which}: a version is a number")
            version = self._which(
                connection, name, int(which) if by_version else None, None if by_version else which
            )
            inner = self._read(connection, name, version)
            if inner.type != "text":
                raise ValueError(f"{name} is a chat prompt: only text can stand inside another")
            return self._resolved(connection, inner.prompt, (*above, name))

        return _INCLUDED.sub(included, body)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("name: it is required")
    if len(value) > _LONGEST_NAME or "|" in value:
        raise ValueError(f"name: at most {_LONGEST_NAME} characters, and no |")
    return value


def _check(kind: Any, body: Any) -> None:
    if kind not in ("text", "chat"):
        raise ValueError("type: it must be text or chat")
    if kind == "text" and not isinstance(body, str):
        raise ValueError("prompt: of a text prompt it is a text")
    if kind == "chat":
        items: list[Any] = body if isinstance(body, list) else []  # pyright: ignore
        if not items or not all(
            isinstance(item, dict) and ("role" in item or item.get("type") == "placeholder")  # pyright: ignore
            for item in items
        ):
            raise ValueError("prompt: of a chat it is a list of {role, content} or placeholders")
    if len(json.dumps(body)) > _LARGEST:
        raise ValueError(f"prompt: it is larger than {_LARGEST} characters")


def _check_label(label: str) -> None:
    if label == LATEST:
        raise ValueError("labels: latest is reserved, it is always on the newest version")
    if not _LABEL.match(label):
        raise ValueError(f"labels: {label!r}: use lower-case letters, digits, _ . -")


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):  # pyright: ignore
        raise ValueError(f"{name}: it must be a list of texts")
    found: list[str] = value
    return [item for item in found if not (name == "labels" and item == LATEST)]
