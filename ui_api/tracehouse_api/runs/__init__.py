"""Training runs: what they are now, and what they logged."""
