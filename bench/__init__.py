"""Side by side with peers. `make bench` prints a table; see docs/architecture.md for what it means."""
