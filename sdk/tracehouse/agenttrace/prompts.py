"""Prompts as AgentTrace has them, from our prompt store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracehouse import complain
from tracehouse.errors import ApiError
from tracehouse.prompts import VARIABLE, Body, get_prompt
from tracehouse.prompts import Prompt as StoredPrompt
from tracehouse.settings import Destination


@dataclass(frozen=True)
class Prompt:
    """A version of a prompt. Version 0 is a fallback."""

    stored: StoredPrompt

    @property
    def name(self) -> str:
        return self.stored.name

    @property
    def version(self) -> int:
        return self.stored.version

    @property
    def content(self) -> Body:
        """The text, or a chat's messages."""
        return self.stored.prompt

    @property
    def prompt(self) -> Body:
        """The same as `content`."""
        return self.stored.prompt

    @property
    def labels(self) -> tuple[str, ...]:
        return self.stored.labels

    @property
    def config(self) -> Any:
        return self.stored.config

    @property
    def id(self) -> str:
        """Which version of which prompt."""
        return f"{self.name}:{self.version}"

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its variables, each once, in order."""
        body = self.content
        texts = [body] if isinstance(body, str) else [str(m.get("content", "")) for m in body]
        return tuple(dict.fromkeys(name for text in texts for name in VARIABLE.findall(text)))

    def compile(self, **variables: Any) -> Body:
        """The prompt with `{{variable}}` filled in; what is not given stays as it is, and is told
        once. A single brace is no variable: prompts hold JSON and code."""
        missing = ", ".join(name for name in self.variables if name not in variables)
        if missing:
            complain.once(
                "the prompt %s was compiled without %s",
                self.id,
                missing,
                key=f"compile {self.id} {missing}",
            )
        return self.stored.compile(**variables)

    def compile_chat(self, **variables: Any) -> list[dict[str, Any]]:
        """The same as messages; a text is a user's."""
        made = self.stored.compile(**variables)
        return [{"role": "user", "content": made}] if isinstance(made, str) else made


def find_prompt(
    name: str,
    version: int | None,
    label: str | None,
    fallback: Body | None,
    ttl: float,
    destination: Destination,
) -> Prompt:
    """By version or label; else what is labelled production; else the latest. Raises ValueError
    where there is none and no fallback, or both a version and a label are given."""
    if version is not None and label is not None:
        raise ValueError("give a version or a label, not both")
    is_default = version is None and label is None
    try:
        return Prompt(
            get_prompt(
                name, version=version, label="production" if is_default else label,
                otherwise="latest" if is_default else None, cache_ttl_seconds=ttl,
                destination=destination,
            )
        )  # fmt: skip
    except ApiError as error:
        failure = error
    if fallback is None:
        raise ValueError(f"the prompt {name} could not be had: {failure}")
    complain.once("the prompt %s could not be had (%s): the fallback is used", name, failure)
    kind = "text" if isinstance(fallback, str) else "chat"
    return Prompt(StoredPrompt(name, 0, kind, fallback, is_fallback=True))
