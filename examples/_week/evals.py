"""A dataset of questions, and two runs over it: the prompt in production and the one in staging."""

from __future__ import annotations

import random
from collections.abc import Callable

import tracehouse as cm

from .clock import Clock

DATASET = "support-questions"
_QUESTIONS = (
    ("Can I return a worn jacket?", "no"),
    ("Is shipping refunded for a faulty item?", "yes"),
    ("Can I change the address after shipping?", "no"),
    ("Do you ship to Norway?", "yes"),
    ("Is the Alpine 2 tent made for snow?", "no"),
    ("May I wash merino at 60 degrees?", "no"),
    ("Can I cancel before the parcel is handed over?", "yes"),
    ("Do refunds go to the original payment method?", "yes"),
    ("Is there a shop in Kassel?", "yes"),
    ("Can I pay on delivery?", "no"),
)
_WRONG = {"prompt v2": {2, 4, 9}, "prompt v3": {4}}


def evaluate(clock: Clock) -> None:
    """Make the dataset, and try both prompts on it."""
    items = [
        {"id": f"question-{n:02d}", "input": question, "expected_output": answer}
        for n, (question, answer) in enumerate(_QUESTIONS)
    ]
    cm.create_dataset(DATASET, items, description="What customers ask, and what is true")
    for days, name in ((2.4, "prompt v2"), (1.1, "prompt v3")):
        clock.set(clock.ago(days=days))
        cm.evaluate(DATASET, _answerer(clock, name), [correct, brevity], name=name,
                    project="shop", max_workers=1)  # fmt: skip


def correct(output: str, expected_output: str) -> bool:
    """Whether it begins with the right word."""
    return output.lower().startswith(expected_output)


def brevity(output: str) -> float:
    """1 for a short answer, towards 0 for a long one."""
    return round(min(1.0, 40 / len(output)), 3)


def _answerer(clock: Clock, name: str) -> Callable[[str], str]:
    chance = random.Random(name)
    wrong = _WRONG[name]
    truth = dict(_QUESTIONS)
    place = {question: n for n, (question, _) in enumerate(_QUESTIONS)}

    def answer(input: str) -> str:
        clock.pass_(chance.uniform(0.6, 2.2))
        said = truth[input]
        if place[input] in wrong:
            said = "no" if said == "yes" else "yes"
        because = ", I checked the handbook." if name == "prompt v3" else "."
        return f"{said.capitalize()}{because}"

    return answer
