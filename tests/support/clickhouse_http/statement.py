"""Where a statement ends and its data begins.

Over HTTP an INSERT and its data arrive as one stream of bytes (or the statement as a URL
parameter and the data as the body). The engine takes them apart, so we must find the border
ourselves, without decoding: what follows it may be binary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    rb"""
    (?P<skip> \s+ | --[^\n]* | \#[!\ ][^\n]* | /\*.*?\*/ )
  | (?P<text> '(?:[^'\\]|\\.|'')*' | `(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*" )
  | (?P<word> [A-Za-z_]\w* )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE_DATA = re.compile(rb"[ \t\f]*\r?\n?")
_DEPTH = {b"(": 1, b"[": 1, b"{": 1, b")": -1, b"]": -1, b"}": -1}
_WRITING = """
    INSERT CREATE DROP ALTER TRUNCATE RENAME EXCHANGE OPTIMIZE ATTACH DETACH DELETE UPDATE SYSTEM
    KILL GRANT REVOKE UNDROP MOVE BACKUP RESTORE
"""
_WRITES = frozenset(_WRITING.split())


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement is, as far as HTTP needs to know."""

    text: bytes
    """The statement; of an INSERT with a FORMAT, only what comes before FORMAT."""
    keyword: str = ""
    """The first word, in capitals; empty if there is none."""
    format: str | None = None
    """The format it names: of the data if it has data, of the result otherwise."""
    data_at: int | None = None
    """Where the data of INSERT ... FORMAT begins in what was parsed."""
    several: bool = False
    """Whether another statement follows after a semicolon, which HTTP does not allow."""
    reads_input: bool = False
    """Whether it is an INSERT ... SELECT from the input() function."""
    private: bool = False
    """Whether it changes the session it runs in (SET, USE, CREATE TEMPORARY TABLE)."""

    @property
    def is_insert(self) -> bool:
        return self.keyword == "INSERT"

    @property
    def writes(self) -> bool:
        return self.keyword in _WRITES

    @property
    def answers(self) -> bool:
        """Whether it has a result, and with it a format, even if no row comes."""
        return bool(self.keyword) and not self.writes and self.keyword not in ("SET", "USE")


def parse(sql: bytes) -> Statement:
    """The statement at the start of `sql`."""
    return _parse_cached(sql) if len(sql) <= 16_384 else _parse(sql)


def _parse(sql: bytes) -> Statement:
    keyword = ""
    result_format: str | None = None
    selects = reads_input = temporary = ended = False
    depth = 0
    awaits_format = -1
    for kind, token, start, end in _tokens(sql):
        if ended and token != b";":
            return Statement(sql, keyword, several=True)
        if awaits_format >= 0 and kind == "word":
            result_format = token.decode()
            if keyword == "INSERT" and not selects:
                gap = _BEFORE_DATA.match(sql, end)
                data_at = gap.end() if gap else end
                return Statement(sql[:awaits_format], keyword, result_format, data_at)
        awaits_format = -1
        if kind == "other":
            depth += _DEPTH.get(token, 0)
            ended = ended or (token == b";" and depth == 0)
            continue
        if kind != "word":
            continue
        word = token.upper()
        if not keyword:
            keyword = word.decode()
        if depth:
            continue
        if word == b"FORMAT":
            awaits_format = start
        elif word == b"TEMPORARY":
            temporary = True
        elif keyword == "INSERT":
            if word == b"VALUES":  # literals and expressions, with parameters: the engine's parser
                return Statement(sql, keyword, "Values")
            selects = selects or word in (b"SELECT", b"WITH", b"FROM", b"WATCH")
            reads_input = reads_input or (selects and word == b"INPUT")
    private = keyword in ("SET", "USE") or (keyword == "CREATE" and temporary)
    return Statement(sql, keyword, result_format, reads_input=reads_input, private=private)


_parse_cached = lru_cache(maxsize=256)(_parse)


def _tokens(sql: bytes) -> Iterator[tuple[str, bytes, int, int]]:
    for match in _TOKEN.finditer(sql):
        if match.lastgroup != "skip":
            yield match.lastgroup or "", match[0], match.start(), match.end()
