"""A week of a shop's agents, small enough for tests: spans as the demo's week has them."""

from __future__ import annotations

import random

from examples._week.clock import DAY, Clock
from examples._week.composing import Writer
from examples._week.dialects import GenAI
from examples._week.otlp import Door, Emitter, Ids, Json, Span
from examples._week.support import close_request, request_span
from examples._week.turns import Model, ToolCall, Turn
from tests.support.server import Server

SYSTEM = "You are the support agent of a small shop. Be kind, be brief."
SONNET = Model("claude-sonnet-4-5", "anthropic", 60, 0.7, overhead=800)
MINI = Model("gpt-4o-mini", "openai", 60, 0.7, overhead=800)
QUESTIONS = (
    (
        "Where is my order?",
        ToolCall("orders.find", {"order_id": "A-1042"}, {"status": "shipped", "eta": "Tuesday"}),
    ),
    (
        "How do I change my address?",
        ToolCall(
            "docs.search",
            {"query": "change address", "top_k": 3},
            [{"title": "Your account", "score": 0.93}],
        ),
    ),
    (
        "Please refund the second charge.",
        ToolCall("payments.refund", {"charge": "ch_81x", "amount": 24.9}, {"refunded": True}),
    ),
    (
        "Which plan has SSO?",
        ToolCall("docs.search", {"query": "SSO plans"}, [{"title": "Plans", "score": 0.88}]),
    ),
)
ANSWERS = {
    "terse": "It arrives on **Tuesday**.",
    "baseline": """Here is what I found:

- **Order A-1042** left on Friday
- It arrives on *Tuesday*

```json
{"status": "shipped", "eta": "Tuesday"}
```

You can follow the parcel in your account, where its number and the carrier's page are, too; the
carrier sends a message in the morning of the day. If nobody is at home it is left with a neighbour
or taken to the next shop, where it waits for ten days. Anything else that I can do for you?""",
}


def traces(number: int, *, seed: int = 5) -> list[Json]:
    """Turns of a support agent over a week, a batch of spans each: some failed in their tool, half
    of them are answered in the terse variant."""
    chance, clock = random.Random(seed), Clock()
    return [
        _request(chance, clock, place, clock.ago(days=(1 - place / number) ** 1.4 * 7 + 120 / DAY))
        for place in range(number)
    ]


def _request(chance: random.Random, clock: Clock, number: int, start: int) -> Json:
    question, tool = QUESTIONS[number % len(QUESTIONS)]
    variant = "terse" if number % 2 else "baseline"
    fails = number % 9 == 4
    if fails:
        error = "connection reset by peer after 3 tries"
        tool = ToolCall(tool.name, tool.arguments, None, tool.seconds, error, "ConnectionError")
    user = f"user-{number % 14}"
    turn = Turn(
        question=question,
        calls=(tool,),
        answer="" if fails else ANSWERS[variant],
        system=SYSTEM,
        model=SONNET if number % 3 else MINI,
        agent="support",
        session=f"chat-{number // 3:03d}",
        user=user,
        start=start,
        thought="I have to look this up first.",
        cohort={
            "tracehouse.experiment.name": "answer-style",
            "tracehouse.experiment.variant": variant,
            "tracehouse.subject.id": user,
        },
    )
    service = "support-agent" if number % 4 else "sales-agent"
    emitter = Emitter(service, "shop", "opentelemetry.instrumentation.genai.openai", "1.0")
    writer = Writer(emitter, GenAI(), Ids(clock, chance), chance)
    root = request_span(writer, turn)
    spans = writer.trace(turn, parent=root, inside=_query)
    close_request(root, spans[0], fails)
    return writer.batch([root, *spans])


def _query(writer: Writer, tool: Span, call: ToolCall) -> None:
    told = {"db.system.name": "postgresql", "db.query.text": "SELECT * FROM orders WHERE id = $1"}
    writer.child(tool, "SELECT orders", 0.003, call.seconds / 2, told)


def send_traces(server: Server, batches: list[Json]) -> None:
    Door(server.http, server.key).traces(batches)


def judge(server: Server, batches: list[Json]) -> None:
    """Scores for every third trace."""
    door = Door(server.http, server.key)
    for number, batch in enumerate(batches[::3]):
        trace = batch["scopeSpans"][0]["spans"][0]["traceId"]
        value = 0.6 + 0.4 * (number % 7) / 7
        door.post("/v1/scores", {"name": "helpful", "value": value, "trace_id": trace})
