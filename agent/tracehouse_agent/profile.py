"""The profiles in `credentials.json`, and the user's own: what `login` writes.

`{"default": {"api_base": "http://…", "api_key": "ba_…"}}`, mode 0600, in the user's config folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tracehouse.settings import config_dir
from tracehouse_collector.keys import write_private

_PROFILE = "default"


def profile_path() -> Path:
    return config_dir() / "credentials.json"


def read_profile() -> dict[str, str]:
    """`api_base` and `api_key`, where they are known. Raises ValueError for a file that is none."""
    found = read_profiles().get(_PROFILE, {})
    return {name: value for name, value in found.items() if isinstance(value, str)}


def write_profile(api_base: str, api_key: str) -> None:
    """Keep them, with mode 0600. Raises ValueError and OSError."""
    write_private(
        profile_path(), read_profiles() | {_PROFILE: {"api_base": api_base, "api_key": api_key}}
    )


def remove_profile() -> bool:
    """Forget them; whether there were any. Raises ValueError and OSError."""
    profiles = read_profiles()
    if profiles.pop(_PROFILE, None) is None:
        return False
    write_private(profile_path(), profiles)
    return True


def read_profiles() -> dict[str, Any]:
    """All of the file; empty where there is none. Raises ValueError for one that is damaged."""
    path = profile_path()
    try:
        profiles = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise ValueError(f"{path} is not valid JSON: mend it or move it away") from None
    if not isinstance(profiles, dict) or not all(
        isinstance(profile, dict)
        for profile in profiles.values()  # pyright: ignore[reportUnknownVariableType]
    ):
        raise ValueError(f"{path} is not an object of profiles: mend it or move it away")
    return profiles  # pyright: ignore[reportUnknownVariableType]
