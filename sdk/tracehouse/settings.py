"""Where telemetry goes: argument > `TRACEHOUSE_*` > `OTEL_*` > credentials.json > default."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tracehouse import anonymous
from tracehouse.errors import ClaudeMonitorError

LOCAL_SERVER = "http://127.0.0.1:4318"
_SIGNALS = ("traces", "logs", "metrics")


class Mode(StrEnum):
    """What becomes of what is logged."""

    online = "online"
    """Written to disk, and sent from there."""
    offline = "offline"
    """Written to disk; `tracehouse sync` sends it."""
    disabled = "disabled"
    """Nothing is written or sent."""


@dataclass(frozen=True)
class Destination:
    """A server and the right to write to it. `api_key` is None when none is known (yet)."""

    api_base: str
    api_key: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    urls: tuple[tuple[str, str], ...] = ()
    compression: str = "none"
    certificate: str | None = None
    timeout: float = 10.0
    workspace: str | None = None
    """Set for a ClickHouse that is written to directly: whose rows these are."""
    may_change: bool = False
    """The key or address came from credentials.json: look there again before each try."""

    def url(self, signal: str) -> str:
        """Where OTLP of this signal (`traces`, `logs`, `metrics`) is posted."""
        return dict(self.urls).get(signal) or f"{self.api_base}/v1/{signal}"

    def request_headers(self) -> dict[str, str]:
        """The headers of every request, the key among them."""
        headers = dict(self.headers)
        if self.api_key and "authorization" not in {name.lower() for name in headers}:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return headers


def config_dir() -> Path:
    """`$XDG_CONFIG_HOME/tracehouse`: what the user set."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def state_dir() -> Path:
    """`$XDG_STATE_HOME/tracehouse`: what this machine has not sent yet."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "tracehouse"


def resolve_mode(mode: str | None = None) -> Mode:
    """The mode asked for. Raises ClaudeMonitorError for an unknown one."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Mode.disabled
    name = mode or os.environ.get("TRACEHOUSE_MODE") or Mode.online
    try:
        return Mode(name)
    except ValueError:
        raise ClaudeMonitorError(f"mode is {name!r}: choose online, offline or disabled") from None


def resolve_destination(api_key: str | None = None, api_base: str | None = None) -> Destination:
    """The server to send to. Raises ClaudeMonitorError for a key that cannot be one."""
    base = api_base or os.environ.get("TRACEHOUSE_API_BASE")
    key = api_key or os.environ.get("TRACEHOUSE_API_KEY")
    if key and not key.startswith(("ba_", "anon_")):
        raise ClaudeMonitorError("an API key starts with ba_: see TRACEHOUSE_API_KEY or api_key=")
    if base is None and key is None and (found := _from_opentelemetry()) is not None:
        return found
    may_change = False
    if key is None:
        profile = _profile(base)
        may_change = True
        key = profile.get("api_key")
        base = base or profile.get("api_base")
    if key is None and (session := anonymous.known((base or LOCAL_SERVER).rstrip("/"))):
        key = session.token
    return Destination(
        (base or LOCAL_SERVER).rstrip("/"),
        key,
        compression=_otel("COMPRESSION") or "none",
        certificate=_otel("CERTIFICATE"),
        timeout=_otel_timeout(),
        may_change=may_change,
    )


def _profile(base: str | None) -> dict[str, Any]:
    """The default profile, or the one for the server `base`."""
    try:
        profiles = json.loads((config_dir() / "credentials.json").read_text())
        if base is None:
            return dict(profiles.get("default", {}))
        wanted = base.rstrip("/")
        return next(
            (dict(p) for p in profiles.values() if str(p.get("api_base")).rstrip("/") == wanted), {}
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _otel(name: str, signal: str | None = None) -> str | None:
    part = f"{signal.upper()}_" if signal else ""
    return os.environ.get(f"OTEL_EXPORTER_OTLP_{part}{name}") or None


def _otel_timeout() -> float:
    """Seconds; OpenTelemetry's variable has seconds in Python. Default 10."""
    try:
        return float(_otel("TIMEOUT") or 10)
    except ValueError:
        return 10.0


def _from_opentelemetry() -> Destination | None:
    """The destination that OpenTelemetry's own variables name, when they name one."""
    base = _otel("ENDPOINT")
    urls = tuple((signal, url) for signal in _SIGNALS if (url := _otel("ENDPOINT", signal)))
    if base is None and not urls:
        return None
    headers = tuple(
        (unquote(name.strip()), unquote(value.strip()))
        for name, _, value in (pair.partition("=") for pair in (_otel("HEADERS") or "").split(","))
        if name.strip()
    )
    return Destination(
        (base or LOCAL_SERVER).rstrip("/"),
        None,
        headers,
        urls,
        _otel("COMPRESSION") or "none",
        _otel("CERTIFICATE"),
        _otel_timeout(),
    )
