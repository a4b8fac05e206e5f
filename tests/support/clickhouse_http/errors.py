"""ClickHouse errors, and how a server words them over HTTP."""

from __future__ import annotations

import re
from enum import IntEnum


class Code(IntEnum):
    """The codes that the HTTP layer itself answers with; the engine knows the others."""

    NOT_IMPLEMENTED = 48
    SYNTAX_ERROR = 62
    UNKNOWN_SETTING = 115
    READONLY = 164
    CANNOT_DECOMPRESS = 271


_FORM = re.compile(r"Code: (?P<code>\d+)\. DB::Exception: ")
_TAIL = re.compile(r"(?: \(version [^()]*\)\.?| \((?P<name>[A-Z][A-Z_0-9]+)\))+$")

# From exceptionCodeToHTTPStatus.cpp of ClickHouse. Every other error is 500.
_NAMES: dict[int, str] = {
    400: """
        BAD_ARGUMENTS CANNOT_COMPILE_REGEXP CANNOT_PARSE_TEXT CANNOT_PARSE_ESCAPE_SEQUENCE
        CANNOT_PARSE_QUOTED_STRING CANNOT_PARSE_DATE CANNOT_PARSE_DATETIME CANNOT_PARSE_NUMBER
        CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING CANNOT_PARSE_IPV4 CANNOT_PARSE_IPV6
        CANNOT_PARSE_INPUT_ASSERTION_FAILED CANNOT_PARSE_UUID DUPLICATE_COLUMN ILLEGAL_COLUMN
        UNKNOWN_ELEMENT_IN_AST UNKNOWN_TYPE_OF_AST_NODE THERE_IS_NO_COLUMN TOO_DEEP_AST
        TOO_BIG_AST UNEXPECTED_AST_STRUCTURE SYNTAX_ERROR INCORRECT_DATA TYPE_MISMATCH
        VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    """,
    401: "REQUIRED_PASSWORD",
    403: "UNKNOWN_USER WRONG_PASSWORD AUTHENTICATION_FAILED SET_NON_GRANTED_ROLE ACCESS_DENIED",
    404: """
        UNKNOWN_TABLE UNKNOWN_FUNCTION UNKNOWN_IDENTIFIER UNKNOWN_TYPE UNKNOWN_STORAGE
        UNKNOWN_DATABASE UNKNOWN_SETTING UNKNOWN_DIRECTION_OF_SORTING
        UNKNOWN_AGGREGATE_FUNCTION UNKNOWN_FORMAT UNKNOWN_DATABASE_ENGINE
        UNKNOWN_TYPE_OF_QUERY UNKNOWN_ROLE
    """,
    408: "TIMEOUT_EXCEEDED",
    411: "HTTP_LENGTH_REQUIRED",
    413: "QUERY_IS_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    501: "NOT_IMPLEMENTED",
    503: "SOCKET_TIMEOUT CANNOT_OPEN_FILE CANNOT_SCHEDULE_TASK",
}
_STATUS = {name: status for status, names in _NAMES.items() for name in names.split()}


class ClickHouseError(Exception):
    """An error as a client will see it."""

    def __init__(self, code: int, text: str, name: str | None = None) -> None:
        self.code = code
        self.name = name or Code(code).name
        self.text = text
        super().__init__(f"Code: {code}. DB::Exception: {text.rstrip('.')}. ({self.name})")

    @property
    def status(self) -> int:
        return _STATUS.get(self.name, 500)

    @classmethod
    def from_engine(cls, error: Exception) -> ClickHouseError:
        """Read chdb's exception: its text is the server's, but wrapped once for every layer."""
        message = str(error)
        form = _FORM.search(message)
        if form is None:
            return cls(Code.NOT_IMPLEMENTED, message)
        code = int(form["code"])
        while form is not None:
            message = message[form.end() :]
            form = _FORM.match(message)
        tail = _TAIL.search(message)
        name = tail["name"] if tail else None
        return cls(code, message[: tail.start()] if tail else message, name or "UNKNOWN_EXCEPTION")
