"""The key of this machine's user for a server on this machine, kept in `credentials.json`."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from tracehouse_agent.exposure import is_loopback
from tracehouse_agent.profile import profile_path, read_profiles
from tracehouse_api.identity.api_keys import ApiKeys, Taken
from tracehouse_collector.keys import (
    DEFAULT_WORKSPACE,
    PREFIX,
    is_well_formed,
    write_private,
)

_PROFILE = "default"
_LOCAL_PROFILE = "local"
_KEY_NAME = "local user"


def ensure_local_key(keys: ApiKeys, owner: str, api_base: str) -> tuple[str, str]:
    """(the key of this machine's user for this server, the profile that it is kept under). It is
    the `owner`'s, for the default workspace.

    A key that the user already has for a server on this machine is let in here, too, so that a
    new data folder needs no new key. A `default` profile that points to another machine is the
    user's own choice: it stays, and the local server is kept under `local`.

    Raises ValueError when the file is there and is not JSON.
    """
    path = profile_path()
    profiles = read_profiles()
    current = profiles.get(_PROFILE, {})
    elsewhere = bool(current.get("api_key")) and not is_loopback(
        urlsplit(current.get("api_base", "")).hostname or ""
    )
    profile = _LOCAL_PROFILE if elsewhere else _PROFILE
    key = profiles.get(profile, {}).get("api_key", "")
    if keys.principal(key) is None:
        key = _let_in(keys, key, owner)
    entry = {"api_base": api_base, "api_key": key}
    if profiles.get(profile) != entry:
        write_private(path, profiles | {profile: entry})
    return key, profile


def _let_in(keys: ApiKeys, key: str, owner: str) -> str:
    """`key`, or a new one where it is none of ours or was revoked here."""
    if key.startswith(PREFIX) and is_well_formed(key):
        with contextlib.suppress(Taken):
            keys.add(key, workspace=DEFAULT_WORKSPACE, user=owner, name=_KEY_NAME)
            return key
    return keys.mint(workspace=DEFAULT_WORKSPACE, user=owner, name=_KEY_NAME)[0]
