"""Datasets: items in versions, and runs over them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of `datasets/tables.py`."""
    op.create_table(
        "datasets",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("input_schema", sa.Text),
        sa.Column("expected_output_schema", sa.Text),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("updated_at", sa.String(40), nullable=False),
        sa.UniqueConstraint("workspace", "name"),
    )
    op.create_table(
        "dataset_items",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("dataset_id", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(500), primary_key=True),
        sa.Column("version", sa.String(40), primary_key=True),
        sa.Column("input", sa.Text),
        sa.Column("expected_output", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("source_trace_id", sa.String(500)),
        sa.Column("source_span_id", sa.String(500)),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
    op.create_index("dataset_items_by_id", "dataset_items", ["workspace", "id", "version"])
    op.create_table(
        "dataset_runs",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("dataset_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("updated_at", sa.String(40), nullable=False),
        sa.UniqueConstraint("workspace", "dataset_id", "name"),
    )
    op.create_table(
        "dataset_run_items",
        sa.Column("workspace", sa.String(200), primary_key=True),
        sa.Column("run_id", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("item_id", sa.String(500), nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("span_id", sa.String(16)),
        sa.Column("dataset_version", sa.String(40)),
        sa.Column("created_at", sa.String(40), nullable=False),
    )
