"""What a rule is, and what several are made of."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

# How far the form itself tells that something is a secret.
Proof = Literal["form", "place", "quoted", "bare"]


class Rule(NamedTuple):
    """One form of secrets.

    Args:
        name: what stands in the placeholder.
        keywords: it is looked for only where one of these stands, in lower case whatever the text
            has; without any, everywhere.
        pattern: RE2. The secret is the group that took part, or all of it where there is none.
        entropy: the least that the secret must have, in bits a byte.
        proof: "form": nothing else looks so. "place": what stands there is a secret, unless it
            stands for one. "quoted": a text behind a name, which may be a word or a path.
            "bare": the same without quotes, which may be code, too.
    """

    name: str
    keywords: tuple[str, ...]
    pattern: str
    entropy: float = 0.0
    proof: Proof = "form"


HEX: Final = r"[0-9a-fA-F]"
UUID: Final = rf"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}"
# Between a name and its value, whatever the language: `=`, `:`, `=>`, `||=`, `"]: ` and the like.
_BEHIND_NAME = r"""\\{0,3}["'`]?\]?(?:\[\])?[ \t]{0,9}"""
_OPERATOR = r"(?::=|=>|={1,3}|::|\|\|=|[.?+]=|:)[ \t]{0,5}"
IS: Final = _BEHIND_NAME + _OPERATOR
# The same with a type: `token: string = `, `var token string = `.
IS_TYPED: Final = rf"{_BEHIND_NAME}(?::?[ \t]{{0,3}}&?[A-Za-z]{{2,12}}\??[ \t]{{1,3}})?{_OPERATOR}"
# What ends a value without quotes.
END: Final = r"""(?:["'`\\\s,;)<]|$)"""


def quoted(least: int) -> str:
    """A text in quotes, which may be escaped ones, as in JSON that is a text itself."""
    kinds = "|".join(
        rf"{quote}([^{quote}\s\\]{{{least},}})\\{{0,3}}{quote}" for quote in ('"', "'", "`")
    )
    return rf"[@bfruLR]{{0,2}}\\{{0,3}}(?:{kinds})"


def after(service: str, value: str) -> str:
    """A value whose form tells nothing, behind a name with the service in it."""
    return rf"""(?i){service}[\w.-]{{0,40}}(?:{IS}|>)["'`\\]*({value}){END}"""
