"""Datasets: examples to try an agent on, and what came of trying."""
