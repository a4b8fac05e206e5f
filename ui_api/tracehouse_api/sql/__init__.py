"""Read-only SQL for people: one SELECT over documented views of the caller's own rows.

Two walls, each enough by itself for the rows of others. The text is parsed, everything in it must
be on a list, and what the engine gets is written anew from the parsed query (`guard.py`). And the
session that runs it can only read, has bounds, and a filter by workspace on every table
(`confinement.py`). What the text wall alone keeps out are functions that read files or tell of the
machine: the engine has no setting against them, so functions are on a list, too (`functions.py`).
"""
