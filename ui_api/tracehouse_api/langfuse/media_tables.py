"""What the metadata database knows of media: which there are, and for which traces they are."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table

_known = MetaData()
media = Table(
    "media", _known,
    Column("workspace", String(200), primary_key=True),
    Column("media_id", String(22), primary_key=True),
    Column("sha256", String(64)), Column("content_type", String(200)),
    Column("content_length", Integer), Column("uploaded_at", String(40)),
)  # fmt: skip
media_traces = Table(
    "media_traces", _known,
    Column("workspace", String(200), primary_key=True),
    Column("media_id", String(22), primary_key=True),
    Column("trace_id", String(32), primary_key=True),
)  # fmt: skip
