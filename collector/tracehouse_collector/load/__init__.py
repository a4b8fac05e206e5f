"""Loading: from sealed segments into ClickHouse, each record once."""
