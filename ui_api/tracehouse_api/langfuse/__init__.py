"""Langfuse's doors: what its SDKs send and ask for, taken into our own tables."""
