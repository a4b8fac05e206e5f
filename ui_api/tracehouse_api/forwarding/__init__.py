"""Destinations that workspaces have made: kept, shown, and told to the collector."""
