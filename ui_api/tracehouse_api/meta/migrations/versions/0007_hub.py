"""Tokens of the Hugging Face Hub, encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "hub_tokens",
        sa.Column("user_id", sa.String(240), primary_key=True),
        sa.Column("encrypted", sa.Text, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("account", sa.String(200), nullable=False),
        sa.Column("ends_in", sa.String(4), nullable=False),
        sa.Column("saved_at", sa.Float, nullable=False),
    )
