"""Rollouts over all runs: which there are, and what those of a step were worth."""
