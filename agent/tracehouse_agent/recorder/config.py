"""`config.toml` in the user's config folder: what the recorder reads and what it takes out.

[recorder]
roots = ["~/work/.claude"]          # beside the usual ones
since = "30d"                        # how far back it reads at first; all by default

[redaction]
emails = true                        # also: phones, cards, ibans; ips is off
allow = ['support@example\\.com']    # RE2; what matches as a whole is left in
rules = [{ name = "ticket", pattern = 'TICKET-\\d+' }]
"""

from __future__ import annotations

import getpass
import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tracehouse.settings import config_dir, state_dir
from tracehouse_agent.recorder.redaction import Options, Redactor
from tracehouse_agent.recorder.redaction.placeholders import read_salt
from tracehouse_agent.recorder.roots import Root, default_roots, root_of

_DAYS = re.compile(r"(\d{1,5})\s*(d|h|w)")
_HOURS = {"h": 1, "d": 24, "w": 168}
_SWITCHES = ("emails", "phones", "cards", "ibans", "ips")


@dataclass(frozen=True)
class Config:
    """What the user set. Raises nothing; `read_config` does."""

    roots: tuple[Root, ...] = ()
    only: bool = False
    """The usual places are left out."""
    since: float = 0.0
    redaction: Options = field(default_factory=Options)

    @property
    def all_roots(self) -> list[Root]:
        """The usual places and the user's own."""
        usual = [] if self.only else default_roots()
        return list(dict.fromkeys((*usual, *self.roots)))

    def redactor(self) -> Redactor:
        """What takes out secrets. Raises ValueError and OSError."""
        return Redactor(read_salt(recorder_dir() / "salt"), self.redaction)


def recorder_dir() -> Path:
    """Where the recorder keeps what it must remember."""
    return state_dir() / "recorder"


def config_path() -> Path:
    return config_dir() / "config.toml"


def read_config() -> Config:
    """The user's settings; the defaults where there are none. Raises ValueError with what is wrong:
    a recorder that guessed would send what it was told to keep."""
    try:
        content = tomllib.loads(config_path().read_text())
    except FileNotFoundError:
        content = {}
    except (OSError, ValueError) as error:
        raise ValueError(f"{config_path()}: {error}") from None
    try:
        return _config(content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{config_path()}: {error}") from None


def _config(content: dict[str, Any]) -> Config:
    recorder: dict[str, Any] = dict(content.get("recorder", {}))
    redaction: dict[str, Any] = dict(content.get("redaction", {}))
    for table, known, given in (
        ("recorder", {"roots", "since"}, recorder),
        ("redaction", {*_SWITCHES, "allow", "rules"}, redaction),
    ):
        if other := sorted(set(given) - known):
            raise ValueError(f"[{table}] has no setting {', '.join(other)}")
    roots = [
        root for text in recorder.get("roots", []) for root in root_of(Path(text).expanduser())
    ]
    for name in _SWITCHES:
        if not isinstance(redaction.get(name, True), bool):
            raise ValueError(f"[redaction] {name} is true or false")
    options = Options(
        **{name: redaction[name] for name in _SWITCHES if name in redaction},
        rules=tuple((str(r["name"]), str(r["pattern"])) for r in redaction.get("rules", [])),
        allow=tuple(str(pattern) for pattern in redaction.get("allow", [])),
        home=Path.home(),
        user=_user(),
    )
    Redactor(b"", options)  # raises ValueError for a pattern that is none
    return Config(
        tuple(roots), since=parse_since(str(recorder.get("since", ""))), redaction=options
    )


def parse_since(text: str) -> float:
    """Unix seconds of `30d`, `12h`, `2w` ago, or of an ISO 8601 time; 0 for ''. Raises
    ValueError."""
    if not text:
        return 0.0
    if found := _DAYS.fullmatch(text.strip()):
        ago = timedelta(hours=int(found[1]) * _HOURS[found[2]])
        return (datetime.now(UTC) - ago).timestamp()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time: say 30d, 12h, or 2026-11-01") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
