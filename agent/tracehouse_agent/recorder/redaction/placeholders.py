"""What is put in a secret's place: the same for the same secret, and not to be turned back."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

_SALT_BYTES = 32


class Placeholders:
    """`[REDACTED:<rule>:<4 hex digits>]`; the digits are of an HMAC with this machine's salt."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def of(self, rule: str, secret: bytes) -> bytes:
        mark = hmac.digest(self._salt, secret, "sha256").hex()[:4]
        return f"[REDACTED:{rule}:{mark}]".encode()


def read_salt(path: Path) -> bytes:
    """This machine's salt, made at the first call. Raises OSError when it cannot be kept: with
    another salt, what is read again would not be the same."""
    try:
        salt = path.read_bytes()
        if len(salt) == _SALT_BYTES:
            return salt
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    salt = secrets.token_bytes(_SALT_BYTES)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(salt)
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # the first of two that start at once
    except FileExistsError:
        return path.read_bytes()
    finally:
        temporary.unlink()
    return salt
