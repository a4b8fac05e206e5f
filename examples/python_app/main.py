"""A small shop's support agent answers two questions; the second one goes wrong.

An OpenTelemetry program like any other: nothing in it knows where its telemetry goes.
"""

from __future__ import annotations

import uuid

from support_agent import Agent
from telemetry import exporting

QUESTIONS = ("Where is my order 1042?", "I want a refund for it, please.")


def main() -> None:
    """One conversation."""
    with exporting():
        agent = Agent(conversation=f"conv-{uuid.uuid4()}")
        for question in QUESTIONS:
            print(f"customer  {question}")
            print(f"agent     {agent.answer(question)}")


if __name__ == "__main__":
    main()
