"""The support agent of a shop: a week of conversations, half of them answered by a new variant.

The variant `verify-first` reads the order before it changes anything, with a larger model: it fails
less often and costs more. Which arm somebody gets is decided by who they are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from .clock import Clock
from .composing import Writer
from .dialects import GenAI
from .otlp import OK, SERVER, Emitter, Ids, Json, Span
from .people import USERS, later, moments
from .support_topics import SYSTEM, SYSTEM_VERIFYING, TOPICS, Topic, order, read
from .turns import Message, Model, ToolCall, Turn, text

PROJECT, SERVICE = "shop", "support-agent"
EXPERIMENT, CONTROL, TREATMENT = "verify-first", "control", "verify-first"
PROMPT = "support/system"
CONVERSATIONS = 190
HAIKU = Model("claude-haiku-4-5", "anthropic", 140, 0.35, overhead=22_000)
SONNET = Model("claude-sonnet-4-5", "anthropic", 75, 0.7, overhead=22_000)
EMITTER = Emitter(
    SERVICE, PROJECT, "opentelemetry.instrumentation.genai.anthropic", "1.0b0", host="shop-eu-1"
)
# How often a change that is not verified, or is, meets an order that it cannot be made to.
_FAILS = {CONTROL: 0.42, TREATMENT: 0.07}


@dataclass(frozen=True)
class Judged:
    """What is known of a trace afterwards, for those who score it."""

    trace_id: str
    span_id: str
    moment: int
    variant: str
    failed: bool


class Support:
    """The conversations; `judged` says of each turn how it went."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._writer = Writer(EMITTER, GenAI(), Ids(clock, chance), chance)
        self.judged: list[Judged] = []

    def conversations(self) -> Iterator[Json]:
        """The batches of the week, conversation by conversation."""
        begins = moments(self._clock, CONVERSATIONS, self._chance.random())
        for number, moment in enumerate(begins):
            topic = TOPICS[(number * 5 + number // 7) % len(TOPICS)]
            user = self._chance.choice(USERS)
            variant = TREATMENT if USERS.index(user) % 2 else CONTROL
            yield from self._conversation(f"chat-{number + 1:04d}", topic, user, variant, moment)

    def _conversation(
        self, session: str, topic: Topic, user: str, variant: str, moment: int
    ) -> Iterator[Json]:
        found = order(self._chance)
        words = {**found, "item": found["items"][0]["name"]}
        failed = topic.risky and self._chance.random() < _FAILS[variant]
        calls = topic.calls(found)
        if topic.risky and variant == TREATMENT:
            calls = (read(found), *calls)
        if failed:
            calls = (*calls[:-1], _refused(calls[-1]))
        turn = turn_of(
            variant,
            user,
            session,
            moment,
            topic.question.format(**words),
            "" if failed else topic.answer.format(**words),
            calls=calls,
            thought=topic.thought,
        )
        yield self._request(turn, variant, failed)
        if topic.then and not failed and self._chance.random() < 0.55:
            said: tuple[Message, ...] = (
                text("user", turn.question),
                text("assistant", turn.answer),
            )
            again = min(later(moment, self._chance), self._clock.ago(hours=0.02))
            after = turn_of(
                variant, user, session, again, topic.then, topic.then_answer, earlier=said
            )
            yield self._request(after, variant, failed=False)

    def _request(self, turn: Turn, variant: str, failed: bool) -> Json:
        root = request_span(self._writer, turn)
        spans = self._writer.trace(turn, parent=root)
        close_request(root, spans[0], failed)
        self.judged.append(Judged(root.trace_id, root.span_id, spans[0].end, variant, failed))
        return self._writer.batch([root, *spans])


def turn_of(
    variant: str,
    user: str,
    session: str,
    start: int,
    question: str,
    answer: str,
    *,
    calls: tuple[ToolCall, ...] = (),
    thought: str = "",
    earlier: tuple[Message, ...] = (),
) -> Turn:
    """A turn as a variant takes it: by its model and prompt, tagged with the experiment."""
    verifies = variant == TREATMENT
    return Turn(
        question=question,
        calls=calls,
        answer=answer,
        system=SYSTEM_VERIFYING if verifies else SYSTEM,
        model=SONNET if verifies else HAIKU,
        agent="support",
        session=session,
        user=user,
        start=start,
        earlier=earlier,
        thought=thought,
        cohort={
            "tracehouse.experiment.name": EXPERIMENT,
            "tracehouse.experiment.variant": variant,
            "tracehouse.subject.id": user,
        },
        prompt=(PROMPT, 3 if verifies else 2),
    )


def request_span(writer: Writer, turn: Turn) -> Span:
    """The span of the web framework around a turn."""
    told = {
        "http.request.method": "POST",
        "http.route": "/chat",
        "url.path": "/chat",
        "user.id": turn.user,
        "gen_ai.conversation.id": turn.session,
        **turn.cohort,
    }
    start = turn.start - 6_000_000
    return Span(writer.ids.trace(), writer.ids.span(), "", "POST /chat", start, start, told, SERVER)


def close_request(root: Span, agent: Span, failed: bool) -> None:
    """End it with its agent."""
    root.end = agent.end + 4_000_000
    root.attributes = {**root.attributes, "http.response.status_code": 500 if failed else 200}
    if failed:
        root.fail("500 Internal Server Error")
    else:
        root.status = OK


def _refused(call: ToolCall) -> ToolCall:
    """The change that the order's state does not allow."""
    said = f"409 Conflict: {call.name} is not possible, the parcel was handed over"
    return ToolCall(call.name, call.arguments, None, call.seconds, said, "shop.errors.Conflict")
