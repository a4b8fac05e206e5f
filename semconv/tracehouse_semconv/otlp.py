"""How ClickHouse reads records: the Protobuf schema, and the settings that name it.

The collector inserts its spool like this, and the SDK what it sends to ClickHouse directly: both
come out of one decode.
"""

from __future__ import annotations

from pathlib import Path


def otlp_proto() -> str:
    """The Protobuf schema that every insert names to ClickHouse."""
    return Path(__file__).with_name("otlp.proto").read_text()


def reading_settings() -> dict[str, str | int]:
    """ClickHouse's settings of an insert of records (see `record.py`) `FORMAT Protobuf`."""
    return {
        "format_schema_source": "string",
        "format_schema": otlp_proto(),
        "format_schema_message_name": "Envelope",
        "input_format_protobuf_oneof_presence": 1,
        # Replacing at insert costs a third of the insert, and every reader deduplicates anyway.
        "optimize_on_insert": 0,
        # Late data may touch any number of months.
        "max_partitions_per_insert_block": 0,
    }
