"""Experiments, and how what they log comes to their backends."""
