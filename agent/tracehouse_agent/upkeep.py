"""What a server does by itself once an hour: delete what has had its time, and files that nobody
refers to."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from tracehouse_api.access import House
from tracehouse_api.lifecycle.deleting import delete_workspace
from tracehouse_api.lifecycle.retention import apply_project_retention
from tracehouse_api.lifecycle.sweep import remove_unreferenced
from tracehouse_api.store import Store
from tracehouse_collector.schema.deleted import purge_deleted

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0


class Upkeep:
    """A thread that looks after a house, at its start and then once an hour."""

    def __init__(self, house: House, *, now: Callable[[], float] = time.time) -> None:
        self._house = house
        self._now = now
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """End it, waiting at most so long for what it is doing; that is done again next time."""
        self._stop.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            for task in (self.expire_workspaces, self.apply_retention, self.sweep, self.purge):
                if self._stop.is_set():
                    return
                try:
                    task()
                except Exception:
                    logger.exception("upkeep: %s failed; trying again in an hour", task.__name__)
            if self._stop.wait(EVERY_SECONDS):
                return

    def expire_workspaces(self) -> None:
        """Delete what anonymous sessions left that nobody claimed."""
        for workspace in self._house.identity.anonymous.expired():
            delete_workspace(self._house, workspace)
            logger.info("deleted an anonymous workspace that nobody claimed")

    def apply_retention(self) -> None:
        """Delete what is older than its project keeps it."""
        house = self._house
        counts = apply_project_retention(house.database, house.meta, int(self._now() * 1e9))
        if counts:
            deleted = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
            logger.info("deleted what is older than its project keeps it: %s", deleted)

    def sweep(self) -> None:
        """Remove files that nothing refers to. Not in a bucket, which another server may share:
        there files go when what names them is deleted."""
        house = self._house
        if house.settings.blob_url:
            return
        for workspace in house.blobs.workspaces():
            rows = Store(house.database, workspace)
            removed = remove_unreferenced(house.blobs, rows, house.meta, workspace, now=self._now())
            if removed:
                logger.info("removed %d files that nothing refers to", removed)

    def purge(self) -> None:
        """Take what was deleted off the disk."""
        settings = self._house.settings
        purge_deleted(self._house.database, settings.database, settings.cluster or None)
