"""A README with our section in it. Whatever its owner wrote around the section stays as it is.

The section stands between two comments. A third says which metadata we added, so that the next push
takes back just that: what the owner has there, or changed since, is never touched. The lines of the
metadata that do not change are kept letter for letter, with their comments and quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from huggingface_hub.repocard import REGEX_YAML_BLOCK
from huggingface_hub.utils import yaml_dump

from tracehouse_api.hub.card import SOURCE, Card
from tracehouse_api.hub.markdown import plain

Metadata = dict[str, Any]

_BEGIN = "<!-- tracehouse:begin (replaced by the next push: write above or below) -->"
_END = "<!-- tracehouse:end -->"
_SECTION = re.compile(
    r"<!-- tracehouse:begin\b(?:(?!<!-- tracehouse:begin\b).)*?<!-- tracehouse:end -->", re.DOTALL
)
_ADDED = re.compile(r"<!-- tracehouse:metadata (\{.*\}) -->")
_PICTURE = re.compile(r"\]\((tracehouse/[\w.-]+\.png)\)")
_TOP_LEVEL = re.compile(r"^(?=[\w.-]+[ \t]*:(?:\s|$))", re.MULTILINE)
_LISTS = ("datasets", "metrics", "tags", "size_categories")
_INDEX = "model-index"


class BadReadme(ValueError):
    """A README whose metadata cannot be read; the message says what to do."""


def readme(card: Card, existing: str | None) -> str:
    """The whole README: the card in a new one, or in what is there already. Raises BadReadme."""
    existing = existing or ""
    ending = "\r\n" if "\r\n" in existing else "\n"
    block = REGEX_YAML_BLOCK.search(existing)
    head, body = (block[2], existing[block.end() :]) if block else ("", existing)
    before = _SECTION.search(body)
    theirs = _parsed(head)
    merged, added = _merged(_without(theirs, _added(before[0] if before else "")), card.metadata)
    section = "\n".join((_BEGIN, "", card.section, "", _comment(added), _END))
    section = section.replace("\r\n", "\n").replace("\n", ending)
    if before:
        body = body[: before.start()] + section + body[before.end() :]
    elif body.strip():
        body = body.rstrip() + ending * 2 + section + ending
    else:
        body = f"{ending}# {plain(card.title)}{ending * 2}{section}{ending}"
    lines = _with_changes(head.replace("\r\n", "\n"), theirs, merged).strip("\n").split("\n")
    return ending.join(("---", *lines, "---", "")) + body


def pictures_in(existing: str | None) -> set[str]:
    """The pictures that the section of a README shows."""
    section = _SECTION.search(existing or "")
    return set(_PICTURE.findall(section[0])) if section else set()


def _comment(added: Metadata) -> str:
    content = json.dumps(added, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<!-- tracehouse:metadata {content} -->"


def _added(section: str) -> Metadata:
    """Which metadata an earlier push added."""
    found = _ADDED.search(section)
    try:
        return json.loads(found[1]) if found else {}
    except ValueError:  # somebody wrote into it
        return {}


def _parsed(head: str) -> Metadata:
    try:
        aliased = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(head))
        found = yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadReadme("the metadata of its README is not YAML: mend it on the Hub") from error
    if aliased:  # one could stand for any amount of data, and no card needs any
        raise BadReadme("the metadata of its README has YAML aliases: write them out on the Hub")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadReadme("the metadata of its README is not a mapping: mend it on the Hub")
    return found  # pyright: ignore[reportUnknownVariableType]


def _without(theirs: Mapping[str, Any], added: Mapping[str, Any]) -> Metadata:
    """The owner's own metadata: without what we added and they left as it was."""
    found: Metadata = {}
    for key, value in theirs.items():
        if key == _INDEX:
            value = _index_without(value)
        elif key in _LISTS and isinstance(ours := added.get(key), list):
            kept = [item for item in _listed(value) if item not in ours]
            value = kept if len(kept) < len(_listed(value)) else value
        elif key in added and added[key] == value:
            continue
        if value not in ([], None) or value == theirs[key]:
            found[key] = value
    return found


def _merged(owner: Metadata, ours: Mapping[str, Any]) -> tuple[Metadata, Metadata]:
    """The owner's metadata and ours, and what of ours is new there."""
    merged, added = dict(owner), Metadata()
    for key, value in ours.items():
        if key == _INDEX:
            merged[key] = _index_with(owner.get(key), value)
        elif key in _LISTS:
            has = _listed(owner.get(key))
            if new := [item for item in _listed(value) if item not in has]:
                merged[key] = [*has, *new] if has else value
                added[key] = new
        elif owner.get(key) is None:
            merged[key] = added[key] = value
    return merged, added


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


def _index_without(index: Any) -> Any:
    """The results that others wrote. What is not a list of results is left alone."""
    if not _is_index(index):
        return index
    others: list[Any] = []
    for model in index:
        theirs = [result for result in model["results"] if not _is_ours(result)]
        if theirs or not model["results"]:
            others.append({**model, "results": theirs})
    return others


def _index_with(index: Any, ours: list[Any]) -> Any:
    if not index:
        return ours
    if not _is_index(index):
        return index
    first, *others = index
    return [{**first, "results": [*first["results"], *ours[0]["results"]]}, *others]


def _is_index(index: Any) -> bool:
    return isinstance(index, list) and all(
        isinstance(model, dict) and isinstance(model.get("results"), list)  # pyright: ignore[reportUnknownMemberType]
        for model in index  # pyright: ignore[reportUnknownVariableType]
    )


def _is_ours(result: Any) -> bool:
    source = result.get("source") if isinstance(result, dict) else None  # pyright: ignore[reportUnknownMemberType]
    return isinstance(source, dict) and source.get("name") == SOURCE  # pyright: ignore[reportUnknownMemberType]


def _with_changes(head: str, theirs: Metadata, merged: Metadata) -> str:
    """The YAML text with only those keys written anew that changed."""
    if theirs == merged:
        return head
    pieces = [piece for piece in _TOP_LEVEL.split(head) if piece]
    written = set[str]()
    for place, piece in enumerate(pieces):
        key = piece.partition(":")[0].strip()
        if key in theirs and theirs[key] != merged.get(key):
            pieces[place] = yaml_dump({key: merged[key]}, sort_keys=False) if key in merged else ""
        written.add(key)
    new = {key: value for key, value in merged.items() if key not in written}
    if pieces and not pieces[-1].endswith("\n"):
        pieces[-1] += "\n"
    patched = "".join(pieces) + (yaml_dump(new, sort_keys=False) if new else "")
    try:
        if yaml.safe_load(patched) == merged:
            return patched
    except yaml.YAMLError:
        pass
    return yaml_dump(merged, sort_keys=False)  # written in a style that has no lines of its own
