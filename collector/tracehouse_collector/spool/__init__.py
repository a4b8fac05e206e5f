"""The spool: what was acknowledged and is not yet in every destination."""
