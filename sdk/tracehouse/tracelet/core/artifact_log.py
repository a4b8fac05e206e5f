"""Artifacts, kept by and asked of the backends."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from tracehouse import complain
from tracehouse.tracelet.core.artifacts import ArtifactResult, ArtifactType, TraceletArtifact
from tracehouse.tracelet.core.orchestrator import Orchestrator
from tracehouse.tracelet.core.plugins import BackendPlugin
from tracehouse.tracelet.exceptions import BackendError

# Seconds that a caller waits for a backend, by how it is. One that fails gets things nevertheless,
# from its queue, when it is back.
_WAITS = {"active": 60.0, "starting": 30.0}


class ArtifactLog:
    """The artifacts of one experiment."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator

    def log(self, artifact: TraceletArtifact, *, wait: bool) -> dict[str, ArtifactResult]:
        """Have every backend keep it; what those say that are up."""
        answers = self._orchestrator.call(lambda backend: backend.store_artifact(artifact))
        results: dict[str, ArtifactResult] = {}
        for name, answer in answers.items():
            if not wait:
                answer.add_done_callback(lambda done, name=name: _complain(artifact, name, done))
                continue
            try:
                results[name] = self._answer(name, answer)
            except BackendError as error:
                complain.logger.warning("artifact %s: %s", artifact.name, error)
        return results

    def get(self, name: str, version: str, backend: str | None) -> TraceletArtifact | None:
        """The artifact that the first backend has. Raises BackendError when none has it and one
        could not be asked."""
        found = self._each(lambda each: each.get_artifact(name, version), backend)
        return next((artifact for artifact in found if artifact is not None), None)

    def list(self, type_filter: ArtifactType | None, backend: str | None) -> list[TraceletArtifact]:
        """The artifacts of all backends, each name once. Raises as `get` does."""
        found: dict[str, TraceletArtifact] = {}
        for artifacts in self._each(lambda each: each.list_artifacts(type_filter), backend):
            for artifact in artifacts:
                found.setdefault(artifact.name, artifact)
        return list(found.values())

    def _each(self, ask: Callable[[BackendPlugin], Any], backend: str | None) -> list[Any]:
        answers: list[Any] = []
        failure: BackendError | None = None
        for name, answer in self._orchestrator.call(ask, backend).items():
            try:
                answers.append(self._answer(name, answer))
            except BackendError as error:
                failure = error
        if failure is not None and not any(answers):
            raise failure
        return answers

    def _answer(self, name: str, answer: Future[Any]) -> Any:
        """What a backend answers, as soon as it does. Raises BackendError."""
        began = time.monotonic()
        while not answer.done():
            state = self._orchestrator.state(name)
            if time.monotonic() - began > _WAITS.get(state, 0.0):
                raise BackendError(f"{name} is {state}, and does not answer")
            concurrent.futures.wait([answer], timeout=0.05)
        try:
            return answer.result()
        except BackendError:
            raise
        except Exception as error:
            raise BackendError(f"{name}: {type(error).__name__}: {error}") from error


def _complain(artifact: TraceletArtifact, backend: str, answer: Future[Any]) -> None:
    if (error := answer.exception()) is not None:
        complain.once("%s did not keep the artifact %s: %s", backend, artifact.name, error)
