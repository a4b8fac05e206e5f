"""How many tokens a call took, in whoever's words it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracehouse.values import jsonable
from tracehouse_semconv import attributes as names

_INPUT = ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "input", "prompt")
_OUTPUT = (
    "output_tokens", "completion_tokens", "outputTokens", "completionTokens",
    "output", "completion",
)  # fmt: skip
_TOTAL = ("total_tokens", "totalTokens", "total")
_READ = ("cache_read_input_tokens", "cacheReadInputTokens")
_WRITTEN = ("cache_creation_input_tokens", "cacheCreationInputTokens")
_DETAILS = (
    "prompt_tokens_details", "input_tokens_details", "completion_tokens_details",
    "output_tokens_details",
)  # fmt: skip
_KNOWN = frozenset((*_INPUT, *_OUTPUT, *_TOTAL, *_READ, *_WRITTEN, *_DETAILS))


@dataclass(frozen=True)
class Usage:
    """Tokens of a call: `input` includes what was read from and written to the cache, `output`
    includes reasoning. `total`: what was said of both together, where neither was. `other`: counts
    under names that are not known here."""

    input: int
    output: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    total: int = 0
    other: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def attributes(self) -> dict[str, int]:
        """What a span says of it, in OpenTelemetry's words."""
        if self.total:
            return {"gen_ai.usage.total_tokens": self.total}
        beside = {
            names.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: self.cached,
            names.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: self.written,
            names.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: self.reasoning,
        }
        return {
            names.GEN_AI_USAGE_INPUT_TOKENS: self.input,
            names.GEN_AI_USAGE_OUTPUT_TOKENS: self.output,
            **{key: count for key, count in beside.items() if count},
        }


def usage_of(usage: Any) -> Usage | None:
    """Token counts, whoever's form they are in; None when there are none."""
    said = jsonable(usage)
    if not isinstance(said, dict):
        return None
    found = {str(key): value for key, value in said.items()}
    details: dict[str, Any] = {}
    for name in _DETAILS:
        details |= found.get(name) or {}
    # OpenAI counts what came from the cache among the prompt's tokens, Anthropic beside them.
    beside, written = _count(found, *_READ), _count(found, *_WRITTEN)
    put_in, put_out = _count(found, *_INPUT), _count(found, *_OUTPUT)
    total = _count(found, *_TOTAL)
    other = {name: n for name in found if name not in _KNOWN and (n := _count(found, name))}
    if not (put_in or put_out or beside or written or total or other):
        return None
    return Usage(
        put_in + beside + written,
        put_out,
        beside or _count(details, "cached_tokens"),
        written,
        _count(details, "reasoning_tokens"),
        0 if put_in or put_out or beside or written else total,
        other,
    )


def _count(said: Mapping[str, Any], *keys: str) -> int:
    for name in keys:
        value = said.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            return int(value)
    return 0
