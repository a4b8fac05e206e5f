"""Media that belong to traces, and the secret that signs addresses of files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of `meta/secret.py` and `langfuse/media_tables.py`."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("value", sa.String(200), nullable=False),
    )
    op.create_table(
        "media",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("media_id", sa.String(22), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content_type", sa.String(200), nullable=False),
        sa.Column("content_length", sa.Integer, nullable=False),
        sa.Column("uploaded_at", sa.String(40)),
    )
    op.create_table(
        "media_traces",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("media_id", sa.String(22), primary_key=True),
        sa.Column("trace_id", sa.String(32), primary_key=True),
    )
