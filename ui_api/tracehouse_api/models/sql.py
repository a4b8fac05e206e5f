"""Queries that people write, and the tables that they may ask."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class AnswerColumn(BaseModel):
    name: str
    type: str = Field(description="as ClickHouse names it")


class SqlAnswer(BaseModel):
    """The answer to a query, row by row."""

    columns: list[AnswerColumn]
    rows: list[list[Any]] = Field(
        description="integers beyond 2^53 as texts; NaN and the infinities, too"
    )
    row_count: int
    truncated: bool = Field(description="whether there are more rows than one answer may have")
    elapsed_ms: float


class ViewColumn(BaseModel):
    name: str
    type: str
    meaning: str


class SqlView(BaseModel):
    """A table to ask."""

    name: str
    meaning: str = Field(description="what one row is")
    columns: list[ViewColumn]


class SqlBounds(BaseModel):
    """What one query may take."""

    seconds: float
    rows: int
    result_bytes: int
    memory_bytes: int


class SqlViews(BaseModel):
    """The tables to ask, and the bounds of a query."""

    views: list[SqlView]
    bounds: SqlBounds


class SavedQuery(BaseModel):
    """A query that the workspace keeps."""

    name: str
    query: str
    user: str | None = Field(description="who saved it last; null of a key without an account")
    updated_at: str


class SavedQueries(BaseModel):
    queries: list[SavedQuery]
    next_cursor: None = Field(description="all of them are in one answer")
