"""Two things that went wrong this morning: a refund that failed deep inside, and a loop."""

from __future__ import annotations

import random

from .clock import Clock
from .composing import Writer
from .dialects import GenAI
from .fleet import RESEARCH
from .otlp import ERROR, Ids, Json, Span, event
from .support import CONTROL, EMITTER, close_request, request_span, turn_of
from .turns import ToolCall, Turn

FAILED_SESSION, LOOP_SESSION = "chat-refund-twice", "brief-emea-prices"
BROKEN_SPAN = "pool.acquire"
BROKEN_MESSAGE = (
    "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
)
_TRY_SECONDS = 30.6
_STACK = f"""Traceback (most recent call last):
  File "/srv/payments/refunds.py", line 88, in create_refund
    with ledger.begin() as connection:
  File "/srv/payments/ledger.py", line 31, in begin
    return self._engine.connect()
  File "/usr/lib/python3.12/site-packages/sqlalchemy/pool/impl.py", line 166, in _do_get
    raise exc.TimeoutError(
sqlalchemy.exc.TimeoutError: {BROKEN_MESSAGE}"""


def failed_refund(clock: Clock, chance: random.Random) -> Json:
    """A refund whose gateway answers 503, because the ledger behind it has no connection left: the
    agent and the request only say that the tool failed."""
    writer = Writer(EMITTER, GenAI(), Ids(clock, chance), chance)
    order = {"order_id": "NW-48213", "status": "delivered", "charges": ["ch_91f3", "ch_91f4"]}
    refund = ToolCall(
        "payments.refund",
        {"charge": "ch_91f4", "amount": 129.0, "currency": "EUR"},
        seconds=3 * _TRY_SECONDS,
        error="the payment gateway answered 503 three times",
        exception="shop.payments.GatewayUnavailable",
    )
    turn = turn_of(
        CONTROL,
        "mara.rossi",
        FAILED_SESSION,
        clock.ago(hours=1.4),
        "I was charged twice for order NW-48213. Please refund the second charge.",
        "",
        calls=(ToolCall("orders.find", {"order_id": "NW-48213"}, order, 0.2), refund),
        thought="Two charges for one order: I look at both before I refund one of them.",
    )
    root = request_span(writer, turn)
    spans = writer.trace(turn, parent=root, inside=_inside_the_gateway)
    close_request(root, spans[0], failed=True)
    return writer.batch([root, *spans])


def _inside_the_gateway(writer: Writer, tool: Span, call: ToolCall) -> None:
    if not call.error:
        return
    for number in range(3):
        told = {
            "http.request.method": "POST",
            "url.full": "https://payments.internal/v1/refunds",
            "http.request.resend_count": number,
            "http.response.status_code": 503,
        }
        sent = writer.child(tool, "POST /v1/refunds", number * _TRY_SECONDS, 30.2, told)
        sent.fail("503 Service Unavailable")
        charge = writer.child(
            sent,
            "SELECT charges",
            0.02,
            0.012,
            {
                "db.system.name": "postgresql",
                "db.query.text": "SELECT * FROM charges WHERE id = $1",
            },
        )
        ledger = writer.child(sent, "ledger.begin", 0.04, 30.1, {"peer.service": "ledger"})
        ledger.fail("could not begin a transaction")
        asked = {"db.client.connection.pool.name": "ledger", "db.client.connection.count": 15}
        pool = writer.child(ledger, BROKEN_SPAN, 0.002, 30.0, asked)
        pool.fail(BROKEN_MESSAGE, "sqlalchemy.exc.TimeoutError", _STACK)
        pool.events.insert(0, event("waiting", charge.end, {"pool.checked_out": 15}))


def loop(clock: Clock, chance: random.Random) -> Json:
    """An agent that asks the same thing seven times, until its budget of steps is spent."""
    writer = Writer(RESEARCH.emitter, RESEARCH.dialect, Ids(clock, chance), chance)
    nothing = {"rows": [], "note": "no table named prices_emea"}
    again = ToolCall("warehouse.query", {"sql": "SELECT * FROM prices_emea"}, nothing, 0.8)
    turn = Turn(
        question="How did our prices in EMEA change against the competition this quarter?",
        calls=(again,) * 7,
        answer="I could not find the prices for EMEA. (Stopped after 7 steps.)",
        system=RESEARCH.system,
        model=RESEARCH.model,
        agent=RESEARCH.name,
        session=LOOP_SESSION,
        user="jonas.weber",
        start=clock.ago(hours=2.3),
    )
    spans = writer.trace(turn)
    spans[0].status, spans[0].message = ERROR, "RecursionError: the limit of 7 steps was reached"
    return writer.batch(spans)
