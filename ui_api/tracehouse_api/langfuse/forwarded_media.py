"""Media of Langfuse's SDKs, as the collector sends them on to another Langfuse."""

from __future__ import annotations

from sqlalchemy import select

from tracehouse_api.blobs import Blobs
from tracehouse_api.langfuse.media_tables import media
from tracehouse_api.meta.database import Meta
from tracehouse_collector.forward.langfuse_media import Medium


class KeptMedia:
    """The media of all workspaces; each is asked for by whose it is."""

    def __init__(self, meta: Meta, blobs: Blobs) -> None:
        self._meta = meta
        self._blobs = blobs

    def find(self, workspace: str, media_id: str) -> Medium | None:
        """One that was uploaded whole; None while it was not. Raises what the stores raise."""
        with self._meta.read() as connection:
            row = connection.execute(
                select(media).where(
                    media.c.workspace == workspace,
                    media.c.media_id == media_id,
                    media.c.uploaded_at.is_not(None),
                )
            ).first()
        if row is None:
            return None
        size = self._blobs.size(workspace, row.sha256)
        if size is None:
            return None

        def read() -> bytes:
            return b"".join(self._blobs.read(workspace, row.sha256, 0, size))

        return Medium(row.sha256, row.content_type, size, read)
