"""API keys: what they look like, how they are kept, whom they let in.

A key is `ba_` + 32 random characters + 6 characters of checksum, all base 62. The checksum lets a
mistyped key be told from a revoked one without a look-up. Only the SHA-256 of a key is kept; a
key has 190 bits of randomness, so a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import string
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

PREFIX = "ba_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 32
_CHECKSUM_LENGTH = 6
DEFAULT_WORKSPACE = "default"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: the workspace they act in, and what they may do there.

    Scopes are `ingest`, `read` and `admin`. `user` is the id of the account behind the key, empty
    where there is none.
    """

    workspace: str
    scopes: frozenset[str]
    user: str = ""


class Keys(Protocol):
    """Whatever can tell whom a key belongs to."""

    def principal(self, key: str) -> Principal | None:
        """Whose key this is; None when it is unknown, malformed or revoked."""
        ...


def generate_key() -> str:
    """A new key, from the operating system's randomness."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return PREFIX + body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Whether prefix, length and checksum are those of a key."""
    body, checksum = key[len(PREFIX) : -_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    return (
        key.startswith(PREFIX)
        and len(body) == _RANDOM_LENGTH
        and hmac.compare_digest(_checksum(body).encode(), checksum.encode())
    )


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits: list[str] = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it is kept: its name, its hash, and what it may do."""

    name: str
    sha256: str
    workspace: str
    scopes: tuple[str, ...]


class KeyFile:
    """Keys in one JSON file, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: list[StoredKey] = []
        if path.exists():
            self._keys = [
                StoredKey(k["name"], k["sha256"], k["workspace"], tuple(k["scopes"]))
                for k in json.loads(path.read_text())["keys"]
            ]

    def principal(self, key: str) -> Principal | None:
        if not is_well_formed(key):
            return None
        digest = _sha256(key)
        found: StoredKey | None = None
        for stored in self._keys:  # all of them: the time taken tells nothing about which matched
            if hmac.compare_digest(stored.sha256, digest):
                found = stored
        return Principal(found.workspace, frozenset(found.scopes)) if found else None

    def add(
        self,
        key: str,
        *,
        name: str,
        workspace: str = DEFAULT_WORKSPACE,
        scopes: tuple[str, ...] = ("ingest", "read", "admin"),
    ) -> None:
        """Keep the hash of `key`. Raises ValueError when it is not a well-formed key."""
        if not is_well_formed(key):
            raise ValueError("not a tracehouse key: it should be ba_ and 38 characters")
        self._keys.append(StoredKey(name, _sha256(key), workspace, scopes))
        write_private(self._path, {"keys": [asdict(stored) for stored in self._keys]})


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


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
