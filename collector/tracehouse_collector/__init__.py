"""The collector: OTLP in, a durable spool, ClickHouse out."""
