"""What the agent may do: look an order up, and refund it."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry import trace

_tracer = trace.get_tracer("shop.orders", "2.1.0")

_ORDERS: dict[int, dict[str, Any]] = {
    1042: {
        "state": "shipped",
        "arrives": "Tuesday",
        "quantities": [2, 1],
        "prices": [19.5, 8.25],
        "gift_wrapped": [True, False],
        "label": b"\x00\x01PDF\xff",
    }
}


class PaymentProviderUnavailable(Exception):
    """The money did not move."""


def look_up_order(order_id: int) -> dict[str, Any]:
    """Where the order is. Raises KeyError."""
    with _tracer.start_as_current_span(
        "SELECT orders",
        kind=trace.SpanKind.CLIENT,
        attributes={
            "db.system.name": "sqlite",
            "db.query.text": "SELECT * FROM orders WHERE id = ?",
            "db.query.parameter.0": order_id,
        },
    ) as span:
        span.add_event("cache.miss", {"cache.key": f"order:{order_id}", "cache.size": 128})
        time.sleep(0.005)
        order = _ORDERS[order_id]
        # One of each kind that OpenTelemetry's attributes can be.
        span.set_attributes(
            {
                "db.response.returned_rows": 1,
                "order.in_stock": True,
                "order.total": 47.25,
                "order.weight_kg": 2.0,
                "order.quantities": order["quantities"],
                "order.prices": order["prices"],
                "order.gift_wrapped": order["gift_wrapped"],
                "order.label": order["label"],
            }
        )
    return {"state": order["state"], "arrives": order["arrives"]}


def refund_order(order_id: int) -> dict[str, Any]:
    """Give the money back. Raises PaymentProviderUnavailable; today it always does."""
    time.sleep(0.01)
    raise PaymentProviderUnavailable(f"no answer for order {order_id} within 10 ms")


TOOLS = {tool.__name__: tool for tool in (look_up_order, refund_order)}
