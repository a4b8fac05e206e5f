"""Sweeps: searches over configurations, whose runs are ordinary runs."""
