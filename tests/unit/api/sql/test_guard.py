"""What a query may say, and what becomes of it."""

from __future__ import annotations

import re

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from tests.support.sql import queries
from tracehouse_api.sql.forms import NotAllowed
from tracehouse_api.sql.functions import is_allowed
from tracehouse_api.sql.guard import MAX_CHARACTERS, MAX_NESTING, guard
from tracehouse_api.sql.views import VIEWS


def written(query: str) -> str:
    """What the engine gets, with the name of each view in place of its SELECT."""
    sql = guard(query).sql
    for view in VIEWS.values():
        sql = sql.replace(f"({view.select})", f"<{view.name}>")
    return sql


def refusal(query: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        guard(query)
    return str(refused.value)


@pytest.mark.parametrize("query", queries("hostile"))
def test_a_hostile_query_is_refused_with_a_reason(query: str) -> None:
    assert len(refusal(query)) > 10


@pytest.mark.parametrize("query", queries("ordinary"))
def test_an_ordinary_query_is_not(query: str) -> None:
    assert guard(query).sql


def test_the_corpora_are_not_empty() -> None:
    assert len(queries("hostile")) > 200
    assert len(queries("ordinary")) > 60


# --- tables --------------------------------------------------------------------------------------


def test_a_view_becomes_its_select_under_its_own_name() -> None:
    assert written("SELECT name FROM spans") == "SELECT `name` FROM <spans> AS `spans`"
    assert written("SELECT s.name FROM spans s") == "SELECT `s`.`name` FROM <spans> AS `s`"
    assert "workspace = {workspace:String}" in guard("SELECT 1 FROM spans").sql


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_view_filters_by_workspace_each_table_that_it_reads(view: object) -> None:
    select = view.select  # pyright: ignore
    tables = re.findall(r"FROM (\w+)( FINAL)? WHERE workspace = \{workspace:String\}", select)
    assert len(tables) == len(re.findall(r"\bFROM\b(?! ?\()", select)) > 0


def test_the_workspace_is_a_parameter_where_a_view_is_asked_and_only_there() -> None:
    assert guard("SELECT {a:UInt8}, {b:Array(String)} FROM spans").parameters == {
        "a", "b", "workspace",
    }  # fmt: skip
    assert guard("SELECT 1").parameters == set()


def test_a_name_of_with_goes_before_a_view_and_may_read_it() -> None:
    assert written("WITH spans AS (SELECT 1 AS a FROM spans) SELECT spans.a FROM spans") == (
        "WITH `with_1_spans` AS (SELECT 1 AS `a` FROM <spans> AS `spans`)"
        " SELECT `spans`.`a` FROM `with_1_spans` AS `spans`"
    )


def test_a_name_of_with_cannot_stand_for_a_table_behind_a_view() -> None:
    sql = guard("WITH run_spans AS (SELECT 1) SELECT * FROM runs, run_spans").sql
    assert "`with_1_run_spans` AS (SELECT 1)" in sql
    assert "FROM run_spans FINAL WHERE workspace" in sql
    assert sql.endswith("`with_1_run_spans` AS `run_spans`")


def test_a_name_of_with_is_seen_where_it_should_be() -> None:
    assert written("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b, a") == (
        "WITH `with_1_a` AS (SELECT 1), `with_2_b` AS (SELECT * FROM `with_1_a` AS `a`)"
        " SELECT * FROM `with_2_b` AS `b` CROSS JOIN `with_1_a` AS `a`"
    )
    assert "no table b" in refusal("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a")
    assert "no table a" in refusal("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a), a")
    assert "no table a" in refusal("WITH a AS (SELECT * FROM a) SELECT * FROM a")
    assert written("WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) SELECT 1 FROM a") == (
        "WITH RECURSIVE `with_1_a` AS (SELECT 1 UNION ALL SELECT * FROM `with_1_a` AS `a`)"
        " SELECT 1 FROM `with_1_a` AS `a`"
    )


@pytest.mark.parametrize("said", ["spans", "(spans)", "((spans))"])
def test_in_reads_a_view_by_its_name(said: str) -> None:
    assert written(f"SELECT 1 IN {said}") == "SELECT 1 IN (SELECT * FROM <spans> AS `spans`)"


def test_final_says_nothing_new() -> None:
    assert written("SELECT 1 FROM spans FINAL") == "SELECT 1 FROM <spans> AS `spans`"


# --- texts and names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("'it''s'", "it's"), (r"'it\'s'", "it's"), (r"'a\\'", "a\\"), ("'a\nb'", "a\nb"),
        (r"'\x41'", "A"), ("$$it's$$", "it's"), ("'100%'", "100%"), ("'{x:String}'", "{x:String}"),
        ("'ü'", "ü"), (r"'\''' OR 1'", "'' OR 1"),
    ],
)  # fmt: skip
def test_a_text_is_written_so_that_nothing_in_it_ends_it(said: str, text: str) -> None:
    (inside,) = re.findall(r"^SELECT '([^']*)'$", guard(f"SELECT {said}").sql)
    assert not set(inside) & set("{}%$\n")
    assert re.sub(r"\\x([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), inside) == text


def test_names_are_quoted_and_cannot_leave_their_quotes() -> None:
    assert written('SELECT 1 AS "two words"') == "SELECT 1 AS `two words`"
    for name in (r'"a\\"', "`a``b`", r'"a\`b"'):
        assert "name has no backslash" in refusal(f"SELECT 1 AS {name}")


def test_comments_do_not_reach_the_engine() -> None:
    assert written("SELECT /* a */ 1 -- b\n# c\n") == "SELECT 1"


# --- what is too much ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "", ";", "   ", "-- nothing", "(((((", "SELECT", "SELECT " + "(" * 10_000,
        "SELECT " + "- " * 4_000 + "1", "SELECT " + "NOT " * 4_000 + "1",
        "SELECT " + "CASE WHEN 1 THEN " * 2_000 + "1", "SELECT 'a" + "x" * MAX_CHARACTERS + "'",
        "SELECT " + ", ".join(["1"] * 10_000), "SELECT " + "[" * 60 + "]" * 60,
        "SELECT 1 FROM " + "(SELECT 1 FROM " * 55 + "spans" + ")" * 55, "WITH a AS (" * 40,
        "SELECT \x00", "SELECT \ud800", "SELECT '\x1b[31m'", "SELECT hasAny()", "SELECT {}",
    ],
    ids=lambda query: query[:30],
)  # fmt: skip
def test_what_is_empty_too_long_or_too_deep_is_refused(query: str) -> None:
    assert refusal(query)


