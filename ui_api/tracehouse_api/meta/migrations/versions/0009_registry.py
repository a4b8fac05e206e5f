"""The run registry: what programs say there is before its rollouts come."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table of `registry.py`."""
    op.create_table(
        "registry",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("identity", sa.String(64), primary_key=True),
        sa.Column("sort_key", sa.String(600), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("registry_in_order", "registry", ["workspace", "kind", "sort_key", "identity"])
