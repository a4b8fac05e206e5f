"""Accounts: an e-mail address and a password, or somebody whom an OpenID provider vouches for.

Passwords are kept as argon2id with the library's parameters (RFC 9106's second recommendation), and
hashed anew when those have changed.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from tracehouse_api.identity.names import checked_name
from tracehouse_api.identity.tables import members, oidc_identities, users, workspaces
from tracehouse_api.meta.database import Meta
from tracehouse_collector.keys import DEFAULT_WORKSPACE

Row = dict[str, Any]

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LOCAL_EMAIL = "owner@localhost"


class Taken(ValueError):
    """The e-mail address belongs to another account."""


class Accounts:
    """All accounts of a house."""

    def __init__(self, meta: Meta, now: Callable[[], float] = time.time) -> None:
        self._meta = meta
        self._now = now
        self._hasher = PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """Verified in place of an account that is not there, so that both take as long. Made at the
        first login: a hash is slow on purpose, and a start has no use for it."""
        return self._hasher.hash(secrets.token_hex(8))

    def ensure_owner(self) -> str:
        """The id of the first owner of the default workspace; both are made with an empty house."""
        try:
            return self._first_owner() or self._add_owner()
        except IntegrityError:  # another process of the house was faster
            owner = self._first_owner()
            assert owner is not None
            return owner

    def _first_owner(self) -> str | None:
        with self._meta.read() as connection:
            return connection.execute(
                select(members.c.user_id)
                .where(members.c.workspace == DEFAULT_WORKSPACE, members.c.role == "owner")
                .order_by(members.c.joined_at)
            ).scalar()

    def _add_owner(self) -> str:
        with self._meta.begin() as connection:
            owner = _add(connection, _LOCAL_EMAIL, "local owner", self._now())
            connection.execute(
                insert(workspaces).values(
                    id=DEFAULT_WORKSPACE, name="Default", created_at=self._now(), anonymous=False
                )
            )
            connection.execute(
                insert(members).values(
                    workspace=DEFAULT_WORKSPACE, user_id=owner, role="owner", joined_at=self._now()
                )
            )
            return owner

    def find(self, user: str) -> Row | None:
        """`{id, email, name, has_password}` of an account."""
        with self._meta.read() as connection:
            return _shown(connection.execute(select(users).where(users.c.id == user)))

    def find_by_email(self, email: str) -> Row | None:
        """The same, by address."""
        with self._meta.read() as connection:
            return _shown(
                connection.execute(select(users).where(users.c.email == email.strip().lower()))
            )

    def add(self, email: str, name: str = "") -> str:
        """A new account without a password; its id. Raises ValueError for what is no address, and
        Taken."""
        address = normal_email(email)
        try:
            with self._meta.begin() as connection:
                return _add(connection, address, name or address.split("@")[0], self._now())
        except IntegrityError:
            raise Taken(f"email: {address} already has an account") from None

    def of_provider(self, issuer: str, subject: str, email: str | None, name: str) -> str:
        """The account of somebody whom a provider vouches for, made at their first login; its id.
        `email` is one that the provider has verified, or None: an account of that address is
        theirs. Raises ValueError without one for somebody new."""
        with self._meta.begin() as connection:
            known = connection.execute(
                select(oidc_identities.c.user_id).where(
                    oidc_identities.c.issuer == issuer, oidc_identities.c.subject == subject
                )
            ).scalar()
            if known is not None:
                return known
            if email is None:
                raise ValueError("the provider does not say that it verified your e-mail address")
            address = normal_email(email)
            user = connection.execute(select(users.c.id).where(users.c.email == address)).scalar()
            user = user or _add(connection, address, (name or address)[:200], self._now())
            connection.execute(
                insert(oidc_identities).values(issuer=issuer, subject=subject, user_id=user)
            )
            return user

    def change(self, user: str, *, email: str | None = None, name: str | None = None) -> None:
        """Change what an account is called. Raises ValueError, Taken."""
        values: Row = {}
        if email is not None:
            values["email"] = normal_email(email)
        if name is not None:
            values["name"] = checked_name(name)
        if not values:
            return
        try:
            with self._meta.begin() as connection:
                connection.execute(update(users).where(users.c.id == user).values(**values))
        except IntegrityError:
            raise Taken(f"email: {values['email']} already has an account") from None

    # --- passwords -------------------------------------------------------------------------------

    def set_password(self, user: str, password: str) -> None:
        """Raises ValueError for one that is too short or too long."""
        if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
            raise ValueError(
                f"password: choose {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters"
            )
        hashed = self._hasher.hash(password)
        with self._meta.begin() as connection:
            connection.execute(update(users).where(users.c.id == user).values(password_hash=hashed))

    def has_password(self, user: str) -> bool:
        """Whether somebody can log in to an account by a password."""
        found = self.find(user)
        return found is not None and found["has_password"]

    @property
    def any_password(self) -> bool:
        """Whether any account has a password."""
        with self._meta.read() as connection:
            found = connection.execute(select(users.c.id).where(users.c.password_hash != ""))
            return found.first() is not None

    def verify(self, user: str, password: str) -> bool:
        """Whether this is an account's password."""
        with self._meta.read() as connection:
            kept = connection.execute(
                select(users.c.password_hash).where(users.c.id == user)
            ).scalar()
        return self._matches(user, kept or "", password)

    def login(self, email: str, password: str) -> str | None:
        """The id of the account with this address and password. No faster when there is none."""
        with self._meta.read() as connection:
            found = connection.execute(
                select(users.c.id, users.c.password_hash).where(
                    users.c.email == email.strip().lower()
                )
            ).first()
        user, kept = (found.id, found.password_hash) if found else ("", "")
        return user if self._matches(user, kept, password) else None

    def _matches(self, user: str, kept: str, password: str) -> bool:
        try:
            self._hasher.verify(kept or self._nobody, password[:_LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False
        if not kept:
            return False
        if self._hasher.check_needs_rehash(kept):
            self.set_password(user, password)
        return True


def normal_email(email: str) -> str:
    """Without space, in lower case. Raises ValueError for what is no address."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address) or len(address) > 320:
        raise ValueError(f"email: {email[:100]!r} is not an e-mail address")
    return address


def _add(connection: Connection, email: str, name: str, now: float) -> str:
    user = secrets.token_hex(8)
    connection.execute(
        insert(users).values(id=user, email=email, name=name, password_hash="", created_at=now)
    )
    return user


def _shown(result: Any) -> Row | None:
    row = result.mappings().first()
    if row is None:
        return None
    return {
        "id": row["id"], "email": row["email"], "name": row["name"],
        "has_password": bool(row["password_hash"]),
    }  # fmt: skip
