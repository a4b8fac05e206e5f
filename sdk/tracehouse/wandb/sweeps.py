"""`wandb.sweep` and `wandb.agent`: searches that our server conducts."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tracehouse.api_client import ApiClient
from tracehouse.errors import ApiError
from tracehouse.values import jsonable
from tracehouse.wandb import sweep_program
from tracehouse.wandb.errors import CommError, UsageError
from tracehouse.wandb.settings import from_environment

logger = logging.getLogger("tracehouse")

_MOST_FAILURES = "WANDB_AGENT_MAX_INITIAL_FAILURES"


@dataclass(frozen=True)
class Chosen:
    """The configuration that a sweep chose for the run to come."""

    sweep_id: str
    config: dict[str, Any]
    project: str | None = None


_chosen: ContextVar[Chosen | None] = ContextVar("tracehouse_sweep", default=None)


def chosen() -> Chosen | None:
    """What the next `init` takes; None outside of an agent. Raises UsageError where an agent in
    another process left something that cannot be read."""
    if (here := _chosen.get()) is not None:
        return here
    given = sweep_program.from_environment()
    return Chosen(*given) if given else None


def sweep(
    sweep: dict[str, Any] | Callable[[], dict[str, Any]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: list[str] | None = None,
) -> str:
    """Begin a search (grid, random or bayes) and give its id. `early_terminate` is not applied.

    Raises UsageError for a definition that is wrong, CommError when the server is away.
    """
    del entity, prior_runs
    definition = sweep() if callable(sweep) else sweep
    if "early_terminate" in definition:
        logger.warning("early_terminate is not applied: every run of the sweep goes to its end")
    project = project or definition.get("project") or from_environment().project
    try:
        found = ApiClient().post(
            "/v1/sweeps", {"project": project or "uncategorized", "config": jsonable(definition)}
        )
    except ApiError as error:
        raise (UsageError if error.status == 422 else CommError)(str(error)) from error
    logger.info("created sweep %s", found["id"])
    return str(found["id"])


def agent(
    sweep_id: str,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
) -> None:
    """Call `function` with one configuration after another, `count` times or until the sweep is
    over; `wandb.init` in it takes the configuration. An exception ends its run, and is logged.
    Without a function the sweep's own program is run, by `program` and `command` of its definition.

    Gives up where the first five runs fail (`WANDB_AGENT_MAX_INITIAL_FAILURES`). Raises CommError
    when the server has no such sweep, or is away, and UsageError when there is nothing to run.
    """
    del entity
    name = sweep_id.rpartition("/")[2]
    client, path = ApiClient(), f"/v1/sweeps/{quote(name, safe='')}"
    run = partial(_call, function) if function else partial(_run, _runnable(client, path))
    done = failed = 0
    while count is None or done < count:
        try:
            found = client.post(f"{path}/suggest", {})
        except ApiError as error:
            raise CommError(str(error)) from error
        if found["config"] is None:
            return
        ended_well = run(Chosen(name, found["config"], project or found["project"]))
        done += 1
        failed += not ended_well
        if failed == done >= _most_failures():
            logger.error("the first %d runs of sweep %s failed: the agent gives up", failed, name)
            return


def _runnable(client: ApiClient, path: str) -> dict[str, Any]:
    """The definition of a sweep that has a program. Raises UsageError where it cannot be run:
    before a configuration is drawn for it."""
    try:
        definition = client.get(path)["config"]
    except ApiError as error:
        raise CommError(str(error)) from error
    sweep_program.command(definition, {}, Path())
    return definition


def _call(function: Callable[[], Any], search: Chosen) -> bool:
    """Whether it returned."""
    from tracehouse import wandb

    token = _chosen.set(search)
    try:
        function()
        wandb.finish()
    except Exception:
        logger.exception("a run of sweep %s failed", search.sweep_id)
        wandb.finish(exit_code=1)
        return False
    finally:
        _chosen.reset(token)
    return True


def _run(definition: dict[str, Any], search: Chosen) -> bool:
    """Whether the sweep's program ended well."""
    with tempfile.TemporaryDirectory(prefix="tracehouse-sweep-") as folder:
        file = Path(folder) / "config.json"
        file.write_text(json.dumps(search.config))
        words = sweep_program.command(definition, search.config, file)
        variables = sweep_program.environment(search.sweep_id, search.project, file)
        try:
            done = subprocess.run(words, env=variables, check=False)  # noqa: S603
        except OSError as error:
            raise UsageError(f"the sweep's program cannot be run: {error}") from error
    if done.returncode:
        logger.error(
            "a run of sweep %s failed: %s ended with %d", search.sweep_id, words, done.returncode
        )
    return done.returncode == 0


def _most_failures() -> int:
    said = os.environ.get(_MOST_FAILURES, "")
    return int(said) if said.isdecimal() and int(said) else 5
