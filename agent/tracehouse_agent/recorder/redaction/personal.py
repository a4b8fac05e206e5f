"""The forms of personal data, and what tells them from what only looks alike."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final, NamedTuple


class PersonalRule(NamedTuple):
    """`gate`: one of these must be there, or it is not looked for. `is_one` has the last word: it
    is given the match, and the bytes before and behind it."""

    name: str
    gate: tuple[bytes, ...]
    pattern: str
    is_one: Callable[[bytes, bytes, bytes], bool]


_NOBODY = (b"git@", b"noreply@", b"no-reply@", b"example@", b"user@", b"you@", b"me@", b"name@")
_NOWHERE = (
    b"@example.com", b"@example.org", b"@example.net", b"@test.com", b"@localhost.local",
    b"@users.noreply.github.com",
)  # fmt: skip
_NO_DOMAINS = (
    b".py", b".js", b".ts", b".md", b".sh", b".rs", b".go", b".json", b".png", b".svg", b".css",
    b".html", b".service", b".txt", b".yml", b".yaml", b".lock", b".so", b".local",
)  # fmt: skip


_MAESTRO = frozenset((5018, 5019, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763))


def _is_email(found: bytes, before: bytes, behind: bytes) -> bool:
    del behind
    lower = found.lower()
    return (
        before[-1:] != b"/"
        and not (before.endswith(b":") and b"//" in before)
        and not lower.startswith(_NOBODY)
        and not lower.endswith(_NOWHERE)
        and not lower.endswith(_NO_DOMAINS)
    )


def _is_phone(found: bytes, before: bytes, behind: bytes) -> bool:
    digits = sum(48 <= byte < 58 for byte in found)
    if not 8 <= digits <= 15 or before[-1:].isalnum() or behind[:1].isalnum():
        return False
    if before[-1:] in (b".", b"-", b"_", b"/", b"=") or behind[:1] in (b"-", b"_"):
        return False
    separated = digits < len(found) - found.startswith(b"+")
    if found.startswith(b"+"):  # a changed line of a diff begins so, too
        return separated or (digits >= 10 and before[-1:] not in (b"", b"\n"))
    return True


def _is_named_phone(found: bytes, before: bytes, behind: bytes) -> bool:
    del before
    return 7 <= sum(48 <= byte < 58 for byte in found) <= 15 and not behind[:1].isalnum()


def _is_card(found: bytes, before: bytes, behind: bytes) -> bool:
    if before[-1:].isalnum() or behind[:1].isalnum() or before[-1:] in (b".", b"-", b"_"):
        return False
    digits = [byte - 48 for byte in found if 48 <= byte < 58]
    return 13 <= len(digits) <= 19 and _has_issuer(digits) and _luhn(digits)


def _has_issuer(digits: list[int]) -> bool:
    """Whether a card network's numbers begin so."""
    two, four = digits[0] * 10 + digits[1], int("".join(map(str, digits[:4])))
    size = len(digits)
    return (
        (digits[0] == 4 and size in (13, 16, 19))
        or (digits[:2] == [3, 0] and digits[2] <= 5 and size == 14)
        or (four in _MAESTRO and size >= 16)
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and size == 16)
        or (two in (34, 37) and size == 15)
        or (two in (36, 38, 39) and size == 14)
        or ((four == 6011 or two == 65 or 3528 <= four <= 3589) and size >= 16)
    )


def _luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812's check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0 and len(set(digits)) > 1


def _is_iban(found: bytes, before: bytes, behind: bytes) -> bool:
    """ISO 13616: the check digits make the rearranged number 1 modulo 97."""
    if before[-1:].isalnum() or behind[:1].isalnum():
        return False
    text = found.replace(b" ", b"").decode()
    if not 15 <= len(text) <= 34:
        return False
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def _is_ip(found: bytes, before: bytes, behind: bytes) -> bool:
    if before[-1:].isalnum() or before[-1:] in (b".", b"-", b"_") or behind[:1].isalnum():
        return False
    if before.lower().endswith((b"version ", b"version: ", b"version=", b" v")):
        return False
    try:
        address = ipaddress.ip_address(found.decode())
    except ValueError:
        return False
    return address.is_global


EMAIL: Final = PersonalRule(
    "email",
    (b"@",),
    r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}",
    _is_email,
)
EMAIL_IN_URL: Final = PersonalRule(
    "email",
    (b"%40",),
    r"[A-Za-z0-9._+-]{1,64}%40[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}",
    _is_email,
)
PHONE: Final = PersonalRule(
    "phone",
    (),
    r"\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}"
    r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\b[2-9]\d{2}[ .-][2-9]\d{2}[ .-]\d{4}\b",
    _is_phone,
)
NAMED_PHONE: Final = PersonalRule(
    "phone",
    (b"phone", b"Phone", b"tel:", b"Tel:", b"Tel.", b"obile", b"fax", b"Fax", b"umber is"),
    r"(?i)\b(?:tele)?(?:phone|tel|mobile|fax)(?:[ _-]?(?:number|no|nr))?[\"'`]?[.:=]{0,2}"
    r"[ \t\"'`]{1,3}(\+?[\d(][\d(). -]+\d)\b|\bnumber is:? (0[\d(). -]+\d)\b",
    _is_named_phone,
)
CARD: Final = PersonalRule(
    "card", (), r"\b\d(?:[ -]?\d){12,18}\b", _is_card
)  # fmt: skip
IBAN: Final = PersonalRule(
    "iban",
    (),
    r"\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?)\b",
    _is_iban,
)
IP: Final = PersonalRule(
    "ip",
    (),
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-fA-F]{1,4}:){2,7}:?(?:[0-9a-fA-F]{0,4}:?){0,6}[0-9a-fA-F]{1,4}\b",
    _is_ip,
)
