"""The tables of datasets, as the migrations make them."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table, Text

from tracehouse_api.meta.json_text import JsonText

_tables = MetaData()

datasets = Table(
    "datasets", _tables,
    Column("workspace", String(200), primary_key=True), Column("id", String(40), primary_key=True),
    Column("name", String(500)), Column("description", Text),
    Column("metadata", JsonText), Column("input_schema", JsonText),
    Column("expected_output_schema", JsonText),
    Column("created_at", String(40)), Column("updated_at", String(40)),
)  # fmt: skip
# A row a version: what an item was from a time on, which is the version's name.
items = Table(
    "dataset_items", _tables,
    Column("workspace", String(200), primary_key=True),
    Column("dataset_id", String(40), primary_key=True),
    Column("id", String(500), primary_key=True), Column("version", String(40), primary_key=True),
    Column("input", JsonText), Column("expected_output", JsonText),
    Column("metadata", JsonText), Column("source_trace_id", String(500)),
    Column("source_span_id", String(500)), Column("status", String(10)),
    Column("created_at", String(40)),
)  # fmt: skip
runs = Table(
    "dataset_runs", _tables,
    Column("workspace", String(200), primary_key=True), Column("id", String(40), primary_key=True),
    Column("dataset_id", String(40)), Column("name", String(500)), Column("description", Text),
    Column("metadata", JsonText), Column("created_at", String(40)),
    Column("updated_at", String(40)),
)  # fmt: skip
run_items = Table(
    "dataset_run_items", _tables,
    Column("workspace", String(200), primary_key=True),
    Column("run_id", String(40), primary_key=True), Column("id", String(40), primary_key=True),
    Column("item_id", String(500)), Column("trace_id", String(32)), Column("span_id", String(16)),
    Column("dataset_version", String(40)), Column("created_at", String(40)),
)  # fmt: skip
