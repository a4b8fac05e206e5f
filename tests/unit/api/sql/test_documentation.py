"""The documentation of the views says what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracehouse_api.sql.confinement import Bounds
from tracehouse_api.sql.documentation import documentation
from tracehouse_api.sql.views import VIEWS
from tracehouse_collector.settings import load_settings

DOCUMENT = (Path(__file__).parents[4] / "docs/sql.md").read_text()


def test_the_views_stand_in_the_document() -> None:
    assert DOCUMENT.endswith(documentation()), "run python -m tracehouse_api.sql.documentation"


def test_the_bounds_stand_in_the_document() -> None:
    bounds = Bounds.of(load_settings())
    assert f"| `sql_seconds` | {bounds.seconds:g} |" in DOCUMENT
    assert f"| `sql_rows` | {bounds.rows:,} |" in DOCUMENT
    assert f"| `sql_result_bytes` | {bounds.result_bytes >> 20} MiB" in DOCUMENT
    assert f"| `sql_memory_bytes` | {bounds.memory_bytes >> 30} GiB |" in DOCUMENT
    assert f"| `sql_at_once` | {bounds.at_once}," in DOCUMENT


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_names_each_column_once_and_says_what_it_means(name: str) -> None:
    columns = VIEWS[name].columns
    assert len({column.name for column in columns}) == len(columns)
    assert all(column.meaning and "|" not in column.meaning for column in columns)
    assert "workspace" not in {column.name for column in columns}
