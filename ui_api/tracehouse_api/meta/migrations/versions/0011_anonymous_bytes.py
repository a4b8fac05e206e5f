"""How much anonymous sessions have sent."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the column of `identity/allowances.py`."""
    op.add_column(
        "workspaces",
        sa.Column("sent_bytes", sa.BigInteger, nullable=False, server_default="0"),
    )
