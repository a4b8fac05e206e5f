"""What redaction finds of secrets that others collected, and what it takes out that is none.

A corpus is a file of JSON lines: `{"corpus", "rule", "text", "is_secret"}`, and `"secret"`, the
part of the text that must not remain. None is in this repository: their secrets are made up, but
look real to everything that watches over what is pushed.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tracehouse_agent.recorder.redaction import Redactor

_TEXTS = frozenset((
    ".c", ".cfg", ".css", ".go", ".h", ".html", ".ini", ".java", ".js", ".json", ".jsonl", ".log",
    ".md", ".py", ".rb", ".rs", ".rst", ".sh", ".sql", ".svelte", ".toml", ".ts", ".txt", ".xml",
    ".yaml", ".yml",
))  # fmt: skip
_LARGEST = 4_000_000
_CONTEXT = 60


@dataclass
class Found:
    """One corpus: of its secrets how many were taken out, of the rest how many were left alone."""

    name: str
    secrets: int = 0
    removed: int = 0
    others: int = 0
    untouched: int = 0
    wrong: list[str] = field(default_factory=list[str])


@dataclass
class Ordinary:
    """Redactions in text that nobody collected for its secrets."""

    name: str
    megabytes: float
    seconds: float
    redactions: Counter[str]
    samples: list[str]


def of_corpora(files: Sequence[Path]) -> list[Found]:
    """By corpus, and all together at last. Raises ValueError for a line that is of no corpus."""
    redactor = Redactor(b"salt")
    corpora: dict[str, Found] = {}
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            try:
                case = json.loads(line)
                found = corpora.setdefault(case["corpus"], Found(case["corpus"]))
                _judge(redactor, case, found)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{file}:{number} is no line of a corpus: {error!r}") from None
    every = list(corpora.values())
    return [
        *every,
        Found(
            "all",
            sum(one.secrets for one in every),
            sum(one.removed for one in every),
            sum(one.others for one in every),
            sum(one.untouched for one in every),
        ),
    ]


def _judge(redactor: Redactor, case: dict[str, str], found: Found) -> None:
    text = case["text"]
    left = redactor.text(text)
    if case["is_secret"]:
        right = case["secret"] not in left
        found.secrets += 1
        found.removed += right
    else:
        right = left == text
        found.others += 1
        found.untouched += right
    if not right:
        kind = "left in" if case["is_secret"] else "taken out"
        found.wrong.append(f"{kind} [{case['rule']}] {left!r}")


def of_ordinary(places: Iterable[Path]) -> list[Ordinary]:
    """What is taken out of the text files below folders, secrets and personal data by rule."""
    found: list[Ordinary] = []
    for place in places:
        redactor = Redactor(b"salt")
        size, samples, began = 0, list[str](), time.process_time()
        for text in _texts(place):
            size += len(text.encode())
            left = redactor.text(text)
            if left is not text:
                samples += _differences(text, left)
        seconds = time.process_time() - began
        found.append(Ordinary(str(place), size / 1e6, seconds, redactor.counts, samples))
    return found


def _texts(place: Path) -> Iterator[str]:
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if path.suffix in _TEXTS and path.is_file() and path.stat().st_size < _LARGEST:
            yield path.read_text(errors="replace")


def _differences(before: str, after: str) -> Iterator[str]:
    """Each changed line as it was and as it is. A redaction that ends lines ends the comparison."""
    for old, new in zip(before.split("\n"), after.split("\n"), strict=False):
        if old == new:
            continue
        if "[REDACTED:" not in new:
            return
        at = new.index("[REDACTED:")
        start = max(0, at - _CONTEXT)
        yield f"{old[start : at + 2 * _CONTEXT]!r} -> {new[start : at + _CONTEXT]!r}"
