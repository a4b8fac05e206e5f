"""How long projects keep their data."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table of `lifecycle/retention.py`."""
    op.create_table(
        "project_retention",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("project", sa.String(200), primary_key=True),
        sa.Column("days", sa.Integer, nullable=False),
    )
