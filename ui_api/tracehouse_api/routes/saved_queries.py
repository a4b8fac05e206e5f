"""`/v1/sql/queries`: queries that a workspace keeps."""

from __future__ import annotations

from fastapi import APIRouter, Response

from tracehouse_api.access import Reader, TheHouse, Writer
from tracehouse_api.models.sql import SavedQueries as SavedQueriesAnswer
from tracehouse_api.models.sql import SavedQuery
from tracehouse_api.routes.documents import Document, refusing
from tracehouse_api.sql.saved import SavedQueries
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/sql/queries", tags=["sql"])
writing_router = APIRouter(prefix="/v1/sql/queries", tags=["sql"])


@router.get("", response_model=SavedQueriesAnswer)
def list_saved_queries(house: TheHouse, reader: Reader) -> Response:
    """The saved queries, by name."""
    found = SavedQueries(house.meta, reader.workspace).list()
    return json_response({"queries": found, "next_cursor": None})


@writing_router.put("/{name:path}", response_model=SavedQuery)
def save_query(house: TheHouse, writer: Writer, name: str, document: Document) -> Response:
    """Keep a `{query}` for everybody in the workspace; the one that had its name is gone."""
    with refusing():
        saved = SavedQueries(house.meta, writer.workspace)
        return json_response(saved.put(name, document.get("query"), writer.user))


@writing_router.delete("/{name:path}", status_code=204)
def delete_saved_query(house: TheHouse, writer: Writer, name: str) -> Response:
    """Forget a saved query."""
    with refusing():
        SavedQueries(house.meta, writer.workspace).delete(name)
    return Response(status_code=204)
