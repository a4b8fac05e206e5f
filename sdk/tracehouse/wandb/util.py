"""`wandb.util`: the helpers that other libraries import."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from tracehouse.values import jsonable

_ALPHABET = string.ascii_lowercase + string.digits
_ADJECTIVES = (
    "amber", "bold", "brisk", "calm", "clear", "crisp", "eager", "fair", "fresh", "gentle", "grand",
    "keen", "light", "lively", "lucid", "mellow", "neat", "quiet", "rapid", "still", "swift",
)  # fmt: skip
_NOUNS = (
    "brook", "cedar", "cloud", "coral", "dawn", "dune", "fern", "field", "fjord", "glade", "grove",
    "harbor", "lake", "meadow", "moon", "pine", "reef", "ridge", "river", "shore", "stone", "wave",
)  # fmt: skip


def generate_id(length: int = 8) -> str:
    """A random id of lower-case letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def generate_name() -> str:
    """A name that people can say."""
    number = secrets.randbelow(1000)
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}-{number}"


def json_dumps_safer(obj: Any, **kwargs: Any) -> str:
    """JSON of anything."""
    return json.dumps(jsonable(obj), **kwargs)


def make_artifact_name_safe(name: str) -> str:
    """A name with nothing in it but letters, digits, `-`, `_` and `.`."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:128]


def to_forward_slash_path(path: str) -> str:
    """A path with forward slashes."""
    return path.replace("\\", "/")
