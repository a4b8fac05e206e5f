"""The life of data: what was deleted, and how long a project's data stays."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Deleted(BaseModel):
    """How many rows, links and files are gone, by what they were; nothing that was not there."""

    deleted: dict[str, int]


class Project(BaseModel):
    """A project: what is in it, and how long it stays. Versions of a row that are not merged yet
    may be counted in `spans`, `logs` and `points`."""

    project: str
    traces: int
    runs: int
    spans: int
    logs: int
    points: int
    last_time: str | None = Field(description="when its newest trace or run started")
    retention_days: int | None = Field(description="null: as long as the server keeps everything")


class Projects(BaseModel):
    projects: list[Project]
    next_cursor: None = Field(description="all of them are in one answer")


class ProjectRetention(BaseModel):
    """How long a project's data stays."""

    project: str
    days: int | None


class Backup(BaseModel):
    """A backup that was made."""

    folder: str = Field(description="on the server")
    made_at: str
    file_count: int
    bytes: int
    left_out: list[str] = Field(description="what is kept elsewhere, and how to back it up")


class ExportContents(BaseModel):
    """What an export of a project has."""

    format: int
    project: str
    schema_: str = Field(alias="schema", description="the newest migration of the tables")
    tables: dict[str, int] = Field(description="rows; a row in several versions is several")
    files: dict[str, int] = Field(description="bytes, by SHA-256")


class Imported(BaseModel):
    """Rows of a table were taken in."""

    table: str
    project: str
