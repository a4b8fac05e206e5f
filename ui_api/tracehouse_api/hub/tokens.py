"""Who pushes to the Hub with which token.

A token is kept encrypted, under a key that is made of the house's secret and of whose it is: a row
that is put under another name cannot be read. It is shown to nobody.
"""

from __future__ import annotations

import base64
import re
import time
from contextlib import suppress
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from fastapi import HTTPException
from huggingface_hub.errors import HfHubHTTPError
from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, insert, select

from tracehouse_api.hub.client import PROFILE, api, asking
from tracehouse_api.meta.database import Meta
from tracehouse_api.meta.secret import derived_key
from tracehouse_api.values import iso_seconds
from tracehouse_collector.keys import Principal

_TOKEN = re.compile(r"[!-~]{8,500}")
_LONGEST_NAME = 200
_MAKE_ONE = "make one at https://huggingface.co/settings/tokens with write access"
_hub_tokens = Table(
    "hub_tokens", MetaData(),
    Column("user_id", String(240), primary_key=True), Column("encrypted", Text),
    Column("name", String(_LONGEST_NAME)), Column("account", String(_LONGEST_NAME)),
    Column("ends_in", String(4)), Column("saved_at", Float),
)  # fmt: skip


class HubTokens:
    """The token of one user; of a workspace, for keys that belong to no account."""

    def __init__(self, meta: Meta, principal: Principal) -> None:
        self._meta = meta
        self._user = principal.user or f"workspace:{principal.workspace}"

    def put(self, token: Any, endpoint: str) -> dict[str, Any]:
        """Keep a token, once the Hub has said that it may write; what `shown` says of it. Raises
        HTTPException."""
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise HTTPException(422, f"token: give a token of the Hub, as hf_…: {_MAKE_ONE}")
        account, name = _checked(token, endpoint)
        row = {
            "encrypted": self._cipher().encrypt(token.encode()).decode(),
            "name": name, "account": account, "ends_in": token[-4:], "saved_at": time.time(),
        }  # fmt: skip
        with self._meta.begin() as connection:
            connection.execute(delete(_hub_tokens).where(_hub_tokens.c.user_id == self._user))
            connection.execute(insert(_hub_tokens).values(user_id=self._user, **row))
        return _shown(row)

    def get(self) -> str:
        """The token, to ask the Hub with. Raises HTTPException."""
        if (row := self._row()) is not None:
            with suppress(InvalidToken):  # the house has another secret than it had
                return self._cipher().decrypt(row["encrypted"].encode()).decode()
        raise HTTPException(
            409, f"no token of the Hub is saved: {_MAKE_ONE}, and save it with {PROFILE} {{token}}"
        )

    def shown(self) -> dict[str, Any]:
        """What may be known of it: `{saved, account, name, ends_in, saved_at}`."""
        return _shown(self._row())

    def delete(self) -> bool:
        """Forget it; whether it was there."""
        with self._meta.begin() as connection:
            gone = connection.execute(
                delete(_hub_tokens).where(_hub_tokens.c.user_id == self._user)
            )
        return gone.rowcount > 0

    def _row(self) -> dict[str, Any] | None:
        with self._meta.read() as connection:
            found = connection.execute(
                select(_hub_tokens).where(_hub_tokens.c.user_id == self._user)
            ).mappings().first()  # fmt: skip
        return dict(found) if found else None

    def _cipher(self) -> Fernet:
        key = derived_key(self._meta, f"hub token of {self._user}")
        return Fernet(base64.urlsafe_b64encode(key))


def _shown(row: dict[str, Any] | None) -> dict[str, Any]:
    shown = {name: row[name] if row else None for name in ("account", "name", "ends_in")}
    saved_at = iso_seconds(row["saved_at"]) if row else None
    return {"saved": row is not None, **shown, "saved_at": saved_at}


def _checked(token: str, endpoint: str) -> tuple[str, str]:
    """The account and the name of a token that may write. Raises HTTPException."""
    with asking(endpoint):
        try:
            found = api(endpoint, token).whoami()
        except HfHubHTTPError as error:
            if error.response.status_code in (401, 403):
                raise HTTPException(
                    422, f"token: the Hub does not know it, or it expired: {_MAKE_ONE}"
                ) from None
            raise
        said = found["auth"]["accessToken"]
        if not _may_write(said):
            raise HTTPException(
                422,
                f"token: it may only read ({said['role']}), and nothing was saved: {_MAKE_ONE}, or "
                'a fine-grained one with "write access to contents" of your repositories',
            )
        return str(found["name"]), str(said.get("displayName") or "")[:_LONGEST_NAME]


def _may_write(said: dict[str, Any]) -> bool:
    """Whether a token, as the Hub describes it, may write to some repository."""
    scoped = (said.get("fineGrained") or {}).get("scoped") or ()
    return said["role"] in ("write", "admin") or any(
        "repo.write" in (scope.get("permissions") or ()) for scope in scoped
    )
