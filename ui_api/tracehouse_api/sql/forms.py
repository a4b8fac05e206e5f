"""What a query can be answered with: one of these forms, or a reason why not."""

from __future__ import annotations

from dataclasses import dataclass


class NotAllowed(ValueError):
    """The query is not answered; the message says what to write instead."""


@dataclass(frozen=True)
class FileFormat:
    """A form that an answer has as a file: the engine's name for it, its type and its ending."""

    engine: str
    mime: str
    ending: str


FILES = {
    "csv": FileFormat("CSVWithNames", "text/csv; charset=utf-8", "csv"),
    "arrow": FileFormat("ArrowStream", "application/vnd.apache.arrow.stream", "arrows"),
    "parquet": FileFormat("Parquet", "application/vnd.apache.parquet", "parquet"),
}
