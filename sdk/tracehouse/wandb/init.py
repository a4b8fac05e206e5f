"""`wandb.init`: which run, under which name, and whether it is a new one."""

from __future__ import annotations

import getpass
import logging
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracehouse.api_client import ApiClient
from tracehouse.errors import ApiError, ClaudeMonitorError
from tracehouse.session import recall
from tracehouse.training import TrainingRun
from tracehouse.wandb import sweeps, tensorboard
from tracehouse.wandb.config import Config, as_mapping
from tracehouse.wandb.errors import Error, UsageError
from tracehouse.wandb.run import Run
from tracehouse.wandb.settings import Settings, from_environment
from tracehouse.wandb.util import generate_id, generate_name
from tracehouse_semconv.ids import run_identity

logger = logging.getLogger("tracehouse")

_MODES = {
    "online": "online",
    "offline": "offline",
    "disabled": "disabled",
    "dryrun": "offline",
    "shared": "online",
}
_BAD_ID = re.compile(r"[:;,#?/']")
_RESUMES = {True: "allow", False: None, "auto": "allow", "": None}
_PORTABLE = "wandb"


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,
    id: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    config: Any = None,
    config_exclude_keys: Sequence[str] | None = None,
    config_include_keys: Sequence[str] | None = None,
    allow_val_change: bool | None = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    force: bool | None = None,
    reinit: bool | str | None = None,
    resume: bool | str | None = None,
    resume_from: str | None = None,
    fork_from: str | None = None,
    save_code: bool | None = None,
    tensorboard: bool | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    **older: Any,
) -> Run:
    """Begin a run, or give the one that is active. Arguments as wandb's; older ones that mean
    nothing here (`anonymous`, `magic`, `quiet` …) are taken and left alone.

    Raises UsageError and Error on misuse.
    """
    del force, save_code, monitor_gym, older
    if resume_from or fork_from:
        raise NotImplementedError("tracehouse.wandb: init(resume_from=, fork_from=) is not there")
    chosen = from_environment()
    if settings is not None:
        chosen.update(settings)
    chosen.update(
        {
            "entity": entity, "project": project, "root_dir": dir, "run_id": id, "run_name": name,
            "run_notes": notes, "run_tags": tuple(tags) if tags else None, "run_group": group,
            "run_job_type": job_type, "mode": mode, "resume": resume, "reinit": reinit,
            "allow_val_change": allow_val_change,
        }
    )  # fmt: skip
    active = _active()
    if active is not None:
        if chosen.resume == "must":
            raise Error("Cannot resume a run while another one is active: finish it first")
        if chosen.reinit in (True, "finish_previous"):
            active.finish()
        elif chosen.reinit != "create_new":
            logger.info("wandb.init() called while a run is active: it goes on")
            return active
    run = _begin(chosen, _selected(as_mapping(config), config_include_keys, config_exclude_keys))
    if chosen.reinit != "create_new" or active is None:
        _activate(run)
    if sync_tensorboard or tensorboard:
        _patch_tensorboard(run)
    return run


def _begin(settings: Settings, config: dict[str, Any]) -> Run:
    settings.mode = _MODES.get(str(settings.mode or os.environ.get("TRACEHOUSE_MODE") or "online"))
    if settings.mode is None:
        raise UsageError("mode must be one of online, offline, disabled")
    search = sweeps.chosen()
    project = settings.project or (search.project if search else None)
    settings.project = str(project or os.environ.get("TRACEHOUSE_PROJECT") or "uncategorized")
    settings.entity = str(settings.entity or _user())
    run_id = str(settings.run_id or generate_id())
    if _BAD_ID.search(run_id) or not run_id.strip():
        raise UsageError(f"Invalid run ID {run_id!r}: it must not hold any of :;,#?/'")
    client_id = f"{settings.project}/{run_id}"
    before = _before(settings, client_id, resume=_resume(settings, explicit_id=settings.run_id))
    live = Config()
    live.update(before.get("config", {}))
    if settings.allow_val_change or before:
        live.allow_changes()
    live.update(config)
    if search is not None:
        live.lock(search.config)
        settings.sweep_id = search.sweep_id
    try:
        training = TrainingRun(
            project=settings.project,
            name=settings.run_name or before.get("name") or generate_name(),
            config=live.as_dict(),
            client_run_id=client_id,
            identity_machine=_PORTABLE,
            notes=settings.run_notes,
            tags=settings.run_tags or (),
            group=settings.run_group,
            job_type=settings.run_job_type,
            sweep_id=settings.sweep_id,
            mode=settings.mode,
            api_key=_key(settings),
            capture_console=settings.console not in ("off", "false", "0"),
            capture_env=not settings.disabled,
            system_metrics=not settings.x_disable_stats,
            system_metrics_interval=float(settings.x_stats_sampling_interval or 15.0),
            keep_nonfinite=True,
            resume_from=before,
        )
    except ClaudeMonitorError as error:
        raise UsageError(str(error)) from error
    folder = _folder(settings, run_id)
    config_of_run = Config(lambda items: training.config.replace(items))
    config_of_run.update(live.as_dict())
    if search is not None:
        config_of_run.lock(search.config)
    if settings.allow_val_change:
        config_of_run.allow_changes()
    run = Run(
        training, settings, config_of_run, run_id=run_id, folder=folder, on_finish=_deactivate
    )
    if settings.mode == "online" and not settings.silent:
        logger.info("view run %s at %s", run.name, run.url)
    return run


