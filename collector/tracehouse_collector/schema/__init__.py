"""What ClickHouse is told: how to read OTLP, which tables there are, how they changed."""
