"""Texts that a pattern matches, made from the pattern: so that no secret stands in a file."""

from __future__ import annotations

import re._constants as constants
import re._parser as parser
import string
from random import Random
from typing import Any

_WORD = string.ascii_letters + string.digits
_CATEGORIES = {
    constants.CATEGORY_WORD: _WORD,
    constants.CATEGORY_DIGIT: string.digits,
    constants.CATEGORY_SPACE: " ",
    constants.CATEGORY_NOT_WORD: " ",
}
_MORE = 6


def sample(pattern: str, random: Random) -> tuple[str, str]:
    """(a text that matches, its first group or all of it)."""
    groups: dict[int, str] = {}
    text = _of(parser.parse(pattern.replace(r"\z", r"\Z")), random, groups)
    return text, groups.get(1) or text


def _of(nodes: Any, random: Random, groups: dict[int, str]) -> str:
    return "".join(_one(kind, value, random, groups) for kind, value in nodes)


def _one(kind: Any, value: Any, random: Random, groups: dict[int, str]) -> str:
    match kind:
        case constants.LITERAL:
            return chr(value)
        case constants.NOT_LITERAL | constants.ANY:
            return random.choice(_WORD)
        case constants.IN:
            return random.choice(_letters(value))
        case constants.BRANCH:
            return _of(random.choice(value[1]), random, groups)
        case constants.MAX_REPEAT | constants.MIN_REPEAT:
            least, most, inner = value
            # What may be there need not; what may be long is a little longer than it must be.
            times = least if least == 0 and most < 60 else min(least + _MORE, int(most))
            return "".join(_of(inner, random, groups) for _ in range(times))
        case constants.SUBPATTERN:
            number, _, _, inner = value
            text = _of(inner, random, groups)
            if number:
                groups[number] = text
            return text
        case _:
            return ""


def _letters(choices: Any) -> str:
    found = ""
    for kind, value in choices:
        match kind:
            case constants.NEGATE:
                return _WORD
            case constants.LITERAL:
                found += chr(value)
            case constants.RANGE:
                found += "".join(map(chr, range(value[0], value[1] + 1)))
            case _:
                found += _CATEGORIES[value]
    # Letters rather than signs, where both may be: signs end some tokens.
    return "".join(letter for letter in found if letter in _WORD) or found
