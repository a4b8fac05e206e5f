"""Prompts from the server, kept here: asked for once, refreshed behind the caller's back.

A prompt that was fetched is served from memory. When it is older than its time to live it is still
served, and a thread asks for it anew; an outage of the server changes nothing for who has it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from tracehouse import complain
from tracehouse.api_client import ApiClient
from tracehouse.errors import ApiError
from tracehouse.settings import Destination
from tracehouse_semconv import attributes as names

VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")

Body = str | list[dict[str, Any]]


@dataclass(frozen=True)
class Prompt:
    """A version of a prompt: a text, or the messages of a chat. `is_fallback`: the server did not
    have it to give, and this is what the caller gave instead."""

    name: str
    version: int
    type: str
    prompt: Body
    config: Any = None
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    is_fallback: bool = False

    def compile(self, **variables: Any) -> Body:
        """The prompt with `{{variable}}` filled in, and a placeholder of a chat replaced by the
        messages given for it. What is not given stays as it is."""
        if isinstance(self.prompt, str):
            return _filled(self.prompt, variables)
        messages: list[dict[str, Any]] = []
        for message in self.prompt:
            if message.get("type") == "placeholder":
                given = variables.get(str(message.get("name")))
                messages += cast("list[dict[str, Any]]", given) if given is not None else [message]
            else:
                kept = {key: value for key, value in message.items() if key != "type"}
                content = kept.get("content")
                if isinstance(content, str):
                    kept["content"] = _filled(content, variables)
                messages.append(kept)
        return messages

    @property
    def attributes(self) -> dict[str, str]:
        """What a span must carry for its usage to count for this version."""
        return {
            names.GEN_AI_PROMPT_NAME: self.name,
            names.GEN_AI_PROMPT_VERSION: str(self.version),
        }


def _filled(text: str, variables: Mapping[str, Any]) -> str:
    return VARIABLE.sub(
        lambda match: str(variables[match[1]]) if match[1] in variables else match[0], text
    )


@dataclass
class _Kept:
    prompt: Prompt
    fetched: float
    refreshing: threading.Lock = field(default_factory=threading.Lock)


_Key = tuple[str, int | None, str | None, str | None, Destination | None]
_cache: dict[_Key, _Kept] = {}


def get_prompt(
    name: str,
    *,
    version: int | None = None,
    label: str | None = None,
    cache_ttl_seconds: float = 60.0,
    fallback: Body | None = None,
    otherwise: str | None = None,
    destination: Destination | None = None,
) -> Prompt:
    """A prompt by its version or label; `production` when neither is given.

    Args:
        otherwise: the label to take where no version has the one that is asked for.
        cache_ttl_seconds: for how long it is served without asking again; 0 asks each time.
        fallback: what to use where the server neither answers nor has it.
        destination: the server; that of the other SDK calls by default.

    Raises ApiError when there is neither an answer, nor an earlier one, nor a fallback.
    """
    key = (name, version, label, otherwise, destination)
    kept = _cache.get(key)
    if kept is not None and cache_ttl_seconds > 0:
        if time.monotonic() - kept.fetched > cache_ttl_seconds:
            _refresh(key, kept)
        return kept.prompt
    try:
        return _fetch(key)
    except ApiError as error:
        if kept is not None and error.status not in (401, 403, 404):
            return kept.prompt
        if fallback is None:
            raise
        complain.once("the prompt %s could not be had (%s): the fallback is used", name, error)
        kind = "text" if isinstance(fallback, str) else "chat"
        return Prompt(name, 0, kind, fallback, is_fallback=True)


def _fetch(key: _Key) -> Prompt:
    name, version, label, otherwise, destination = key
    path = f"/v1/prompts/{quote(name, safe='')}"
    try:
        found = ApiClient(destination).get(path, version=version, label=label)
    except ApiError as error:
        if otherwise is None or error.status != 404:
            raise
        found = ApiClient(destination).get(path, label=otherwise)
    prompt = Prompt(
        found["name"],
        found["version"],
        found["type"],
        found["prompt"],
        found["config"],
        tuple(found["labels"]),
        tuple(found["tags"]),
    )
    _cache[key] = _Kept(prompt, time.monotonic())
    return prompt


def _refresh(key: _Key, kept: _Kept) -> None:
    if not kept.refreshing.acquire(blocking=False):
        return

    def ask() -> None:
        try:
            _fetch(key)
        except ApiError as error:
            complain.logger.debug("the prompt %s was not refreshed: %s", key[0], error)
            kept.fetched = time.monotonic()  # ask again after another time to live
        finally:
            kept.refreshing.release()

    threading.Thread(target=ask, name="tracehouse-prompt", daemon=True).start()
