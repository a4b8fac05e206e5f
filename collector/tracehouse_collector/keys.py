"""API keys: what they look like, and whom they let in.

A key is a prefix + 32 random characters + 6 characters of checksum, all base 62: `ba_` for keys of
accounts, `anon_` for those of anonymous sessions, `share_` in links. The checksum lets a mistyped
key be told from a revoked one without a look-up. Only the SHA-256 of a key is kept (`hashed`): it
has 190 bits of randomness, so a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import string
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tracehouse_collector.admit.allowance import Allowance

Prefix = Literal["ba_", "anon_", "share_"]

PREFIX: Prefix = "ba_"
ANONYMOUS_PREFIX: Prefix = "anon_"
SHARE_PREFIX: Prefix = "share_"
_PREFIXES: tuple[Prefix, ...] = (PREFIX, ANONYMOUS_PREFIX, SHARE_PREFIX)
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 32
_CHECKSUM_LENGTH = 6
DEFAULT_WORKSPACE = "default"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: the workspace they act in, and what they may do there.

    Scopes are `ingest`, `read` and `admin`. `user` is the id of the account behind the key, empty
    where there is none. What comes with a key that has a `project` is put there, whatever it says.
    Only an anonymous session that nobody has claimed has an `allowance`.
    """

    workspace: str
    scopes: frozenset[str]
    user: str = ""
    project: str = ""
    allowance: Allowance | None = field(default=None, compare=False, repr=False)


class Keys(Protocol):
    """Whatever can tell whom a key belongs to."""

    def principal(self, key: str) -> Principal | None:
        """Whose key this is; None when it is unknown, malformed, expired or revoked. Raises
        Refusal when it cannot be told now."""
        ...


def generate_key(prefix: Prefix = PREFIX) -> str:
    """A new key, from the operating system's randomness."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return prefix + body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Whether prefix, length and checksum are those of a key."""
    prefix = next((p for p in _PREFIXES if key.startswith(p)), None)
    if prefix is None:
        return False
    body, checksum = key[len(prefix) : -_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    return len(body) == _RANDOM_LENGTH and hmac.compare_digest(
        _checksum(body).encode(), checksum.encode()
    )


def hashed(key: str) -> str:
    """What is kept of a key: its SHA-256, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits: list[str] = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def write_private(path: Path, content: object) -> None:
    """Replace a JSON file in one step, with mode 0600 from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
