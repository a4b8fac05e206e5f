"""Without an account: a server may give out tokens, which are kept for the next program.

They are in `$XDG_CACHE_HOME/tracehouse/anon-<host>.json`, mode 0600, where the older client keeps
its own. `TRACEHOUSE_ANON=0` forbids it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracehouse import complain

if TYPE_CHECKING:
    from tracehouse.recorder.transport import Transport

PREFIX = "anon_"
_PATH = "/v1/anon/session"


@dataclass(frozen=True, slots=True)
class AnonymousSession:
    """What a server gave this machine: to send with, to show with, and to claim with."""

    token: str
    read_token: str
    claim_token: str
    web_url: str

    def link(self, path: str) -> str:
        """An address that anybody can open."""
        web = os.environ.get("TRACEHOUSE_WEB_URL") or self.web_url
        return f"{web.rstrip('/')}{path}?t={self.read_token}"

    def announce(self) -> None:
        """Say once that there is no account, and how what is sent becomes somebody's."""
        complain.once(
            "YOU ARE NOT LOGGED IN: what you log is kept for thirty days, for whoever has its "
            "link. Make it yours: %s/claim?token=%s",
            self.web_url.rstrip("/"),
            self.claim_token,
            key=f"anonymous {self.web_url}",
        )

    def say_it_is_full(self, kept_in: Path) -> None:
        """Say once that the server takes no more before the session is somebody's."""
        complain.once(
            "THE SERVER TAKES NO MORE FROM YOU WITHOUT AN ACCOUNT. Claim what you sent: "
            "%s/claim?token=%s. What is logged is kept in %s, and is sent by the next program or "
            "by 'tracehouse sync' once that is yours",
            self.web_url.rstrip("/"),
            self.claim_token,
            kept_in,
            key=f"full {self.web_url}",
        )


def is_allowed() -> bool:
    """Whether programs may begin without a key."""
    return os.environ.get("TRACEHOUSE_ANON") != "0"


def known(api_base: str) -> AnonymousSession | None:
    """This machine's session with a server; None before it has one, or where that is forbidden."""
    if not is_allowed():
        return None
    try:
        return _read(json.loads(_path(api_base).read_text()))
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def begin(transport: Transport) -> AnonymousSession | None:
    """Ask the server for a session, and keep it; None where it gives out none. `transport` must
    send no key."""
    base = transport.destination.api_base
    headers = {"Content-Type": "application/json"}
    answer, body = transport.request("POST", base + _PATH, body=b"{}", headers=headers)
    if answer.status != 200:
        return None
    try:
        session = _read(json.loads(body))
    except (ValueError, TypeError, AttributeError):
        return None
    if session is not None:
        _keep(_path(base), session)
    return session


def _read(content: dict[str, object]) -> AnonymousSession | None:
    fields = {name: str(content.get(name) or "") for name in AnonymousSession.__slots__}
    session = AnonymousSession(**fields)
    both = session.token.startswith(PREFIX) and session.read_token.startswith(PREFIX)
    return session if both else None


def _keep(path: Path, session: AnonymousSession) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(session), file)
        temporary.replace(path)
    except OSError as error:
        complain.once(
            "%s cannot be written, so the next program gets other tokens: %s", path, error
        )


def _path(api_base: str) -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tracehouse"
    host = re.sub(r"[^A-Za-z0-9.-]+", "_", api_base.partition("://")[2].strip("/"))
    return folder / f"anon-{host}.json"
