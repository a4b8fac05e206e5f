"""What a failed insert means: try again, try less at once, or the data is at fault.

Codes are those of ClickHouse's `ErrorCodes.cpp`. Only what surely speaks of the data is taken for
poison at once, and only what surely speaks of the server is retried for ever. Whatever is in
neither list is doubted: retried for long, since a wait loses nothing and a wrong quarantine hides
rows from their owner, but not for ever, since a poisoned record must not hold up all others.
"""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What to do about a failed insert."""

    retry = "retry"
    shrink = "shrink"
    poison = "poison"
    doubt = "doubt"


_RETRY = frozenset(
    (
        60,   # UNKNOWN_TABLE: a migration is under way, or somebody dropped it
        81,   # UNKNOWN_DATABASE
        159,  # TIMEOUT_EXCEEDED
        164,  # READONLY
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209, 210,  # SOCKET_TIMEOUT, NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED
        242,  # TABLE_IS_READ_ONLY
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS: merges must catch up first
        279,  # ALL_CONNECTION_TRIES_FAILED
        285, 286, 319,  # TOO_FEW_LIVE_REPLICAS, UNSATISFIED_QUORUM…, UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        425,  # SYSTEM_ERROR
        439,  # CANNOT_SCHEDULE_TASK
        497,  # ACCESS_DENIED
        516,  # AUTHENTICATION_FAILED
        999,  # KEEPER_EXCEPTION
    )
)  # fmt: skip


_SHRINK = frozenset(
    (
        241,  # MEMORY_LIMIT_EXCEEDED
        173,  # CANNOT_ALLOCATE_MEMORY
        307,  # TOO_MANY_BYTES
        158,  # TOO_MANY_ROWS
        191,  # SET_SIZE_LIMIT_EXCEEDED
    )
)

_POISON = frozenset(
    (
        6,    # CANNOT_PARSE_TEXT
        9,    # SIZES_OF_COLUMNS_DOESNT_MATCH
        25, 26, 27, 33, 38, 41, 72,  # CANNOT_PARSE_…, CANNOT_READ_ALL_DATA
        32,   # ATTEMPT_TO_READ_AFTER_EOF
        36,   # BAD_ARGUMENTS: what the Protobuf reader says of an enum it does not know
        69,   # ARGUMENT_OUT_OF_BOUND
        70,   # CANNOT_CONVERT_TYPE
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        190,  # SIZES_OF_ARRAYS_DONT_MATCH
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        436,  # PROTOBUF_BAD_CAST
        437,  # PROTOBUF_FIELD_NOT_REPEATED
        444,  # UNKNOWN_PROTOBUF_FORMAT: the messages are corrupted
        691,  # UNKNOWN_ELEMENT_OF_ENUM
    )
)  # fmt: skip


def verdict(code: int | None) -> Verdict:
    """For the error code of a failed insert; None when there was no answer from ClickHouse."""
    if code is None or code in _RETRY:
        return Verdict.retry
    if code in _SHRINK:
        return Verdict.shrink
    if code in _POISON:
        return Verdict.poison
    return Verdict.doubt
