"""Tells the collector of a process which forwards the workspaces have, now and whenever that
changes: whoever changed it may have asked another process of the house."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from tracehouse_api.forwarding.store import WorkspaceForwards
from tracehouse_collector.forward.forwards import Forwards

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class ForwardWatch:
    """A thread that looks at the metadata database. Call `look` once before the collector starts:
    else it would remove what a forward has not sent yet."""

    def __init__(self, kept: WorkspaceForwards, forwards: Forwards) -> None:
        self._kept = kept
        self._forwards = forwards
        self._seen: frozenset[tuple[str, str]] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forward-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        self._stop.set()
        self._thread.join(seconds)

    def look(self) -> None:
        """Make the collector's forwards those of the metadata database. Raises SQLAlchemyError,
        OSError."""
        found = self._kept.revisions()
        if found != self._seen:
            self._forwards.set_of_workspaces(self._kept.every())
            self._seen = found

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            try:
                self.look()
            except SQLAlchemyError:
                logger.warning("the metadata database does not answer: forwards stay as they are")
            except Exception:
                logger.exception("forwards could not be changed; trying again")
