"""Side by side with peers: `make bench` prints a table, docs/architecture.md what it means."""
