"""What the model that is stood in for says, whichever API it is asked by."""

from __future__ import annotations

from typing import Any, Final

ANSWER: Final = "It is sunny in Paris."
TOOL: Final = "get_weather"
ARGUMENTS: Final = {"city": "Paris"}
# A time of answering that is the same each time.
CREATED: Final = 1_760_000_000


def wants_tool(tools: list[dict[str, Any]], answered: bool) -> bool:
    """Whether to call the tool: if it is offered, under any API's form, and has not answered."""
    names = {tool.get("name") or tool.get("function", {}).get("name") for tool in tools}
    return TOOL in names and not answered
