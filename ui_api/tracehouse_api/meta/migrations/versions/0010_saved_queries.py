"""Queries that people keep."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table of `sql/saved.py`."""
    op.create_table(
        "saved_queries",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("user_id", sa.String(200), nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