def test_what_is_just_not_too_deep_is_taken() -> None:
    depth = MAX_NESTING - 1
    assert guard("SELECT " + "(" * depth + "1" + ")" * depth).sql
    assert guard("SELECT " + " + ".join(["1"] * 400)).sql


@settings(max_examples=300, deadline=2000)
@given(
    st.lists(
        st.sampled_from(
            [
                *"()[]{},;'\"`$\\", "SELECT", "FROM", "WITH", "AS", "IN", "spans", "x", "1", "*",
                "trace_roots", "system.tables", "file", "(SELECT", "UNION ALL", "JOIN", "->", "::",
                "CASE WHEN", "--", "/*", "*/", "'a'", "{a:UInt8}", "ORDER BY", "LIMIT", "NOT",
            ]
        ),
        max_size=40,
    )
)  # fmt: skip
def test_whatever_is_said_is_refused_or_asks_views_and_calls_what_is_allowed(
    words: list[str],
) -> None:
    try:
        sql = written("SELECT " + " ".join(words))
    except NotAllowed:
        return
    # Read by a parser that knows nothing of ours.
    (tree,) = sqlglot.parse(re.sub(r"<\w+>", "(SELECT 1)", sql), dialect="clickhouse")
    assert isinstance(tree, exp.Query)
    assert all(table.name.startswith("with_") for table in tree.find_all(exp.Table))
    assert all(is_allowed(call.name) for call in tree.find_all(exp.Anonymous))
