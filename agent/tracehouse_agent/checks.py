"""What `doctor` looks at: each finding with what to do about it."""

from __future__ import annotations

import json
import os
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from tracehouse.errors import ClaudeMonitorError
from tracehouse.recorder.ids import default_machine_id
from tracehouse.settings import Destination, resolve_destination
from tracehouse_agent import settings_patch
from tracehouse_agent.install_command import settings_files
from tracehouse_agent.recorder.config import Config, read_config
from tracehouse_agent.recorder.roots import CODEX, transcripts
from tracehouse_agent.recorder.running import is_running, read_pid, read_status
from tracehouse_agent.server_check import check_server
from tracehouse_agent.service import installed

State = Literal["ok", "note", "problem"]
_MOST_SKEW = 30.0
_STALE_SECONDS = 120.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `facts` are for programs, `next` is what to do."""

    name: str
    state: State
    detail: str
    next: str
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def found(name: str, state: State, detail: str, todo: str = "", **facts: Any) -> Finding:
    return Finding(name, state, detail, todo, facts)


def look_at_everything() -> Iterator[Finding]:
    """One finding after the other; none of them raises."""
    for look in (_account, _machine, _transcripts, _recorder, _service, _redaction, _hooks,
                 _unknown_rows, _own_telemetry):  # fmt: skip
        yield from _guarded(look)


def _guarded(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except (OSError, ValueError, ClaudeMonitorError) as error:
        yield found(look.__name__.strip("_").replace("_", " "), "problem", str(error))


def _account() -> Iterator[Finding]:
    destination = resolve_destination()
    if destination.api_key is None and not destination.headers:
        yield found("key", "problem", "there is none", "tracehouse login")
        return
    check = check_server(destination)
    if not check.reachable:
        todo = "start it, or `tracehouse login` to another"
        yield found("server", "problem", check.problem, todo, api_base=destination.api_base)
        return
    version = f", version {check.version}" if check.version else ""
    yield found("server", "ok", f"{destination.api_base}{version}", api_base=destination.api_base,
                version=check.version or None)  # fmt: skip
    if check.key_works:
        yield found("key", "ok", "the server lets it in")
    else:
        yield found("key", "problem", check.problem, "tracehouse login")
    if check.skew_seconds is not None:
        far = abs(check.skew_seconds) > _MOST_SKEW
        yield found(
            "clock", "problem" if far else "ok", f"{check.skew_seconds:+.0f} s from the server's",
            "set this machine's clock" if far else "", skew_seconds=round(check.skew_seconds, 1),
        )  # fmt: skip


def _machine() -> Iterator[Finding]:
    yield found("machine", "ok", default_machine_id(), machine_id=default_machine_id())


def _transcripts() -> Iterator[Finding]:
    config = read_config()
    for root in config.all_roots:
        if not root.path.is_dir():
            yield found("root", "note", f"{root.path} ({root.agent}) is not there")
            continue
        here = list(transcripts([root]))
        size = sum(one.size for one in here)
        detail = f"{root.path} ({root.agent}): {len(here):,} transcripts, {size / 1e6:,.1f} MB"
        yield found("root", "ok", detail, agent=root.agent, path=str(root.path),
                    transcripts=len(here), bytes=size)  # fmt: skip


def _recorder() -> Iterator[Finding]:
    status = read_status()
    if not is_running():
        yield found("recorder", "problem", "nothing records", "tracehouse install", running=False)
        return
    age = time.time() - float(status.get("time", 0))
    behind, queued = int(status.get("bytes_behind", 0)), int(status.get("queue_bytes", 0))
    detail = f"pid {read_pid()}"
    if status:
        detail += f", {behind / 1e6:,.1f} MB behind, {queued / 1e6:,.1f} MB not sent yet"
    state: State = "ok"
    todo = ""
    if why := status.get("waiting_because"):
        state, todo = "note", f"it waits: {why}. What is recorded is kept and sent later"
    if status and age > _STALE_SECONDS:
        state, todo = "problem", "it says nothing any more: `tracehouse install` restarts it"
    yield found("recorder", state, detail, todo, running=True, pid=read_pid(), bytes_behind=behind,
                queue_bytes=queued, last_look=status.get("time"), last_sync=status.get("sent_at"),
                version=status.get("version"))  # fmt: skip
    if sent := status.get("sent_at"):
        yield found("last sync", "ok", f"{max(0, time.time() - float(sent)):,.0f} s ago")


def _service() -> Iterator[Finding]:
    service = installed()
    if service is None:
        yield found("service", "note", "none is installed", "tracehouse install", installed=False)
        return
    state = service.state()
    yield found("service", "ok" if state.running and not state.hint else "note",
                f"{state.kind}: {state.detail}", state.hint, kind=state.kind, installed=True,
                running=state.running)  # fmt: skip


def _redaction() -> Iterator[Finding]:
    redactor = read_config().redactor()
    removed: dict[str, int] = read_status().get("removed", {})
    top = ", ".join(f"{rule} {count:,}" for rule, count in list(removed.items())[:5])
    detail = f"{redactor.rule_count} rules; {sum(removed.values()):,} values taken out"
    yield found("redaction", "ok", detail + (f" ({top})" if top else ""),
                rules=redactor.rule_count, removed=removed)  # fmt: skip


def _hooks() -> Iterator[Finding]:
    for path in settings_files():
        state = settings_patch.look(path)
        facts: dict[str, Any] = {"path": str(path), "present": state.present, "first": state.first}
        if state.problem:
            yield found("hook", "problem", state.problem, "mend the file", **facts)
        elif not state.present:
            yield found("hook", "note", f"not in {path}", "tracehouse install", **facts)
        elif state.never_runs:
            todo = f"{state.never_runs} keeps hooks from running; sessions are recorded without it"
            yield found("hook", "note", str(path), todo, **facts)
        elif not state.current:
            yield found("hook", "note", f"{path}: of another installation", "tracehouse install",
                        **facts)  # fmt: skip
        else:
            where = "" if state.first else ", behind other hooks"
            yield found("hook", "ok", f"in {path}{where}", **facts)


def _unknown_rows() -> Iterator[Finding]:
    status = read_status()
    unknown: dict[str, int] = status.get("unknown", {})
    broken = int(status.get("broken", 0))
    if not unknown and not broken:
        yield found("formats", "ok", "every row is of a known type", unknown={}, broken=0)
        return
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in list(unknown.items())[:6])
    detail = f"unknown: {kinds or 'none'}; torn lines: {broken:,}"
    todo = "a newer tracehouse may know them; they are passed over" if unknown else ""
    yield found("formats", "note", detail, todo, unknown=unknown, broken=broken)


def _own_telemetry() -> Iterator[Finding]:
    """Whether an agent's own OpenTelemetry comes to the same server."""
    destination = resolve_destination()
    for name, endpoint in (*_of_claude(), *_of_codex(read_config())):
        if _same(endpoint, destination):
            yield found("own telemetry", "note",
                        f"{name} sends its own telemetry to the same server: each session is one, "
                        "and its usage counts once", endpoint=endpoint)  # fmt: skip


