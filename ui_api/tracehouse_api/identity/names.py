"""What accounts and workspaces may be called."""

from __future__ import annotations


def checked_name(name: str) -> str:
    """A name without space around it. Raises ValueError for one that is empty or too long."""
    if not 0 < len(name.strip()) <= 200:
        raise ValueError("name: give 1 to 200 characters")
    return name.strip()
