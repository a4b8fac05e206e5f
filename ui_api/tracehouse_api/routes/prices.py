"""`/v1/prices`: what models cost here, before the price list."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response

from tracehouse_api.access import Reader, TheHouse, Writer
from tracehouse_api.models.usage import Price, Prices
from tracehouse_api.routes.documents import Document
from tracehouse_api.usage import prices
from tracehouse_api.usage.own_prices import OwnPrices
from tracehouse_api.values import json_response

router = APIRouter(prefix="/v1/prices", tags=["usage"])
writing_router = APIRouter(prefix="/v1/prices", tags=["usage"])


@router.get("", response_model=Prices)
def list_prices(house: TheHouse, reader: Reader) -> Response:
    """The workspace's own prices, and the list that is asked after them."""
    found = OwnPrices(house.meta, reader.workspace).list()
    return json_response({"prices": found, "price_list": prices.SOURCE})


@writing_router.put("", response_model=Price)
def put_price(house: TheHouse, writer: Writer, document: Document) -> Response:
    """Set a price: `{model, project?, from?, to?, input_mtok, output_mtok, cache_read_mtok?,
    cache_write_mtok?, cache_write_1h_mtok?}`, in USD per million tokens. It counts at once for all
    calls that it is about, past ones too."""
    try:
        made = OwnPrices(house.meta, writer.workspace).put(document)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    house.prices.forget(writer.workspace)
    return json_response(made)


@writing_router.delete("/{price_id}", status_code=204)
def delete_price(house: TheHouse, writer: Writer, price_id: str) -> Response:
    """Remove a price: the calls that it was about cost what the list says."""
    if not OwnPrices(house.meta, writer.workspace).delete(price_id):
        raise HTTPException(404, f"there is no price {price_id}")
    house.prices.forget(writer.workspace)
    return Response(status_code=204)
