"""The secret of a house: it signs what the server gives out and later takes back, such as upload
addresses, and encrypts what it keeps for others.

It is made once and kept in the metadata database, so that all processes of a house share it.
"""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Column, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError

from tracehouse_api.meta.database import Meta

_NAME = "signing"
_secrets = Table(
    "secrets", MetaData(), Column("name", String(100), primary_key=True), Column("value", String)
)


class BadToken(ValueError):
    """A token that was not given out here, or too long ago."""


def sign(meta: Meta, purpose: str, content: Any) -> str:
    """A token that `unsign` opens again. What is in it can be read by anybody."""
    return _serializer(meta, purpose).dumps(content)


def unsign(meta: Meta, purpose: str, token: str, *, seconds: int) -> Any:
    """What is in a token of this purpose that is not older than that. Raises BadToken."""
    try:
        return _serializer(meta, purpose).loads(token, max_age=seconds)
    except BadSignature as error:
        raise BadToken("the address was not given out here, or too long ago") from error


def derived_key(meta: Meta, purpose: str) -> bytes:
    """32 bytes for one purpose alone, made from the secret by HKDF (RFC 5869)."""
    expand = HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode())
    return expand.derive(_secret(meta).encode())


def _serializer(meta: Meta, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_secret(meta), salt=purpose)


def _secret(meta: Meta) -> str:
    found = _kept(meta)
    if found is not None:
        return found
    made = secrets.token_urlsafe(32)
    try:
        with meta.begin() as connection:
            connection.execute(insert(_secrets).values(name=_NAME, value=made))
    except IntegrityError:  # another process of the house was faster
        return _kept(meta) or made
    return made


def _kept(meta: Meta) -> str | None:
    with meta.read() as connection:
        return connection.execute(select(_secrets.c.value).where(_secrets.c.name == _NAME)).scalar()
