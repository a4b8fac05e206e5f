"""Rows and columns in a terminal."""

from __future__ import annotations

from tracehouse_agent.text_table import text_table


def test_columns_are_as_wide_as_what_is_in_them_and_numbers_stand_right() -> None:
    assert text_table(["name", "n"], [["a", 1], ["long name", 1234], [None, None]]).split("\n") == [
        "name          n",
        "─────────  ────",
        "a             1",
        "long name  1234",
        "NULL       NULL",
    ]


def test_an_answer_without_rows_shows_its_columns() -> None:
    assert text_table(["a", "b"], []).split("\n") == ["a  b", "─  ─"]
    assert text_table([], []) == "\n"


def test_values_are_shown_on_one_line_and_cut() -> None:
    shown = text_table(["x"], [[["a", {"b": True}]], [True], ["z" * 100], [{"ü": 1.5}]])
    assert shown.split("\n")[2:] == ['["a", {"b": true}]', "true", "z" * 59 + "…", '{"ü": 1.5}']


def test_what_a_terminal_would_obey_is_shown_as_text() -> None:
    shown = text_table(["a\x1b[31m"], [["\x1b]0;x\x07\n\u202etxt"]])
    assert shown.split("\n")[0] == "a\\x1b[31m"
    assert shown.split("\n")[2] == "\\x1b]0;x\\x07\\n\\u202etxt"