def _of_claude() -> Iterator[tuple[str, str]]:
    for path in settings_files():
        try:
            environment = json.loads(path.read_text()).get("env", {})
        except (OSError, ValueError, AttributeError):
            continue
        if not isinstance(environment, dict):
            continue
        merged = {**os.environ, **{k: v for k, v in environment.items() if isinstance(v, str)}}
        endpoint = merged.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        if merged.get("CLAUDE_CODE_ENABLE_TELEMETRY") in ("1", "true") and endpoint:
            yield "Claude Code", endpoint


def _of_codex(config: Config) -> Iterator[tuple[str, str]]:
    for root in config.all_roots:
        if root.agent != CODEX:
            continue
        try:
            otel = tomllib.loads(Path(root.path / "config.toml").read_text()).get("otel", {})
        except (OSError, ValueError):
            continue
        for name in ("exporter", "trace_exporter"):
            exporter = otel.get(name) if isinstance(otel, dict) else None
            if isinstance(exporter, dict):
                for about in exporter.values():
                    if isinstance(about, dict) and isinstance(about.get("endpoint"), str):
                        yield "Codex", about["endpoint"]
                        break


def _same(endpoint: str, destination: Destination) -> bool:
    """Whether an address is on the server's host."""
    try:
        one, other = urlsplit(endpoint).hostname, urlsplit(destination.api_base).hostname
    except ValueError:
        return False
    local = {"localhost", "127.0.0.1", "::1"}
    return one == other or (one in local and other in local)
