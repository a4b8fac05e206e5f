"""What Langfuse's SDKs before OpenTelemetry said of observations that may be said more of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of `langfuse/remembered.py`."""
    op.create_table(
        "langfuse_observations",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("identity", sa.String(600), primary_key=True),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("said_at", sa.Float, nullable=False, index=True),
    )
