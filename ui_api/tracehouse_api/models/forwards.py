"""Forwards: the destinations that get what is stored here, too."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

SignalName = Literal["traces", "logs", "metrics"]


class ForwardProgress(BaseModel):
    """One signal on its way to a destination. Counts begin with the server's last start, or with
    the destination's last change."""

    signal: SignalName | Literal["media"] = Field(
        description="media: the files that spans refer to, to a Langfuse"
    )
    sent_requests: int
    failed_attempts: int = Field(description="most are tried again, and are no loss")
    backlog_bytes: int | None = Field(
        description="acknowledged here, and not taken there yet; null for those of one workspace"
    )
    lag_seconds: float = Field(description="how long the oldest of the backlog has waited")
    problem: str | None = Field(description="why the last attempt failed; null once that is over")


class DeadLetter(BaseModel):
    """A request that a destination refused for good; it lies in the server's dead-letter folder."""

    name: str = Field(description="of its files, without their ending")
    signal: SignalName
    kind: str = Field(description="refused or too_large")
    detail: str
    bytes: int
    at: str


class ForwardDestination(BaseModel):
    """A destination. Its keys and headers are shown to nobody."""

    name: str
    origin: Literal["settings", "api"] = Field(
        description="settings: it gets what every workspace sends, and is changed there alone"
    )
    url: str = Field(description="without what signs in")
    kind: Literal["otlp", "langfuse"]
    protocol: Literal["http", "grpc"]
    services: list[str] = Field(description="only these; empty: all")
    drop_attributes: list[str] = Field(description="shell patterns of attributes that stay here")
    gzip: bool
    takes: list[SignalName] = Field(description="the signals that are sent on")
    header_names: list[str]
    has_key: bool
    paused: bool
    created_at: str | None = Field(description="null for those of the settings")
    signals: list[ForwardProgress] = Field(
        description="empty until a collector has seen it, and where another process collects"
    )
    dead_letter_count: int
    dead_letters: list[DeadLetter] = Field(description="the newest twenty")


class Forwards(BaseModel):
    """All that whoever asks may see."""

    forwards: list[ForwardDestination]
    next_cursor: None = Field(description="all of them are in one answer")
