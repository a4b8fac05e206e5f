"""Clients of models whose calls are recorded: `openai` and `anthropic`, neither of them needed."""
