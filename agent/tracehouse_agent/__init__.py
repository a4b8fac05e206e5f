"""The `tracehouse` command."""
