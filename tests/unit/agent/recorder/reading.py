"""Steps of transcripts, without files."""

from __future__ import annotations

import json

from tracehouse_agent.recorder.reader import Reader
from tracehouse_agent.recorder.step import Step


def feed(reader: Reader, lines: bytes) -> None:
    """Let it read rows as they stand."""
    for line in lines.splitlines():
        reader.read(reader.slim(json.loads(line)))


def steps(reader: Reader, lines: bytes) -> dict[str, Step]:
    """The last version of every step, by key, when all is over."""
    feed(reader, lines)
    reader.close()
    return {step.key: step for step in reader.timeline.take()}


def tokens(found: dict[str, Step]) -> tuple[int, int]:
    """(in, out) over all calls of models."""

    def total(name: str) -> int:
        used = (step.attributes.get(f"gen_ai.usage.{name}_tokens", 0) for step in found.values())
        return sum(int(str(count)) for count in used)

    return total("input"), total("output")
