"""Comparing the variants of an experiment, which is known from tags alone."""
