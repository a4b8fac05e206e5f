"""A prompt in three versions, by the prompts API: spans name the version that they used."""

from __future__ import annotations

from .otlp import Door
from .support import PROMPT
from .support_topics import SYSTEM, SYSTEM_VERIFYING

VERSIONS = (
    ("You are a helpful support agent of Northwind Outdoor.", (), "the first one"),
    (SYSTEM, ("production",), "look things up before answering"),
    (SYSTEM_VERIFYING, ("staging",), "read the order before changing anything"),
)


def publish(door: Door) -> None:
    """Make the versions, the oldest first. Twice makes none anew."""
    if door.get("/v1/prompts", name=PROMPT)["prompts"]:
        return
    for prompt, labels, said in VERSIONS:
        door.post(
            "/v1/prompts",
            {
                "name": PROMPT,
                "prompt": prompt,
                "type": "text",
                "labels": list(labels),
                "tags": ["support"],
                "commit_message": said,
                "config": {"temperature": 0.2},
            },
        )
