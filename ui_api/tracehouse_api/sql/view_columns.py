"""Columns of views: how one is made from what is stored, and those that several views have."""

from __future__ import annotations

from dataclasses import dataclass

TEXT, NUMBER, COUNT = "String", "Float64", "UInt64"
TIME = "DateTime64(9, 'UTC')"
MAP = "Map(String, String)"
LIST = "Array(String)"

_TRACE_DIGITS, _SPAN_DIGITS = 32, 16


@dataclass(frozen=True)
class Column:
    """A column of a view: its type as the engine names it, without LowCardinality; its meaning;
    and the SQL that makes it from a row `own` of what is stored."""

    name: str
    type: str
    meaning: str
    sql: str


def column(name: str, kind: str, meaning: str, stored: str = "") -> Column:
    """A column as it is stored, under its own name or another."""
    return Column(name, kind, meaning, f"own.`{stored or name}`")


def text(name: str, meaning: str, stored: str = "") -> Column:
    """A text as it is stored."""
    return column(name, TEXT, meaning, stored)


def word(name: str, meaning: str, stored: str = "") -> Column:
    """One of a few words, stored as an enumeration."""
    return Column(name, TEXT, meaning, f"toString(own.`{stored or name}`)")


def hex_id(name: str, meaning: str, stored: str = "") -> Column:
    """An id that is always there."""
    return Column(name, TEXT, meaning, f"lower(hex(own.{stored or name}))")


def trace_or_null(meaning: str) -> Column:
    """A trace's id, NULL where it is stored as zeros."""
    return _hex_or_null("trace_id", _TRACE_DIGITS, meaning)


def span_or_null(meaning: str, name: str = "span_id") -> Column:
    """A span's id, NULL where it is stored as zeros."""
    return _hex_or_null(name, _SPAN_DIGITS, meaning)


def _hex_or_null(name: str, digits: int, meaning: str) -> Column:
    sql = f"nullIf(lower(hex(own.{name})), repeat('0', {digits}))"
    return Column(name, f"Nullable({TEXT})", meaning, sql)


def hex_list(name: str, stored: str, meaning: str) -> Column:
    """Ids of an array."""
    return Column(name, LIST, meaning, f"arrayMap(id -> lower(hex(id)), own.`{stored}`)")


def time_or_null(name: str, meaning: str) -> Column:
    """A time, NULL where 1970-01-01 is stored because it was not sent."""
    sql = f"nullIf(own.{name}, toDateTime64(0, 9, 'UTC'))"
    return Column(name, f"Nullable({TIME})", meaning, sql)


def duration(pending: str = "own.pending") -> Column:
    """Milliseconds, NULL while it lasts."""
    sql = f"if({pending}, NULL, own.duration_ns / 1e6)"
    return Column("duration_ms", f"Nullable({NUMBER})", "NULL while it is pending", sql)


# Who sent it.
SERVICE = (
    text("project", "the project that it is filed under"),
    text("service", "`service.name` of who sent it"),
)
SOURCE = (
    *SERVICE,
    text("environment", "production, staging and so on"),
    text("release", "the version of who sent it"),
    column("resource", MAP, "attributes of who sent it", "resource_attributes"),
    text("scope_name", "the library that made it"),
    text("scope_version", "that library's version"),
)
RECEIVED = column("received_time", TIME, "when it arrived")
ATTRIBUTES = column("attributes", MAP, "as sent, as texts; arrays and maps in their OTLP encoding")
TOKENS = (
    column("input_tokens", COUNT, "tokens in, the cached ones among them"),
    column("output_tokens", COUNT, "tokens out, the reasoning among them"),
    column("cache_read_tokens", COUNT, "of the input, read from a cache"),
    column("cache_write_tokens", COUNT, "of the input, written to a cache"),
    column("cache_write_1h_tokens", COUNT, "of those, the ones that stay there for an hour"),
    column("reasoning_tokens", COUNT, "of the output, reasoning"),
    column("total_tokens", COUNT, "input and output"),
)
COST = column("cost_usd", f"Nullable({NUMBER})", "USD as the emitter says; NULL where it does not")
COHORT = (
    text("subject_id", "whom it is about"),
    text("experiment", "the experiment that it is part of"),
    text("variant", "the variant of that experiment"),
)
# What every point of a metric has.
POINT = (
    text("metric_name", "the metric's name"),
    text("unit", "the metric's unit"),
    text("description", "the metric's description"),
    column("time", TIME, "when it was measured"),
    time_or_null("start_time", "since when it counts"),
    ATTRIBUTES,
    hex_id("series", "the same for all points of one line"),
    *SOURCE,
    RECEIVED,
)
DISTRIBUTION = (
    *POINT[:5],
    word("temporality", "unspecified, delta or cumulative"),
    column("count", COUNT, "how many were measured"),
    column("sum", f"Nullable({NUMBER})", "their sum"),
    column("min", f"Nullable({NUMBER})", "the least"),
    column("max", f"Nullable({NUMBER})", "the greatest"),
    *POINT[5:],
)
