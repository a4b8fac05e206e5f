"""What people ask a shop's support agent, what it looks up, and what it answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .turns import ToolCall

SYSTEM = """You are the support agent of Northwind Outdoor, a shop for hiking gear.
Look things up before you answer. Be kind and brief, and promise only what a tool confirmed."""
SYSTEM_VERIFYING = (
    SYSTEM
    + """
Before you change anything (refunds, addresses, cancellations), read the order first and check that
the change is possible in its state. Say what you checked."""
)
POLICY = {
    "title": "Returns and refunds",
    "text": "Unused items may be sent back within 30 days. Refunds go to the original payment"
    " method and take 3 to 5 working days. Shipping is refunded when the item was faulty.",
}


@dataclass(frozen=True)
class Topic:
    """A question, the calls that answer it, and the answer. `risky`: it changes something, which
    fails where the order was not read before. `then` is what people often ask next."""

    question: str
    thought: str
    calls: Callable[[dict[str, Any]], tuple[ToolCall, ...]]
    answer: str
    risky: bool = False
    then: str = ""
    then_answer: str = ""


def order(chance: random.Random) -> dict[str, Any]:
    """An order as the shop's database has it."""
    item = chance.choice(
        (
            ("Kestrel 38 backpack", 129.0),
            ("Alpine 2 tent", 349.0),
            ("Merino base layer", 74.5),
            ("Trail runner, size 42", 118.9),
            ("Gas stove", 44.9),
        )
    )
    return {
        "order_id": f"NW-{chance.randint(10_200, 99_800)}",
        "status": "shipped",
        "carrier": "GLS",
        "eta": chance.choice(("Tuesday", "Wednesday", "Thursday", "Friday")),
        "items": [{"name": item[0], "price": item[1], "quantity": 1}],
        "total": item[1],
        "charge": f"ch_{chance.getrandbits(40):010x}",
    }


def read(found: dict[str, Any]) -> ToolCall:
    """Look an order up."""
    return ToolCall("orders.find", {"order_id": found["order_id"]}, found, 0.18)


def _search(query: str, title: str, told: str) -> ToolCall:
    result = [{"title": title, "score": 0.91, "text": told}, {**POLICY, "score": 0.42}]
    return ToolCall("docs.search", {"query": query, "top_k": 3}, result, 0.35)


def _refund(found: dict[str, Any]) -> ToolCall:
    return ToolCall(
        "payments.refund",
        {"charge": found["charge"], "amount": found["total"], "currency": "EUR"},
        {"refund_id": f"re_{found['charge'][3:9]}", "status": "pending"},
        1.1,
    )


TOPICS = (
    Topic(
        "Where is my order {order_id}? It was supposed to be here yesterday.",
        "I need the order's state before I can say anything about the delivery.",
        lambda o: (
            read(o),
            ToolCall(
                "carrier.track",
                {"carrier": "GLS", "parcel": o["order_id"]},
                {"state": "in transit", "last_scan": "Depot Kassel, 06:12", "eta": o["eta"]},
                0.6,
            ),
        ),
        "I looked it up: your **{item}** left our warehouse and was last scanned at the depot in "
        "Kassel this morning.\n\n- Carrier: GLS\n- Expected: **{eta}**\n\nSorry for the delay.",
        then="Can you have it delivered to my neighbour?",
        then_answer="Yes: GLS lets you choose a neighbour on the tracking page until the evening "
        "before. I cannot do it from here, but the link in your shipping e-mail opens it directly.",
    ),
    Topic(
        "Please refund order {order_id}, the zipper broke on the first day.",
        "The item was faulty, so shipping is refunded as well. I check the order first.",
        lambda o: (_refund(o),),
        "I have refunded **{total} €** for the {item} to your original payment method. It takes "
        "3 to 5 working days. Sorry that the zipper let you down!",
        risky=True,
        then="Do I have to send it back?",
        then_answer="No. For faulty items under 150 € a photo is enough; just reply to the "
        "confirmation e-mail with one.",
    ),
    Topic(
        "How do I wash a merino base layer?",
        "This is a question for the care guide.",
        lambda _: (
            _search(
                "wash merino base layer",
                "Caring for merino",
                "Wash at 30 °C with wool detergent, no softener. Dry flat, never in a dryer.",
            ),
        ),
        "At **30 °C** with wool detergent and without softener. Dry it flat, not in a dryer; "
        "airing it overnight is often enough.",
    ),
    Topic(
        "I moved. Please change the address of {order_id} to Lindenweg 4, 34117 Kassel.",
        "An address can only change while the parcel is with us.",
        lambda o: (
            ToolCall(
                "orders.change_address",
                {"order_id": o["order_id"], "address": "Lindenweg 4, 34117 Kassel"},
                {"changed": True},
                0.5,
            ),
        ),
        "Done: {order_id} goes to **Lindenweg 4, 34117 Kassel**. You get a new confirmation by "
        "e-mail within a few minutes.",
        risky=True,
    ),
    Topic(
        "Is the Alpine 2 tent good for snow?",
        "I compare the tent's rating with what winter camping needs.",
        lambda _: (
            _search(
                "Alpine 2 tent season rating snow load",
                "Alpine 2",
                "3-season tent. Tested to 60 km/h wind. Not made for snow load.",
            ),
            ToolCall(
                "catalog.search",
                {"query": "4-season tent", "limit": 2},
                [{"name": "Summit 2", "price": 519.0, "seasons": 4}],
                0.25,
            ),
        ),
        "Not really: the Alpine 2 is a **three-season** tent and not made for snow load. For "
        "winter the **Summit 2** (519 €) is the one we recommend.",
        then="And how heavy is the Summit 2?",
        then_answer="The Summit 2 weighs **2.9 kg** packed, about 700 g more than the Alpine 2. "
        "The stronger poles are most of that.",
    ),
    Topic(
        "Cancel {order_id} please, I ordered the wrong size.",
        "Cancelling works until the parcel is handed over.",
        lambda o: (
            ToolCall(
                "orders.cancel",
                {"order_id": o["order_id"], "reason": "wrong size"},
                {"cancelled": True},
                0.4,
            ),
        ),
        "I cancelled {order_id}; nothing will be charged. Shall I help you find the right size?",
        risky=True,
    ),
)  # fmt: skip
