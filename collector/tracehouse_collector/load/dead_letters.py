"""The dead-letter folder: records that could not be loaded, kept as they were, with the reason.

`SIGNAL-SEGMENT-RECORD.seg` holds the bytes in the spool's own format, so that a file moved into
`spool/SIGNAL/` under a new number is loaded again once its cause is mended; the `.json` beside it
says what happened. The name is made from the place the record had, so quarantining it twice (after
a crash) leaves one file.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tracehouse_collector.spool.files import Files
from tracehouse_collector.telemetry import Telemetry
from tracehouse_semconv.record import Signal

logger = logging.getLogger(__name__)


class DeadLetters:
    """Keeps what could not be loaded. Raises OSError when even that is impossible."""

    def __init__(
        self,
        directory: Path,
        files: Files,
        telemetry: Telemetry,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._directory = directory
        self._files = files
        self._telemetry = telemetry
        self._now = now
        files.make_directory(directory)

    def keep(self, signal: Signal, name: str, content: bytes, *, kind: str, detail: str) -> None:
        """Keep `content` under `name`. `kind` is one word for the counter, `detail` a sentence."""
        note = {
            "signal": signal.name,
            "kind": kind,
            "detail": detail,
            "bytes": len(content),
            "at": self._now().isoformat(),
        }
        self._files.replace(self._directory / f"{name}.seg", content)
        self._files.replace(self._directory / f"{name}.json", json.dumps(note, indent=2).encode())
        self._telemetry.quarantined(signal, kind)
        logger.error("quarantined %s (%s): %s", name, kind, detail)
