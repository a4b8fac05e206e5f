"""Accounts, workspaces, keys and links in answers. Times are ISO 8601 in UTC."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class User(BaseModel):
    """An account."""

    id: str
    email: str
    name: str
    has_password: bool


class Workspace(BaseModel):
    """A workspace that somebody is in."""

    id: str
    name: str
    role: str = Field(description="owner, member or viewer")


class SignedInUser(BaseModel):
    """Whoever is signed in."""

    user: User
    workspaces: list[Workspace]
    csrf_token: str | None = Field(
        description="repeat it as x-csrf-token in requests that change something"
    )


class Workspaces(BaseModel):
    """The workspaces that somebody is in."""

    workspaces: list[Workspace]


class Member(BaseModel):
    """Somebody in a workspace."""

    user: str
    email: str
    name: str
    role: str
    joined_at: str


class Members(BaseModel):
    """Everybody in a workspace."""

    members: list[Member]


class Invitation(BaseModel):
    """A new member; somebody without an account gets a link that signs them in once."""

    user: str
    role: str
    invite_url: str | None


class ApiKey(BaseModel):
    """An API key, without the key."""

    id: str
    name: str
    start: str = Field(description="its first characters")
    scopes: list[str]
    project: str | None = Field(description="where all that comes with it is put")
    user: str | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None = Field(description="to the minute")


class NewApiKey(ApiKey):
    """A key that was just made: shown this once."""

    key: str


class ApiKeys(BaseModel):
    """The keys of a workspace."""

    api_keys: list[ApiKey]


class ShareLink(BaseModel):
    """A link to one trace or run."""

    id: str
    kind: str
    target: str
    user: str
    created_at: str
    expires_at: str | None


class NewShareLink(ShareLink):
    """A link that was just made: its address is shown this once."""

    url: str
    token: str


class ShareLinks(BaseModel):
    """The share links of a workspace."""

    share_links: list[ShareLink]


class AnonymousSession(BaseModel):
    """What a program without a key sends, shows and is claimed with."""

    token: str
    read_token: str
    claim_token: str
    web_url: str
    user_id: str


class AnonymousUsage(BaseModel):
    """What an anonymous session has sent, and may send until somebody claims it."""

    sent_bytes: int = Field(description="uncompressed; a little more after a restart")
    max_bytes: int
    max_bytes_per_minute: int
    expires_at: str = Field(description="when what it sent is deleted")


class AuditEntry(BaseModel):
    """Something that was done."""

    id: int
    at: str
    user: str | None
    act: str
    detail: dict[str, Any]
    address: str


class AuditEntries(BaseModel):
    """What was done in a workspace, newest first."""

    audit: list[AuditEntry]
    next_cursor: str | None
