"""Where workspaces send what they get on to."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table of `forwarding/store.py`."""
    op.create_table(
        "forwards",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("workspace", sa.String(200), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        # All that may hold a secret: address, headers, keys.
        sa.Column("encrypted", sa.Text, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("revision", sa.String(40), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.UniqueConstraint("workspace", "name"),
    )
