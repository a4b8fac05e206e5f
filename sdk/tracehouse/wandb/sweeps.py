"""`wandb.sweep` and `wandb.agent`: searches that our server conducts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tracehouse.api_client import ApiClient
from tracehouse.errors import ApiError
from tracehouse.values import jsonable
from tracehouse.wandb.errors import CommError, UsageError
from tracehouse.wandb.settings import from_environment

logger = logging.getLogger("tracehouse")


@dataclass(frozen=True)
class Chosen:
    """The configuration that a sweep chose for the run to come."""

    sweep_id: str
    config: dict[str, Any]
    project: str | None = None


_chosen: ContextVar[Chosen | None] = ContextVar("tracehouse_sweep", default=None)


def chosen() -> Chosen | None:
    """What the next `init` takes; None outside of an agent."""
    return _chosen.get()


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

    Raises CommError when the server has no such sweep, or is away.
    """
    from tracehouse import wandb

    del entity
    if function is None:
        raise NotImplementedError("tracehouse.wandb: agent() without a function is not there")
    name = sweep_id.rpartition("/")[2]
    client = ApiClient()
    done = 0
    while count is None or done < count:
        try:
            found = client.post(f"/v1/sweeps/{quote(name, safe='')}/suggest", {})
        except ApiError as error:
            raise CommError(str(error)) from error
        if found["config"] is None:
            return
        token = _chosen.set(Chosen(name, found["config"], project or found["project"]))
        try:
            function()
            wandb.finish()
        except Exception:
            logger.exception("a run of sweep %s failed", name)
            wandb.finish(exit_code=1)
        finally:
            _chosen.reset(token)
        done += 1
