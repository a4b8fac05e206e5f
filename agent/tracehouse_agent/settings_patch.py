"""Our hook in Claude Code's `settings.json`, and out of it again.

The file is somebody else's, is read while it is written, and is often a link into another folder.

1. The link's target is written, not the link.
2. A file that is not there is made (0600). One that is empty, or not a JSON object, or whose hooks
   have another form, is left alone, with a message.
3. Only our own bytes are added: order, unknown keys, indentation, line ends, mode and owner stay.
4. Our handler is known by its command; one is added, and the same again changes nothing.
5. Before a change a copy is kept beside the file; the last few stay.
6. It is written to a file beside it, synced, and put in place in one step, if nobody changed the
   original meanwhile.
7. Taking it out takes out our handler, and what was made for it. A file that nobody touched since
   is again what it was, byte for byte.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracehouse_agent import hook, json_text

EVENT = "PreToolUse"
_OURS = re.compile(r"tracehouse(?:_agent)?(?:\.exe)?[\"']?[ /\\]+hook\b")
_BACKUPS = 3
_ATTEMPTS = 3
_SECONDS = 5


class CannotPatch(Exception):
    """Why the file was left as it is."""


@dataclass(frozen=True)
class Patch:
    """A change of a settings file: its text before (None: there is no file) and after (None: there
    shall be none)."""

    path: Path
    before: bytes | None
    after: bytes | None

    @property
    def changes(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff."""
        before, after = (
            (data or b"").decode().splitlines(keepends=True) for data in (self.before, self.after)
        )
        return "".join(difflib.unified_diff(before, after, str(self.path), str(self.path)))


def hook_command() -> str:
    """The command that Claude Code is to run: this interpreter without its site packages, which
    take longer to load than all else. Ends with 0 even where the file is gone."""
    script = str(Path(hook.__file__).resolve())
    return f"{shlex.quote(sys.executable)} -I -S {shlex.quote(script)} || true"


def plan_install(path: Path, command: str | None = None) -> Patch:
    """What puts our hook in. Raises CannotPatch."""
    target = _target(path)
    before = _read(target)
    text = "{}\n" if before is None else _decode(target, before)
    return Patch(target, before, _with_hook(target, text, command or hook_command()).encode())


def plan_uninstall(path: Path, records: Path) -> Patch:
    """What takes it out. `records`: the folder that `apply` was given. Raises CannotPatch."""
    target = _target(path)
    before = _read(target)
    if before is None:
        return Patch(target, None, None)
    text = _decode(target, before)
    record = _record(records, target)
    if record.get("after") == _hash(before):
        original = record.get("before")
        return Patch(target, before, None if original is None else bytes.fromhex(original))
    return Patch(target, before, _without_hook(text, record.get("made", [])).encode())


def apply(patch: Patch, records: Path) -> None:
    """Make the change, unless the file changed since it was planned. Raises CannotPatch and
    OSError. `records`: a folder of our own, for what was there before."""
    if not patch.changes:
        return
    if _read(patch.path) != patch.before:
        raise CannotPatch(f"{patch.path} was changed at the same moment: try again")
    records.mkdir(parents=True, exist_ok=True, mode=0o700)
    note = records / _record_name(patch.path)
    if patch.after is None:
        patch.path.unlink()
        note.unlink(missing_ok=True)
        return
    if patch.before is not None:
        _keep_copy(patch.path, patch.before)
    if _finds_hook(patch.after):
        _write(note, json.dumps(_note(patch, _record(records, patch.path))).encode(), None)
    _write(patch.path, patch.after, patch.path)
    if not _finds_hook(patch.after):
        note.unlink(missing_ok=True)


def change(path: Path, records: Path, *, install: bool, command: str | None = None) -> Patch:
    """Plan and apply, again where somebody else wrote in between. Raises CannotPatch, OSError."""
    for attempt in range(_ATTEMPTS):
        patch = plan_install(path, command) if install else plan_uninstall(path, records)
        try:
            apply(patch, records)
        except CannotPatch:
            if attempt + 1 == _ATTEMPTS:
                raise
            continue
        return patch
    raise AssertionError


@dataclass(frozen=True)
class HookState:
    """What a settings file says of our hook."""

    present: bool = False
    current: bool = False
    """It runs what `hook_command` says now."""
    first: bool = False
    never_runs: str = ""
    """The setting that keeps hooks from running."""
    problem: str = ""


def look(path: Path) -> HookState:
    """How a settings file stands. Raises nothing."""
    try:
        target = _target(path)
        content = _read(target)
        if content is None:
            return HookState()
        settings = json.loads(_decode(target, content))
        handlers = [
            handler
            for group in settings.get("hooks", {}).get(EVENT, [])
            for handler in group.get("hooks", [])
        ]
    except (CannotPatch, OSError) as error:
        return HookState(problem=str(error))
    ours = [place for place, handler in enumerate(handlers) if _is_ours(handler)]
    blocking = [name for name in ("disableAllHooks", "allowManagedHooksOnly") if settings.get(name)]
    return HookState(
        bool(ours),
        any(handlers[place].get("command") == hook_command() for place in ours),
        ours[:1] == [0],
        ", ".join(blocking),
    )


# --- the text ------------------------------------------------------------------------------------


