"""ClickHouse, embedded or served: one client library, one way to ask."""
