"""Devices: the machines that telemetry comes from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Device(BaseModel):
    """A machine, known by its `tracehouse.machine.id`, else its `host.id`."""

    machine: str
    host: str | None = Field(description="its name, as it was said last")
    agent_version: str | None = Field(description="of the program that sent last")
    first_sync: str
    last_sync: str
    kinds: list[Literal["logs", "metrics", "traces"]] = Field(description="what it has sent")
    services: list[str]
    projects: list[str]


class Devices(BaseModel):
    devices: list[Device]
    next_cursor: str | None
