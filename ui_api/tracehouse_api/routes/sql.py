"""`/v1/sql`: questions in SQL, over views of the caller's own rows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from tracehouse_api.access import Reader, TheHouse
from tracehouse_api.models.sql import SqlAnswer, SqlViews
from tracehouse_api.routes.documents import Document
from tracehouse_api.sql.forms import FILES, NotAllowed
from tracehouse_api.sql.turns import Busy
from tracehouse_api.sql.views import VIEWS
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/sql", tags=["sql"])

_JSON = "json"
_FORMATS = (_JSON, *FILES)
_KEYS = ("query", "format", "parameters")


@router.get("/views", response_model=SqlViews)
def list_views(house: TheHouse) -> Response:
    """The tables to ask, with their columns, and what a query may take."""
    views = [
        {
            "name": view.name,
            "meaning": view.meaning,
            "columns": [
                {"name": column.name, "type": column.type, "meaning": column.meaning}
                for column in view.columns
            ],
        }
        for view in VIEWS.values()
    ]
    return json_response({"views": views, "bounds": house.sql.bounds.json()})


@router.post(
    "",
    response_model=SqlAnswer,
    responses={
        200: {"content": {form.mime: {} for form in FILES.values()}},
        429: {"description": "as many queries run as may"},
    },
)
def ask(house: TheHouse, reader: Reader, document: Document) -> Response:
    """Answer a query: `{query, format?: json|csv|arrow|parquet, parameters?: {name: value}}`.

    The query is one SELECT of ClickHouse's SQL over the views that `GET /v1/sql/views` lists; what
    stands in it as `{name:Type}` is taken from the parameters. As JSON, rows beyond the bound are
    left out and `truncated` says so; a file is whole, or refused. A query that takes too long or
    too much is refused with 422, and the detail says which bound it met.
    """
    query, form, parameters = _asked(document)
    try:
        if form == _JSON:
            return json_response(house.sql.table(reader.workspace, query, parameters))
        file = FILES[form]
        content = house.sql.file(reader.workspace, query, parameters, file)
    except NotAllowed as error:
        raise HTTPException(422, str(error)) from None
    except Busy:
        detail = "as many queries run already as may: try again when one of them is done"
        raise HTTPException(429, detail, {"retry-after": "2"}) from None
    name = f"query.{file.ending}"
    return Response(
        content,
        media_type=file.mime,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "x-content-type-options": "nosniff",
        },
    )


def _asked(document: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    if unknown := sorted(document.keys() - set(_KEYS)):
        raise HTTPException(422, f"{unknown[0]}: the body has {', '.join(_KEYS)}, and no more")
    query = document.get("query")
    if not isinstance(query, str):
        raise HTTPException(422, "query: give a SELECT as a text")
    form = document.get("format", _JSON)
    if form not in _FORMATS:
        raise HTTPException(422, f"format: it is one of {', '.join(_FORMATS)}")
    parameters = document.get("parameters", {})
    if not isinstance(parameters, dict):
        raise HTTPException(422, "parameters: give an object of names and values")
    return query, form, parameters