def _with_hook(path: Path, text: str, command: str) -> str:
    handler = {"type": "command", "command": command, "timeout": _SECONDS, "async": True}
    settings = json.loads(text)
    ours = [
        (group, place)
        for group in _groups(settings)
        for place, one in enumerate(group.get("hooks", []))
        if _is_ours(one)
    ]
    if len(ours) == 1 and ours[0][0]["hooks"][ours[0][1]] == handler:
        return text
    text = _without_hook(text, ())
    start = json_text.items("[" + text + "]", 0)[0].start - 1
    group = {"matcher": "*", "hooks": [handler]}
    hooks = json_text.find(text, start, "hooks")
    if hooks is None:
        changed = json_text.insert(text, start, {EVENT: [group]}, key="hooks")
    elif (event := json_text.find(text, hooks.value, EVENT)) is None:
        changed = json_text.insert(text, hooks.value, [group], key=EVENT)
    else:
        changed = json_text.insert(text, event.value, group, first=True)
    expected = json.loads(text)
    expected.setdefault("hooks", {}).setdefault(EVENT, []).insert(0, group)
    if json.loads(changed) != expected:
        raise CannotPatch(f"{path} has a form that cannot be changed safely: add the hook by hand")
    return changed


def _without_hook(text: str, made: Any) -> str:
    """Without our handlers, the groups that held nothing else, and of what is empty then, what was
    `made` for them."""
    while (found := _first_of_ours(text)) is not None:
        event, group, handlers, handler = found
        if len(json_text.items(text, handlers)) == 1:
            text = json_text.remove(text, event, group)
        else:
            text = json_text.remove(text, handlers, handler)
    for key, parent in ((EVENT, "hooks"), ("hooks", "")):
        at = _start(text)
        if parent:
            holder = json_text.find(text, at, parent)
            if holder is None:
                continue
            at = holder.value
        member = json_text.find(text, at, key)
        if key in made and member is not None and not json_text.items(text, member.value):
            text = json_text.remove(text, at, member)
    return text


def _first_of_ours(text: str) -> tuple[int, json_text.Item, int, json_text.Item] | None:
    """(the event's array, the group in it, the group's array of handlers, our handler)."""
    hooks = json_text.find(text, _start(text), "hooks")
    event = json_text.find(text, hooks.value, EVENT) if hooks else None
    if event is None:
        return None
    for group in json_text.items(text, event.value):
        handlers = json_text.find(text, group.value, "hooks")
        if handlers is None:
            continue
        for handler in json_text.items(text, handlers.value):
            if _is_ours(json.loads(text[handler.value : handler.end])):
                return event.value, group, handlers.value, handler
    return None


def _start(text: str) -> int:
    return text.index("{")


def _is_ours(handler: Any) -> bool:
    return (
        isinstance(handler, dict)
        and isinstance(handler.get("command"), str)
        and _OURS.search(handler["command"]) is not None
    )


def _finds_hook(content: bytes | None) -> bool:
    return content is not None and _first_of_ours(content.decode()) is not None


def _decode(path: Path, content: bytes) -> str:
    """The text of a settings file of the form that we know. Raises CannotPatch."""
    try:
        text = content.decode("utf-8")
        if not text.strip():
            raise ValueError("it is empty")
        if text.startswith("\ufeff"):
            raise ValueError("it begins with a byte order mark")
        settings = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twins)
        if not isinstance(settings, dict):
            raise TypeError("it is not an object")
        _groups(settings)
    except (ValueError, TypeError, RecursionError) as error:
        raise CannotPatch(f"{path} is left as it is: {error}. Mend it and try again") from None
    return text


def _groups(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups of our event. Raises TypeError where hooks have another form."""
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict):
        raise TypeError("`hooks` is not an object")
    groups = hooks.get(EVENT, [])
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise TypeError(f"`hooks.{EVENT}` is not a list of objects")
    if not all(isinstance(group.get("hooks", []), list) for group in groups):
        raise TypeError(f"a group of `hooks.{EVENT}` has no list of hooks")
    return groups


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twin = next(key for key, _ in pairs if sum(other == key for other, _ in pairs) > 1)
        raise ValueError(f"the key {twin!r} is there twice")
    return found


# --- the file ------------------------------------------------------------------------------------


def _target(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # a link to itself
        raise CannotPatch(f"{path}: {error}") from None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotPatch(f"{path} cannot be read: {error.strerror}") from None


def _note(patch: Patch, known: dict[str, Any]) -> dict[str, Any]:
    """What is needed to undo it, and what an earlier one of ours that it replaces has made."""
    after = _hash(patch.after or b"")
    if _finds_hook(patch.before):
        untouched = known.get("after") == _hash(patch.before or b"")
        return known | {"after": after} if untouched else known
    hooks = json.loads(patch.before).get("hooks") if patch.before is not None else None
    made = [EVENT, "hooks"] if hooks is None else [] if EVENT in hooks else [EVENT]
    return {
        "path": str(patch.path),
        "before": patch.before.hex() if patch.before is not None else None,
        "after": after,
        "made": made,
    }


def _record(folder: Path, path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / _record_name(path)).read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def _record_name(path: Path) -> str:
    return f"settings-{_hash(str(path).encode())[:16]}.json"


def _keep_copy(path: Path, content: bytes) -> None:
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    _write(path.with_name(f"{path.name}.tracehouse-{stamp}.bak"), content, path)
    copies = sorted(path.parent.glob(f"{path.name}.tracehouse-*.bak"))
    for old in copies[:-_BACKUPS]:
        old.unlink(missing_ok=True)


def _write(path: Path, content: bytes, like: Path | None) -> None:
    """Replace it in one step, with the mode and owner of `like` where that is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if like is not None and like.exists():
                about = like.stat()
                os.fchmod(file.fileno(), about.st_mode & 0o7777)
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), about.st_uid, about.st_gid)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
