"""Keys for a server's workspaces, written to its metadata database beside it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.support.server import Server
from tracehouse_api.identity.api_keys import SCOPES, ApiKeys
from tracehouse_api.meta.database import Meta
from tracehouse_collector.data_dir import metadata_path


def add_key(server: Server, *, workspace: str = "default", scopes: Iterable[str] = SCOPES) -> str:
    """A key that the server lets in, whether it runs or not."""
    server.data_dir.mkdir(parents=True, exist_ok=True)
    meta = Meta("", metadata_path(server.data_dir))
    try:
        key, _ = ApiKeys(meta).mint(workspace=workspace, user="", name="test", scopes=scopes)
        server.planted.add(key)
        return key
    finally:
        meta.close()
