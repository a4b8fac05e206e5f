"""The one way in: a row of a transcript, decoded, becomes the same row without secrets.

A row's texts are looked through together, which is fast, because most hold nothing. Only where a
rule finds something are they taken one by one. What fails is withheld: `withheld` is what remains
of a row then.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2

from tracehouse_agent.recorder.redaction import personal
from tracehouse_agent.recorder.redaction.entropy import entropy
from tracehouse_agent.recorder.redaction.placeholders import Placeholders
from tracehouse_agent.recorder.redaction.rules import RULES, Rule
from tracehouse_agent.recorder.redaction.rules.names import (
    NAMED_LIKE_ONE,
    NO_SECRET,
    NO_SECRETS_NAME,
)

WITHHELD = "[WITHHELD: redaction failed]"

# So that what one text ends with is not the name of what the next begins with.
_BETWEEN = b"\n\n\n\n\n\n"
_MARK = b"[REDACTED:"
# Keywords that stand nearly everywhere: asked for one by one, not found at every place.
_COMMON = frozenset((b"key", b"token", b"secret", b"password", b"://", b"api-"))
_SMALLEST_FIELD = 8
_FIELD_ENTROPY = 2.5
_COMMON_USERS = frozenset((
    "root", "user", "admin", "ubuntu", "debian", "runner", "vagrant", "node", "app", "home",
    "guest", "test", "docker", "jenkins", "default", "python", "main", "code", "work", "data",
))  # fmt: skip
_HOMES = r"(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})([^/\\\s\"'`:*?<>|,;)$}\]]{1,64})"
_END_OF_NAME = re.compile(rb"[\w.-]*\Z")
_LONGEST_NAME = 40
_HARMLESS = re.compile(r"[\w.:+-]{1,80}", re.ASCII)
# What has names of the agent's or a tool's choosing in it.
_FREE = frozenset(
    ("input", "arguments", "output", "action", "attachment", "error", "compactMetadata")
)
_STRUCTURE = frozenset((
    "type", "subtype", "role", "timestamp", "uuid", "parentUuid", "sessionId", "requestId", "id",
    "tool_use_id", "call_id", "turn_id", "model", "version", "agentId", "stop_reason",
))  # fmt: skip


@dataclass(frozen=True)
class Options:
    """What else is to be taken out, and what is to be left in.

    Args:
        emails, phones, cards, ibans: personal data; on.
        ips: addresses of the public internet; off, because they rarely are anybody's.
        home: the home folder is written `~`, and other users' folders without their names.
        rules: (name, RE2 pattern) of one's own; the first group is the secret, if there is one.
        allow: RE2 patterns; what matches one as a whole is left in.
        secrets: False reads without looking for secrets: for measurements.
    """

    emails: bool = True
    phones: bool = True
    cards: bool = True
    ibans: bool = True
    ips: bool = False
    home: Path | None = None
    user: str = ""
    rules: tuple[tuple[str, str], ...] = ()
    allow: tuple[str, ...] = ()
    secrets: bool = True


class Redactor:
    """Takes out what its rules find, and counts it by rule in `counts`. Raises ValueError for a
    pattern of one's own that is none."""

    def __init__(self, salt: bytes, options: Options | None = None) -> None:
        options = options or Options()
        self.counts: Counter[str] = Counter()
        self._on = options.secrets
        self._placeholders = Placeholders(salt)
        self._no_secret = {proof: _compile(pattern) for proof, pattern in NO_SECRET.items()}
        self._no_secrets_name = _compile(NO_SECRETS_NAME)
        self._allow = [_own(pattern) for pattern in options.allow]
        own = tuple(Rule(name, (), pattern) for name, pattern in options.rules)
        for rule in own:
            _own(rule.pattern)
        self._rules = (*RULES, *own)
        self._patterns = [_compile(_pattern(rule)) for rule in self._rules]
        self._by_keyword: dict[bytes, list[int]] = {}
        for number, rule in enumerate(self._rules):
            for keyword in rule.keywords:
                self._by_keyword.setdefault(keyword.encode(), []).append(number)
        self._everywhere = [n for n, rule in enumerate(self._rules) if not rule.keywords]
        self._anything_rare = _compile(
            "|".join(f"(?:{_pattern(self._rules[number])})" for number in self._everywhere)
        )
        # Only the shortest are searched for. Where one stands, those are asked for that contain it,
        # and those that may begin within it, which the search has gone past.
        self._asked_for = {
            keyword: [
                other
                for other in self._by_keyword
                if keyword in other or (keyword not in _COMMON and _begins_within(other, keyword))
            ]
            for keyword in self._by_keyword
            if not any(other != keyword and other in keyword for other in self._by_keyword)
        }
        rare = self._asked_for.keys() - _COMMON
        self._rare_keywords = _compile(
            "|".join(re2.escape(keyword.decode()) for keyword in sorted(rare))
        )
        self._personal = [
            (rule, _compile(rule.pattern))
            for wanted, rule in (
                (options.emails, personal.EMAIL),
                (options.emails, personal.EMAIL_IN_URL),
                (options.cards, personal.CARD),
                (options.ibans, personal.IBAN),
                (options.phones, personal.PHONE),
                (options.phones, personal.NAMED_PHONE),
                (options.ips, personal.IP),
            )
            if wanted
        ]
        self._home = os_path(options.home)
        self._user = _user_pattern(options.user)
        self._user_name = options.user.encode() if self._user is not None else b""
        self._homes = _compile(_HOMES)
        signs = (b"/home/", b"/Users/", b":\\Users", b":\\\\Users", self._home, self._user_name)
        self._signs_of_homes = [sign for sign in signs if sign]

    @property
    def rule_count(self) -> int:
        """How many rules there are."""
        return len(self._rules) + len(self._personal) + 2

    def redact(self, value: Any) -> Any:
        """The value without secrets; the same object where there were none."""
        if not self._on:
            return value
        texts: list[bytes] = []
        named = _gather(value, texts)
        joined = _BETWEEN.join(texts)
        found = self._rules_in(joined)
        personal_here = self._personal_in(joined)
        homes = [sign for sign in self._signs_of_homes if sign in joined]
        if not (found or personal_here or homes or named):
            return value
        return self._walk(value, lambda text: self._text(text, found, personal_here, homes))

    def text(self, text: str) -> str:
        """A text without secrets."""
        return self.redact(text)

    # --- what is in a row ------------------------------------------------------------------------

    def _rules_in(self, joined: bytes) -> list[int]:
        """The numbers of rules that find something, most specific first as they are listed."""
        wanted: set[int] = set()
        lower = joined.lower()
        found = {keyword for keyword in _COMMON if keyword in lower}
        found.update(self._rare_keywords.findall(lower))
        for keyword in found:
            for other in self._asked_for[keyword]:
                if other == keyword or other in lower:
                    wanted.update(self._by_keyword[other])
        if self._anything_rare.search(joined):
            wanted.update(self._everywhere)
        return [number for number in sorted(wanted) if any(self._secrets(number, joined))]

    def _secrets(self, number: int, data: bytes) -> Iterator[tuple[int, int]]:
        """Where a rule finds secrets."""
        rule, pattern, at = self._rules[number], self._patterns[number], 0
        while match := pattern.search(data, at):
            start, end = match.span(match.lastindex or 0)
            if self._is_secret(rule, data, match.start(), data[start:end], start):
                yield start, end
                at = end
            else:
                at = start  # what was taken for a value may have a secret's name in it
            at = max(at, match.start() + 1)

    def _is_secret(self, rule: Rule, data: bytes, begin: int, value: bytes, start: int) -> bool:
        if value.startswith(_MARK) or (rule.entropy and entropy(value) < rule.entropy):
            return False
        if rule.proof != "form" and self._no_secret[rule.proof].search(value):
            return False
        if rule.proof in ("quoted", "bare"):
            name = _END_OF_NAME.search(data, max(0, begin - _LONGEST_NAME), begin)
            if self._no_secrets_name.search(data[name.start() if name else begin : start]):
                return False
        return not self._is_allowed(value)

    def _is_allowed(self, secret: bytes) -> bool:
        return any(pattern.fullmatch(secret) for pattern in self._allow)

    def _personal_in(self, joined: bytes) -> list[int]:
        return [n for n in range(len(self._personal)) if any(self._personal_data(n, joined))]

    def _personal_data(self, number: int, data: bytes) -> Iterator[tuple[int, int]]:
        """Where a rule finds personal data."""
        rule, pattern = self._personal[number]
        if rule.gate and not any(gate in data for gate in rule.gate):
            return
        for match in pattern.finditer(data):
            start, end = match.span(match.lastindex or 0)
            found = data[start:end]
            if rule.is_one(found, data[max(0, start - 10) : start], data[end : end + 2]) and (
                not self._is_allowed(found)
            ):
                yield start, end

    # --- one text --------------------------------------------------------------------------------

    def _text(self, text: str, rules: list[int], personals: list[int], homes: list[bytes]) -> str:
        data = before = text.encode("utf-8", "surrogatepass")
        for number in rules:
            data = self._replace(data, self._rules[number].name, list(self._secrets(number, data)))
        for number in personals:
            name = self._personal[number][0].name
            data = self._replace(data, name, list(self._personal_data(number, data)))
        for sign in homes:
            if sign in data:
                data = self._without_homes(data)
                break
        return text if data is before else data.decode("utf-8", "surrogatepass")

    def _replace(self, data: bytes, rule: str, spans: list[tuple[int, int]]) -> bytes:
        if not spans:
            return data
        pieces: list[bytes] = []
        at = 0
        for start, end in spans:
            pieces += (data[at:start], self._placeholders.of(rule, data[start:end]))
            at = end
        self.counts[rule] += len(spans)
        return b"".join((*pieces, data[at:]))

    def _without_homes(self, data: bytes) -> bytes:
        if self._home and self._home in data:
            data = self._home_alone.sub(b"~", data)
        spans = [
            match.span(1)
            for match in self._homes.finditer(data)
            if not match.group(1).startswith((b"[", b"$", b"{", b"<"))
            and match.group(1).lower() not in (b"shared", b"public", b"user", b"username", b"you")
        ]
        data = self._replace(data, "user", spans)
        if self._user is not None:
            data = self._replace(data, "user", [m.span() for m in self._user.finditer(data)])
        return data

    @property
    def _home_alone(self) -> re.Pattern[bytes]:
        return _literal_folder(self._home)

    # --- a whole value ---------------------------------------------------------------------------

    def _walk(self, value: Any, change: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return change(value) if value else value
        if isinstance(value, list):
            return [self._walk(inner, change) for inner in value]
        if isinstance(value, dict):
            return {change(key): self._field(key, inner, change) for key, inner in value.items()}
        return value

    def _field(self, key: str, value: Any, change: Callable[[str], str]) -> Any:
        if isinstance(value, str) and _is_secret_name(key) and self._is_field_secret(value):
            self.counts["named-field"] += 1
            return self._placeholders.of("named-field", _bytes(value)).decode()
        return self._walk(value, change)

    def _is_field_secret(self, value: str) -> bool:
        data = _bytes(value)
        return (
            len(data) >= _SMALLEST_FIELD
            and b"\n" not in data
            and not self._no_secret["quoted"].search(data)
            and entropy(data) >= _FIELD_ENTROPY
            and not self._is_allowed(data)
        )


def withheld(value: Any, key: str = "") -> Any:
    """A value without anything that could be a secret: its structure, ids and times."""
    if key in _FREE:
        return WITHHELD
    if isinstance(value, dict):
        return {
            name if _HARMLESS.fullmatch(name) else WITHHELD: withheld(inner, name)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [withheld(inner) for inner in value]
    if isinstance(value, str):
        return value if key in _STRUCTURE and _HARMLESS.fullmatch(value) else WITHHELD
    return value


def os_path(path: Path | None) -> bytes:
    """A folder as bytes; empty for none, and for one that every path begins with."""
    text = str(path).rstrip("/") if path else ""
    return text.encode() if text.count("/") + text.count("\\") >= 1 and len(text) > 1 else b""


def _gather(value: Any, texts: list[bytes]) -> bool:
    """Add a value's texts, keys included; whether one of its keys is named like a secret."""
    if isinstance(value, str):
        if value:
            texts.append(_bytes(value))
        return False
    if isinstance(value, list):
        named = False
        for inner in value:
            named |= _gather(inner, texts)
        return named
    if isinstance(value, dict):
        named = False
        for key, inner in value.items():
            texts.append(_bytes(key))
            named |= _gather(inner, texts) or (isinstance(inner, str) and _is_secret_name(key))
        return named
    return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_SECRET_KEY = re.compile(NAMED_LIKE_ONE + r"$", re.IGNORECASE)
_NO_SECRETS_KEY = re.compile(NO_SECRETS_NAME)


@lru_cache(maxsize=4096)
def _is_secret_name(key: str) -> bool:
    return len(key) <= 100 and bool(_SECRET_KEY.search(key)) and not _NO_SECRETS_KEY.search(key)


@lru_cache(maxsize=8)
def _literal_folder(folder: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(folder) + rb"(?![\w.-])")


_SILENT = re2.Options()
_SILENT.log_errors = False  # a pattern that outgrows its memory is slower, and works

_LEADING_BOUNDARY = re.compile(r"(^|\(\?i\)|[|(]|\(\?:)\\b")


def _pattern(rule: Rule) -> str:
    r"""A word also begins behind `\n` and the like, as two characters: in a text that is JSON."""
    return _LEADING_BOUNDARY.sub(r"\1(?:\\b|\\\\[nrtbf])", rule.pattern)


def _compile(pattern: str) -> Any:
    return re2.compile(pattern.encode(), _SILENT)


def _begins_within(other: bytes, keyword: bytes) -> bool:
    return any(other.startswith(keyword[at:]) for at in range(1, len(keyword)))


def _own(pattern: str) -> Any:
    try:
        return _compile(pattern)
    except re2.error as error:
        raise ValueError(f"{pattern!r} is no RE2 pattern: {error}") from None


def _user_pattern(user: str) -> Any:
    """The user's name as a word; None where it is too short or too common to tell."""
    if len(user) < 4 or user.lower() in _COMMON_USERS:
        return None
    return _compile(rf"\b{re2.escape(user)}\b")
