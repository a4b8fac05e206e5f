"""The query API: what was stored, as JSON over HTTP."""
