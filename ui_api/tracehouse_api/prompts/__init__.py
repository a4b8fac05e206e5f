"""Prompts with versions and labels."""
