"""Other people's settings: our hook goes in and out, and everything else stays as it is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracehouse_agent import settings_patch
from tracehouse_agent.settings_patch import CannotPatch, HookState, hook_command, look


class Machine:
    """A settings file and our own folder."""

    def __init__(self, folder: Path, content: str | bytes | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "settings.json"
        self.records = folder / "records"
        if content is not None:
            self.path.write_bytes(content.encode() if isinstance(content, str) else content)

    def install(self, command: str | None = None) -> None:
        settings_patch.change(self.path, self.records, install=True, command=command)

    def uninstall(self) -> None:
        settings_patch.change(self.path, self.records, install=False)

    def read(self) -> dict[str, Any]:
        return json.loads(self.path.read_bytes())


ODD = [
    "{}",
    "{ }\n",
    '{"model":"opus"}',
    '{\r\n\t"model": "opus",\r\n\t"hooks": {}\r\n}\r\n',
    '{\n    "hooks": {\n        "PreToolUse": []\n    },\n    "z": 1e3, "a": 1.0\n}',
    '{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command"}]}]}}',
    '{\n  "hooks": {\n    "Stop": [ { "hooks": [] } ],\n'
    '    "PreToolUse": [\n      {"matcher": "*"}\n    ]\n  }\n}\n',
    '{"größe": "\\u00e9é😀", "hooks": {"New-Event-2030": "anything"}}',
    '\n\n{"permissions": {"allow": ["Bash(ls:*)"], "deny": []}}\n\n',
    '{"a": {"hooks": {"PreToolUse": 5}}, "hooks": {"PreToolUse": [ ]}}',
]


@pytest.mark.parametrize("content", ODD)
def test_in_and_out_again_leaves_every_byte(tmp_path: Path, content: str) -> None:
    machine = Machine(tmp_path, content)
    before = json.loads(content)
    machine.install()
    after = machine.read()
    assert look(machine.path) == HookState(present=True, current=True, first=True)
    ours = after["hooks"]["PreToolUse"].pop(0)
    assert ours["hooks"][0]["command"] == hook_command()
    before.setdefault("hooks", {}).setdefault("PreToolUse", [])
    assert after == before
    assert list(json.loads(machine.path.read_bytes()))[: len(json.loads(content))] == list(
        json.loads(content)
    ), "the order stays"
    machine.uninstall()
    assert machine.path.read_bytes() == content.encode()
    assert not list(machine.records.iterdir())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_GROUP = st.fixed_dictionaries(
    {},
    optional={
        "matcher": st.text(max_size=5),
        "hooks": st.lists(st.dictionaries(st.text(max_size=5), _JSON, max_size=3), max_size=3),
    },
)
_SETTINGS = st.builds(
    lambda other, hooks: other | ({"hooks": hooks} if hooks is not None else {}),
    st.dictionaries(st.text(max_size=8).filter(lambda key: key != "hooks"), _JSON, max_size=4),
    st.none()
    | st.builds(
        lambda other, groups: other | ({"PreToolUse": groups} if groups is not None else {}),
        st.dictionaries(st.sampled_from(("Stop", "Later")), _JSON, max_size=2),
        st.none() | st.lists(_GROUP, max_size=3),
    ),
)


@settings(max_examples=150)
@given(
    content=_SETTINGS,
    indent=st.sampled_from((None, 0, 1, 2, 4, "\t")),
    ascii_only=st.booleans(),
    end=st.sampled_from(("", "\n", "\r\n\n")),
    touched=st.booleans(),
)
def test_any_valid_settings_survive(
    tmp_path_factory: pytest.TempPathFactory,
    content: dict[str, Any],
    indent: int | str | None,
    ascii_only: bool,
    end: str,
    touched: bool,
) -> None:
    text = json.dumps(content, indent=indent, ensure_ascii=ascii_only) + end
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    machine = Machine(tmp_path_factory.mktemp("settings"), data)
    machine.install()
    once = machine.path.read_bytes()
    machine.install()
    assert machine.path.read_bytes() == once, "the same again changes nothing"
    if touched:  # somebody else writes it anew
        machine.path.write_text(json.dumps(machine.read(), indent=3))
        machine.uninstall()
        assert machine.read() == content
    else:
        machine.uninstall()
        assert machine.path.read_bytes() == data


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("// mine\n{}", "Expecting"),
        ('{"a": 1,}', "Expecting|Illegal"),
        ('{"a": 1 /* x */}', "Expecting"),
        ("\ufeff{}", "byte order mark"),
        ("[]", "not an object"),
        ('{"hooks": []}', "not an object"),
        ('{"hooks": {"PreToolUse": {}}}', "not a list"),
        ('{"hooks": {"PreToolUse": ["x"]}}', "not a list of objects"),
        ('{"hooks": {"PreToolUse": [{"hooks": "x"}]}}', "no list"),
        ('{"hooks": {}, "hooks": {}}', "twice"),
        ('{"a": NaN}', "not JSON"),
        (b"\xff\xfe{}", "decode"),
    ],
)
def test_what_is_not_understood_is_left_alone(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    machine = Machine(tmp_path, content)
    before = machine.path.read_bytes()
    for do in (machine.install, machine.uninstall):
        with pytest.raises(CannotPatch, match=why):
            do()
    assert machine.path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["settings.json"]
    assert look(machine.path).problem


def test_a_file_that_was_not_there_is_gone_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.install()
    assert machine.path.stat().st_mode & 0o777 == 0o600
    machine.uninstall()
    assert not machine.path.exists()


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "dotfiles", '{\n  "a": 1\n}\n')
    machine.path.chmod(0o640)
    link = tmp_path / "settings.json"
    link.symlink_to(machine.path)
    settings_patch.change(link, machine.records, install=True)
    assert link.is_symlink()
    assert look(link).present
    assert machine.path.stat().st_mode & 0o777 == 0o640
    (backup,) = machine.path.parent.glob("*.bak")
    assert backup.read_text() == '{\n  "a": 1\n}\n'
    assert backup.stat().st_mode & 0o777 == 0o640


def test_an_interpreter_that_moved_is_followed(tmp_path: Path) -> None:
    content = '{\n  "a": 1\n}\n'
    machine = Machine(tmp_path, content)
    machine.install("/old/bin/tracehouse hook || true")
    assert look(machine.path) == HookState(present=True, current=False, first=True)
    machine.install()
    assert look(machine.path).current
    assert len(machine.read()["hooks"]["PreToolUse"]) == 1
    machine.uninstall()
    assert machine.path.read_text() == content


def test_other_people_s_hooks_beside_ours_stay(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "{}")
    machine.install()
    now = machine.read()
    now["hooks"]["PreToolUse"][0]["hooks"].append({"type": "command", "command": "lint"})
    machine.path.write_text(json.dumps(now))
    machine.uninstall()
    assert machine.read()["hooks"]["PreToolUse"] == [
        {"matcher": "*", "hooks": [{"type": "command", "command": "lint"}]}
    ]


def test_a_change_at_the_same_moment_is_not_overwritten(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "{}")
    patch = settings_patch.plan_install(machine.path)
    machine.path.write_text('{"new": 1}')
    with pytest.raises(CannotPatch, match="same moment"):
        settings_patch.apply(patch, machine.records)
    assert machine.path.read_text() == '{"new": 1}'


def test_settings_that_keep_hooks_from_running_are_seen(tmp_path: Path) -> None:
    machine = Machine(tmp_path, '{"disableAllHooks": true}')
    machine.install()
    assert look(machine.path).never_runs == "disableAllHooks"


def test_a_plan_can_be_shown_and_changes_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, '{\n  "a": 1\n}\n')
    shown = settings_patch.plan_install(machine.path).diff()
    assert '+  "hooks"' in shown
    assert machine.path.read_text() == '{\n  "a": 1\n}\n'
