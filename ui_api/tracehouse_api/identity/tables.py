"""The tables of accounts. Times are Unix seconds; secrets are kept as their SHA-256."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, MetaData, String, Table

_metadata = MetaData()

users = Table(
    "users", _metadata,
    Column("id", String(40), primary_key=True), Column("email", String(320)),
    Column("name", String(200)), Column("password_hash", String(300)),
    Column("created_at", Float),
)  # fmt: skip
oidc_identities = Table(
    "oidc_identities", _metadata,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("user_id", String(40)),
)  # fmt: skip
workspaces = Table(
    "workspaces", _metadata,
    Column("id", String(200), primary_key=True), Column("name", String(200)),
    Column("created_at", Float), Column("anonymous", Boolean), Column("expires_at", Float),
    Column("sent_bytes", BigInteger),
)  # fmt: skip
members = Table(
    "members", _metadata,
    Column("workspace", String(200), primary_key=True),
    Column("user_id", String(40), primary_key=True),
    Column("role", String(20)), Column("joined_at", Float),
)  # fmt: skip
api_keys = Table(
    "api_keys", _metadata,
    Column("id", String(40), primary_key=True), Column("sha256", String(64)),
    Column("workspace", String(200)), Column("user_id", String(40)), Column("name", String(200)),
    Column("start", String(20)), Column("scopes", String(100)), Column("project", String(200)),
    Column("created_at", Float), Column("expires_at", Float), Column("last_used_at", Float),
    Column("revoked_at", Float),
)  # fmt: skip
sessions = Table(
    "sessions", _metadata,
    Column("sha256", String(64), primary_key=True), Column("user_id", String(40)),
    Column("csrf", String(64)), Column("created_at", Float), Column("expires_at", Float),
)  # fmt: skip
one_time_tokens = Table(
    "one_time_tokens", _metadata,
    Column("sha256", String(64), primary_key=True), Column("purpose", String(40)),
    Column("subject", String(200)), Column("expires_at", Float),
)  # fmt: skip
share_links = Table(
    "share_links", _metadata,
    Column("id", String(40), primary_key=True), Column("sha256", String(64)),
    Column("workspace", String(200)), Column("kind", String(20)), Column("target", String(500)),
    Column("user_id", String(40)), Column("created_at", Float), Column("expires_at", Float),
    Column("revoked_at", Float),
)  # fmt: skip
audit_log = Table(
    "audit_log", _metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Float), Column("workspace", String(200)), Column("user_id", String(40)),
    Column("act", String(60)), Column("detail", String(2000)), Column("address", String(60)),
)  # fmt: skip
