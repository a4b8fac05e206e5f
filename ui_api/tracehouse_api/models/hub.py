"""The Hugging Face Hub."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Pushed(BaseModel):
    """A commit on the Hub; the latest one where the card was there already."""

    commit_url: str
    commit_oid: str
    repo: str


class HubToken(BaseModel):
    """What may be known of the saved token; all but `saved` is null where there is none."""

    saved: bool
    account: str | None = Field(description="whose it is, on the Hub")
    name: str | None = Field(description="what it is called there")
    ends_in: str | None = Field(description="its last four characters")
    saved_at: str | None
