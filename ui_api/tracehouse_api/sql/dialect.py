"""ClickHouse's SQL as this house reads and writes it.

Read: every call of a function keeps the name it was written with, so that it can be looked up in a
list; sqlglot would otherwise know many of them by a meaning and write them under another name.
Written: what ends a text or a name is escaped so that no reader could see its end elsewhere.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.clickhouse import ClickHouse as _ClickHouse
from sqlglot.generators.clickhouse import ClickHouseGenerator
from sqlglot.parsers.clickhouse import ClickHouseParser

# Calls that have a syntax of their own.
_OWN_SYNTAX = ("CAST", "COLUMNS", "EXTRACT", "POSITION", "SUBSTRING", "TRIM")
# What ends a text, and what the client library looks for when it puts in parameters.
_UNSAFE = re.compile(r"['\\{}%$\x00-\x1f\x7f]")
# Words that are values or stand for something, and would be columns in quotes.
_BARE = frozenset(("all", "inf", "nan"))


class HouseSql(_ClickHouse):
    """ClickHouse's dialect, with functions by name."""

    class Parser(ClickHouseParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: ClickHouseParser.FUNCTION_PARSERS[name] for name in _OWN_SYNTAX
        }

    class Generator(ClickHouseGenerator):
        def escape_str(self, text: str, *_: Any, **__: Any) -> str:
            return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02X}", text)

        def identifier_sql(self, expression: exp.Identifier) -> str:
            name = expression.name
            if name.lower() in _BARE and not expression.quoted:
                return name
            return f"`{name}`"
