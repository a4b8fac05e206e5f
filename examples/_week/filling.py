"""The whole week, part by part, into one server."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from . import chats, claude_code, evals, incidents, judgements, prices, prompts, rl, speech, sweep
from .clock import Clock
from .fleet import FLEET, week_of
from .otlp import Door, Json
from .support import Support


@dataclass(frozen=True)
class Part:
    """A part of the week: what to call it, and what sends it."""

    title: str
    send: Callable[[], None]


def parts(clock: Clock, door: Door, seed: int) -> Iterator[Part]:
    """The parts in their order. Each has a random generator of its own, by the seed and its name,
    so that a change of one leaves the others as they were."""

    def chance(name: str) -> random.Random:
        return random.Random(f"{seed} {name}")

    support = Support(clock, chance("support"))

    def agents() -> None:
        batches: list[Json] = [*support.conversations()]
        batches.append(incidents.failed_refund(clock, chance("incident")))
        batches.append(incidents.loop(clock, chance("loop")))
        for agent in FLEET:
            batches += week_of(agent, clock, chance(agent.name))
        door.traces(batches)

    def scores() -> None:
        judgements.by_evaluator(door, support.judged, chance("evaluator"))
        judgements.by_people(door, support.judged, chance("people"))

    def code() -> None:
        claude_code.record(clock, chance("claude code"))

    def rollouts() -> None:
        prices.tell(door)
        rl.learn(clock)

    def speech_runs() -> None:
        speech.train_and_evaluate(clock)

    yield Part("prompts, in three versions", lambda: prompts.publish(door))
    yield Part("five agents, instrumented by five libraries", agents)
    yield Part("scores of an evaluator and of people", scores)
    yield Part("chats, with the SDK", lambda: chats.plan_trips(clock))
    yield Part("a Claude Code session, by the recorder", code)
    yield Part("a sweep of twelve runs, with the SDK", lambda: sweep.sweep(clock, door))
    yield Part("artifacts and their lineage, with code written for wandb", speech_runs)
    yield Part("a policy that learns, with rollouts", rollouts)
    yield Part("an evaluation of two prompts", lambda: evals.evaluate(clock))


@contextlib.contextmanager
def unheard() -> Generator[None]:
    """What the runs print is for their consoles, and not for who fills the server."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
