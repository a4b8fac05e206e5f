"""Prices of a workspace's own, before those of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of `usage/own_prices.py`."""
    op.create_table(
        "prices",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("model", sa.String(500), nullable=False),
        sa.Column("first_day", sa.String(10), nullable=False),
        sa.Column("end_day", sa.String(10), nullable=False),
        sa.Column("input_mtok", sa.Float, nullable=False),
        sa.Column("output_mtok", sa.Float, nullable=False),
        sa.Column("cache_read_mtok", sa.Float, nullable=False),
        sa.Column("cache_write_mtok", sa.Float, nullable=False),
        sa.Column("cache_write_1h_mtok", sa.Float, nullable=False),
    )
