"""The forms of secrets, the most specific first.

Written for this project from what the issuers document of their keys. Patterns are RE2's: no
look-around, linear time.
"""

from __future__ import annotations

from typing import Final

from tracehouse_agent.recorder.redaction.rules import (
    clouds,
    code,
    commands,
    files,
    models,
    names,
    requests,
    services,
)
from tracehouse_agent.recorder.redaction.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *files.RULES,
    *requests.RULES,
    *models.RULES,
    *clouds.RULES,
    *code.RULES,
    *services.RULES,
    *commands.RULES,
    *names.RULES,
)

__all__ = ["RULES", "Rule"]
