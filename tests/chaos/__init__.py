"""What the world does to a server, and what must hold meanwhile."""