def _resume(settings: Settings, explicit_id: Any) -> str | None:
    wanted: Any = settings.resume
    resume = _RESUMES.get(wanted, wanted)
    if resume not in (None, "allow", "must", "never"):
        raise UsageError(f"resume must be one of allow, must, never, auto: not {wanted!r}")
    return resume if explicit_id or resume == "must" else None


def _before(settings: Settings, client_id: str, resume: str | None) -> dict[str, Any]:
    """What is known of an earlier part of the run, by this machine or by the server."""
    if resume is None:
        return {}
    known = recall("runs", run_identity(_PORTABLE, client_id).trace_hex)
    if not known and settings.mode == "online":
        known = _ask(run_identity(_PORTABLE, client_id).trace_hex)
    if resume == "must" and not known:
        raise UsageError(f"resume='must', but there is no run {client_id.rpartition('/')[2]}")
    if resume == "never" and known:
        raise UsageError(f"resume='never', but run {client_id.rpartition('/')[2]} is there already")
    return known


def _ask(run_id: str) -> dict[str, Any]:
    try:
        found = ApiClient().get(f"/v1/runs/{run_id}")
    except (ApiError, ValueError):
        return {}
    last = found.get("last_step")
    return {
        "name": found["name"],
        "config": found["config"],
        "summary": found["summary"],
        "next_step": 0 if last is None else last + 1,
    }


def _key(settings: Settings) -> str | None:
    """WANDB_API_KEY counts where it is one of ours: a key for wandb's own servers stays with us."""
    key = settings.api_key
    return key if isinstance(key, str) and key.startswith("ba_") else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user"


def _selected(
    config: dict[str, Any], include: Sequence[str] | None, exclude: Sequence[str] | None
) -> dict[str, Any]:
    if include:
        return {key: value for key, value in config.items() if key in include}
    return {key: value for key, value in config.items() if key not in (exclude or ())}


def _folder(settings: Settings, run_id: str) -> Path:
    """`<dir>/wandb/run-<time>-<id>`, with `latest-run` pointing to it; a temporary one when it
    cannot be made, or the run is disabled."""
    kind = "offline-run" if settings.mode == "offline" else "run"
    name = f"{kind}-{time.strftime('%Y%m%d_%H%M%S')}-{run_id}"
    if settings.mode != "disabled":
        root = Path(settings.root_dir or ".") / "wandb"
        try:
            (root / name / "files").mkdir(parents=True, exist_ok=True)
            latest = root / "latest-run"
            latest.unlink(missing_ok=True)
            latest.symlink_to(name)
            return root / name
        except OSError as error:
            logger.debug("no run folder in %s: %s", root, error)
    folder = Path(tempfile.mkdtemp(prefix="wandb-"))
    (folder / "files").mkdir()
    return folder


def _patch_tensorboard(run: Run) -> None:
    run._undo.append(tensorboard.patch(run))  # pyright: ignore[reportPrivateUsage]


def _active() -> Run | None:
    from tracehouse import wandb

    return wandb.run


def _activate(run: Run) -> None:
    from tracehouse import wandb

    wandb.run, wandb.config, wandb.summary = run, run._config, run._summary  # pyright: ignore[reportPrivateUsage]


def _deactivate(run: Run) -> None:
    from tracehouse import wandb

    if wandb.run is run:
        wandb.run = None
        wandb.config, wandb.summary = wandb.not_begun("config"), wandb.not_begun("summary")
