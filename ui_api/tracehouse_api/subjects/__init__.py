"""Subjects: the people and things that agents acted for, and what was recorded of them."""
