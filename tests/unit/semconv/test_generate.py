"""What is generated from the registry is fresh, and says what the registry says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracehouse_semconv import attributes
from tracehouse_semconv.columns import PROMOTED
from tracehouse_semconv.generate import (
    Group,
    columns,
    constants,
    main,
    outputs,
    read_events,
    read_registry,
    table,
    typescript_constants,
)

REGISTRY = """
groups:
  - id: registry.test
    type: attribute_group
    display_name: Test
    brief: For a test.
    attributes:
      - id: tracehouse.first.name
        type: string
        brief: A name.
        note: Any.
        examples: ["one"]
        annotations: {tracehouse: {column: name}}
      - id: other.name
        type: string
        brief: Another name.
        examples: ["two"]
        annotations: {tracehouse: {column: name}}
      - id: tracehouse.some.kind
        type: {members: [{id: a, value: a_kind}, {id: b, value: b_kind}]}
        brief: A kind.
        examples: ["a_kind"]
  - id: span.test
    type: span
"""


@pytest.fixture
def groups(tmp_path: Path) -> list[Group]:
    (tmp_path / "test.yaml").write_text(REGISTRY)
    return read_registry(tmp_path)


def test_generated_files_are_fresh() -> None:
    for path, content in outputs(read_registry(), read_events()).items():
        assert path.read_text() == content, f"{path.name} is stale: run `make generate`"
    assert main(["--check"]) == 0


def test_an_attribute_that_is_declared_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(REGISTRY)
    (tmp_path / "b.yaml").write_text(REGISTRY)

    with pytest.raises(ValueError, match=r"tracehouse\.first\.name is declared twice"):
        read_registry(tmp_path)


def test_each_attribute_becomes_a_constant_and_each_closed_set_an_enum(
    groups: list[Group],
) -> None:
    made: dict[str, object] = {}
    exec(constants(groups), made)

    assert made["TRACEHOUSE_FIRST_NAME"] == "tracehouse.first.name"
    assert made["OTHER_NAME"] == "other.name"
    assert [str(member) for member in made["SomeKind"]] == ["a_kind", "b_kind"]  # type: ignore[attr-defined]


def test_typescript_gets_the_same_constants_and_sets(groups: list[Group]) -> None:
    made = typescript_constants(groups)
    assert 'export const TRACEHOUSE_FIRST_NAME = "tracehouse.first.name";' in made
    assert 'export const SomeKind = ["a_kind", "b_kind"] as const;' in made
    assert "export type SomeKind = (typeof SomeKind)[number];" in made


def test_a_column_is_taken_from_its_attributes_in_their_order(groups: list[Group]) -> None:
    made: dict[str, object] = {}
    exec(columns(groups), made)

    assert made["PROMOTED"] == {"name": ("tracehouse.first.name", "other.name")}


def test_the_table_for_people_has_a_line_for_each_attribute(groups: list[Group]) -> None:
    lines = table(groups, []).splitlines()

    assert "| `tracehouse.first.name` | string | A name. Any. | `one` |" in lines
    assert "| `tracehouse.some.kind` | `a_kind`, `b_kind` | A kind. | `a_kind` |" in lines


def test_a_session_is_genais_conversation_before_anything_else() -> None:
    assert PROMOTED["session_id"] == (attributes.GEN_AI_CONVERSATION_ID, attributes.SESSION_ID)


def test_every_promoted_attribute_has_a_constant() -> None:
    known = {value for name, value in vars(attributes).items() if name.isupper()}

    assert {source for sources in PROMOTED.values() for source in sources} <= known
