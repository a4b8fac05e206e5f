"""Writes what is made from the registry: constants of Python and TypeScript, promoted columns, the
docs tables.

    python -m tracehouse_semconv.generate           write the files
    python -m tracehouse_semconv.generate --check   exit 1 when one of them is not what it should be

The registry is in OpenTelemetry Weaver's YAML form; Weaver itself is a Rust program that is not to
be had from a Python registry, and what is needed of it here fits this file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
REGISTRY = ROOT / "semconv/registry"
_NOTICE = "Generated from semconv/registry by `make generate`. Do not edit."


@dataclass(frozen=True)
class Attribute:
    """One attribute of the registry."""

    id: str
    type: str
    brief: str
    note: str
    examples: tuple[str, ...]
    members: tuple[str, ...]
    column: str | None


@dataclass(frozen=True)
class Group:
    """A group of attributes, in the order of its file."""

    title: str
    brief: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Event:
    """One event of the registry: a log record with this event name."""

    name: str
    brief: str
    note: str


def read_events(directory: Path = REGISTRY) -> list[Event]:
    """All events, in the order of their files."""
    return [
        Event(raw["name"], raw["brief"].strip(), raw.get("note", "").strip())
        for raw in _groups(directory)
        if raw["type"] == "event"
    ]


def _groups(directory: Path) -> list[dict[str, Any]]:
    import yaml  # a development tool: what is generated depends on nothing

    return [
        raw
        for path in sorted(directory.glob("*.yaml"))
        for raw in yaml.safe_load(path.read_text())["groups"]
    ]


def read_registry(directory: Path = REGISTRY) -> list[Group]:
    """All attribute groups. Raises ValueError for a name that is declared twice."""
    groups = [_group(raw) for raw in _groups(directory) if raw["type"] == "attribute_group"]
    seen: set[str] = set()
    for attribute in (attribute for group in groups for attribute in group.attributes):
        if attribute.id in seen:
            raise ValueError(f"{attribute.id} is declared twice in {directory}")
        seen.add(attribute.id)
    return groups


def _group(raw: dict[str, Any]) -> Group:
    return Group(raw["display_name"], raw["brief"], tuple(map(_attribute, raw["attributes"])))


def _attribute(raw: dict[str, Any]) -> Attribute:
    kind = raw["type"]
    members = tuple(m["value"] for m in kind["members"]) if isinstance(kind, dict) else ()
    return Attribute(
        id=raw["id"],
        type="enum" if members else str(kind),
        brief=raw["brief"].strip(),
        note=raw.get("note", "").strip(),
        examples=tuple(str(example) for example in raw["examples"]),
        members=members,
        column=raw.get("annotations", {}).get("tracehouse", {}).get("column"),
    )


def constants(groups: list[Group]) -> str:
    """`attributes.py`: a constant per attribute, an enum per closed set of values."""
    lines = [
        f'"""Attribute names.\n\n{_NOTICE}\n"""',
        "",
        "from enum import StrEnum",
        "from typing import Final",
    ]
    for group in groups:
        lines += ["", f"# {group.title}"]
        for attribute in group.attributes:
            name = _constant(attribute.id)
            lines += [f'{name}: Final = "{attribute.id}"', f'"""{attribute.brief}"""']
    for attribute in (a for group in groups for a in group.attributes if a.members):
        lines += [
            "",
            "",
            f"class {_class(attribute.id)}(StrEnum):",
            f'    """{attribute.brief}"""',
            "",
        ]
        lines += [f'    {member} = "{member}"' for member in attribute.members]
    return "\n".join(lines) + "\n"


def columns(groups: list[Group]) -> str:
    """`columns.py`: for each promoted column the attributes it is taken from, first match wins."""
    promoted: dict[str, list[str]] = {}
    for attribute in (a for group in groups for a in group.attributes if a.column):
        promoted.setdefault(attribute.column or "", []).append(attribute.id)
    lines = [
        f'"""Columns that attributes are promoted to.\n\n{_NOTICE}\n"""',
        "",
        "from typing import Final",
        "",
        "PROMOTED: Final[dict[str, tuple[str, ...]]] = {",
    ]
    for column, sources in sorted(promoted.items()):
        names = ", ".join(f'"{source}"' for source in sources)
        lines.append(f'    "{column}": ({names}{"," if len(sources) == 1 else ""}),')
    return "\n".join([*lines, "}"]) + "\n"


def event_names(events: list[Event]) -> str:
    """`events.py`: a constant per event."""
    lines = [f'"""Event names.\n\n{_NOTICE}\n"""', "", "from typing import Final", ""]
    for event in events:
        lines += [f'{_constant(event.name)}: Final = "{event.name}"', f'"""{event.brief}"""']
    return "\n".join(lines) + "\n"


def typescript_constants(groups: list[Group]) -> str:
    """`attributes.ts`: a constant per attribute, a list and a type per closed set of values."""
    lines = [f"/** Attribute names.\n *\n * {_NOTICE}\n */"]
    for group in groups:
        lines += ["", f"// {group.title}"]
        for attribute in group.attributes:
            lines += _typescript(attribute.id, attribute.brief)
    for attribute in (a for group in groups for a in group.attributes if a.members):
        name = _class(attribute.id)
        members = ", ".join(f'"{member}"' for member in attribute.members)
        lines += [
            "",
            f"/** {attribute.brief} */",
            f"export const {name} = [{members}] as const;",
            f"export type {name} = (typeof {name})[number];",
        ]
    return "\n".join(lines) + "\n"


def typescript_events(events: list[Event]) -> str:
    """`events.ts`: a constant per event."""
    lines = [f"/** Event names.\n *\n * {_NOTICE}\n */", ""]
    for event in events:
        lines += _typescript(event.name, event.brief)
    return "\n".join(lines) + "\n"


def _typescript(name: str, brief: str) -> list[str]:
    return [f"/** {brief} */", f'export const {_constant(name)} = "{name}";']


def table(groups: list[Group], events: list[Event]) -> str:
    """`docs/semconv.md`: the vocabulary for people."""
    lines = [f"<!-- {_NOTICE} -->", "", "# Vocabulary", ""]
    for group in groups:
        lines += [
            f"## {group.title}",
            "",
            group.brief,
            "",
            "| attribute | type | meaning | example |",
            "|---|---|---|---|",
        ]
        for attribute in group.attributes:
            kind = ", ".join(f"`{m}`" for m in attribute.members) or attribute.type
            meaning = " ".join(filter(None, (attribute.brief, attribute.note)))
            lines.append(f"| `{attribute.id}` | {kind} | {meaning} | `{attribute.examples[0]}` |")
        lines.append("")
    lines += ["## Events", "", "Log records with these event names.", "", "| event | meaning |"]
    lines.append("|---|---|")
    lines += [f"| `{e.name}` | {' '.join(filter(None, (e.brief, e.note)))} |" for e in events]
    return "\n".join([*lines, ""])


def _constant(name: str) -> str:
    return name.upper().replace(".", "_")


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace("_", ".").split(".")[1:])


def outputs(groups: list[Group], events: list[Event]) -> dict[Path, str]:
    """Every generated file with the content it should have."""
    package = ROOT / "semconv/tracehouse_semconv"
    javascript = ROOT / "sdk/js/src/semconv"
    return {
        package / "attributes.py": constants(groups),
        package / "columns.py": columns(groups),
        package / "events.py": event_names(events),
        javascript / "attributes.ts": typescript_constants(groups),
        javascript / "events.ts": typescript_events(events),
        ROOT / "docs/semconv.md": table(groups, events),
    }


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    stale: list[str] = []
    for path, content in outputs(read_registry(), read_events()).items():
        if path.exists() and path.read_text() == content:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in arguments:
            path.write_text(content)
    if stale and "--check" in arguments:
        sys.stderr.write(f"stale: {', '.join(stale)}. Run `make generate` and commit the result.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
