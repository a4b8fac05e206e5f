"""Who somebody is, which workspaces they are in, and what they may do there."""
