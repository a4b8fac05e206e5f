"""What is changed is restored, whatever else happened to it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracehouse.tracelet.core.patching import Patches


def library() -> tuple[type[Any], type[Any]]:
    class Base:
        def own(self, value: int) -> int:
            """Twice."""
            return value * 2

        @staticmethod
        def static(value: int) -> int:
            return value

    class Child(Base):
        pass

    return Base, Child


def test_the_method_runs_as_before_and_is_heard() -> None:
    base, _ = library()
    heard: list[Any] = []
    patches = Patches()
    patches.after(base, "own", lambda self, value: heard.append(value))
    assert base().own(3) == 6
    assert (heard, base.own.__doc__, base.own.__name__) == ([3], "Twice.", "own")


def test_what_is_inherited_is_inherited_again() -> None:
    _, child = library()
    before = dict(vars(child))
    patches = Patches()
    patches.before(child, "own", lambda *_: None)
    assert "own" in vars(child)
    patches.undo()
    assert dict(vars(child)) == before


def test_what_listens_cannot_break_what_is_heard() -> None:
    base, _ = library()
    patches = Patches()

    def broken(*_: Any) -> None:
        raise RuntimeError("broken listener")

    patches.after(base, "own", broken)
    assert base().own(1) == 2


def test_a_change_by_somebody_else_is_left_alone() -> None:
    base, _ = library()
    heard: list[Any] = []
    patches = Patches()
    patches.after(base, "own", lambda self, value: heard.append(value))
    ours = base.own

    def theirs(self: Any, value: int) -> int:
        return ours(self, value) + 1

    base.own = theirs
    patches.undo()
    assert base.own is theirs
    assert base().own(3) == 7
    assert heard == []  # ours only passes on


def test_one_call_is_heard_once() -> None:
    base, _ = library()
    heard: list[str] = []
    base.outer = lambda self, value: self.own(value)
    patches = Patches()
    patches.after(base, "own", lambda *_: heard.append("own"))
    patches.after(base, "outer", lambda *_: heard.append("outer"))
    base().outer(1)
    assert heard == ["outer"]


@given(st.lists(st.tuples(st.sampled_from(["own", "static", "outer"]), st.booleans()), max_size=8))
def test_any_changes_are_undone(changes: list[tuple[str, bool]]) -> None:
    base, child = library()
    before = (dict(vars(base)), dict(vars(child)))
    patches = Patches()
    for name, of_child in changes:
        patches.after(child if of_child else base, name, lambda *_: None)
    patches.undo()
    patches.undo()
    assert (dict(vars(base)), dict(vars(child))) == before


def test_a_module_is_changed_when_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_later.py").write_text("def f(): return 1\nready = True\n")
    (tmp_path / "never_imported.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    heard: list[str] = []
    patches = Patches()
    patches.when_imported("never_imported", lambda module: heard.append("never"))
    patches.when_imported(
        "imported_later", lambda module: patches.after(module, "f", lambda: heard.append("f"))
    )
    module: Any = importlib.import_module("imported_later")
    original = module.f.__wrapped__
    assert (module.f(), heard, module.ready) == (1, ["f"], True)
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    patches.undo()
    assert module.f is original
    assert sys.meta_path == finders
    importlib.import_module("never_imported")
    assert heard == ["f"]
