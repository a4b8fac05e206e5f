"""`wandb.Run`: wandb's run, over one of ours."""

from __future__ import annotations

import fnmatch
import logging
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tracehouse import media
from tracehouse.training import TrainingRun
from tracehouse.values import as_scalar
from tracehouse.wandb import data_types, watching
from tracehouse.wandb.artifacts import Artifact, LoggedArtifacts
from tracehouse.wandb.config import Config
from tracehouse.wandb.errors import UsageError
from tracehouse.wandb.metrics import Metric, Metrics
from tracehouse.wandb.settings import Settings
from tracehouse.wandb.summary import Summary

logger = logging.getLogger("tracehouse")

_MAX_LIST = 32


class Run:
    """A run as wandb's users know it. Made by `wandb.init`."""

    def __init__(
        self,
        training: TrainingRun,
        settings: Settings,
        config: Config,
        *,
        run_id: str,
        folder: Path,
        on_finish: Callable[[Run], None],
    ) -> None:
        self._training = training
        self._settings = settings
        self._id = run_id
        self._folder = folder
        self._on_finish = on_finish
        self._metrics = Metrics()
        self._step = training.step
        self._finished = False
        self._config = config
        self._summary = Summary(self._set_summary)
        self._summary.load(dict(training.summary))
        self._artifacts = LoggedArtifacts(training, str(settings.project))
        self._watched: list[Any] = []
        self._undo: list[Callable[[], None]] = []
        self._tags: tuple[str, ...] = tuple(settings.run_tags or ())
        self.start_time = time.time()

    # --- what it is ------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        return self._id

    @property
    def name(self) -> str:
        return self._training.name

    @name.setter
    def name(self, name: str) -> None:
        self._training.rename(name)

    @property
    def notes(self) -> str | None:
        return self._settings.run_notes

    @notes.setter
    def notes(self, notes: str) -> None:
        self._settings.run_notes = notes
        self._training.describe(notes=notes)

    @property
    def tags(self) -> tuple[str, ...]:
        return self._tags

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        self._tags = tuple(tags)
        self._training.describe(tags=self._tags)

    @property
    def config(self) -> Config:
        self._must_be_alive("config")
        return self._config

    @property
    def config_static(self) -> dict[str, Any]:
        return self._config.as_dict()

    @property
    def summary(self) -> Summary:
        self._must_be_alive("summary")
        return self._summary

    @property
    def dir(self) -> str:
        """A folder for files of the run; `save` takes them along."""
        return str(self._folder / "files")

    sync_dir = property(lambda self: str(self._folder))
    url = property(lambda self: None if self.offline else self._training.url)
    project_url = property(lambda self: None if self.offline else self._training.url)
    project = property(lambda self: str(self._settings.project))
    entity = property(lambda self: str(self._settings.entity))
    group = property(lambda self: self._settings.run_group or "")
    job_type = property(lambda self: self._settings.run_job_type or "")
    step = property(lambda self: self._step)
    starting_step = property(lambda self: self._step if not self._summary else 0)
    resumed = property(lambda self: self._training.resumed)
    settings = property(lambda self: self._settings)
    sweep_id = property(lambda self: self._settings.sweep_id)
    sweep_url = None

    @property
    def offline(self) -> bool:
        return self._settings.mode == "offline"

    @property
    def disabled(self) -> bool:
        return self._settings.mode == "disabled"

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}/{self._id}"

    def project_name(self) -> str:
        """The project."""
        return self.project

    def get_url(self) -> str | None:
        """Where it is seen."""
        return self.url

    def _must_be_alive(self, what: str) -> None:
        if self._finished:
            raise UsageError(
                f"Run ({self._id}) is finished. The call to `{what}` will be ignored. "
                "Please make sure that you are using an active run."
            )

    # --- logging ---------------------------------------------------------------------------------

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Log values. Without a step they go to the current one, which `commit` ends (by default
        unless a step is given); a step that is past is dropped with a warning."""
        del sync
        self._must_be_alive("log")
        given: Any = data
        if not isinstance(given, Mapping):
            raise TypeError("wandb.log must be passed a dictionary")
        if any(not isinstance(key, str) for key in given):  # pyright: ignore[reportUnknownVariableType]
            raise TypeError("Key values passed to `wandb.log` must be strings.")
        if step is not None:
            at = self._checked(step)
            if at is None:
                return
            self._step = at
        row = {**self._flatten(data), **watching.take(self._watched)}
        row |= self._metrics.axes(row)
        self._summary.record(self._metrics.summarize(row))
        defined = {key for key in row if self._metrics.is_defined(key)}
        if defined:
            self._training.summary.set_quietly({key: self._summary.get(key) for key in defined})
        self._training.log(row, step=self._step)
        if commit or (commit is None and step is None):
            self._step += 1

    def _checked(self, step: Any) -> int | None:
        number = as_scalar(step)
        if isinstance(step, (bool, str)) or number is None or number != int(number):
            raise TypeError(f"step must be an integer, not {type(step).__name__}")
        if number < self._step:
            logger.warning(
                "Tried to log to step %d that is less than the current step %d. Steps must be "
                "monotonically increasing, so this data will be ignored.",
                int(number),
                self._step,
            )
            return None
        return int(number)

    def _flatten(self, data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Values by keys with dots, as they are logged."""
        row: dict[str, Any] = {}
        for key, value in data.items():
            if key == "":
                continue
            name = prefix + key
            if isinstance(value, Mapping):
                row |= self._flatten(value, name + ".")  # pyright: ignore[reportUnknownArgumentType]
            else:
                row[name] = _loggable(value)
        return row

    def _set_summary(self, values: dict[str, Any]) -> None:
        self._training.summary.update(values)

    def define_metric(
        self,
        name: str,
        step_metric: str | Metric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Metric:
        """Say which value of a key its summary keeps, and which key is its x axis."""
        self._must_be_alive("define_metric")
        return self._metrics.define(name, step_metric, step_sync, hidden, summary, goal, overwrite)

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> None:
        """Log histograms of a torch model's gradients and parameters with the rows to come."""
        del criterion, idx, log_graph
        for model in models if isinstance(models, (list, tuple)) else [models]:
            self._watched.append(watching.Watched(model, log, log_freq))

    def unwatch(self, models: Any = None) -> None:
        """Stop."""
        del models
        for watched in self._watched:
            watched.stop()
        self._watched.clear()

    def alert(self, title: str, text: str, level: Any = None, wait_duration: Any = None) -> None:
        """Keep an alert with the run."""
        del wait_duration
        self._must_be_alive("alert")
        self._training.log(
            {"alert": {"title": title, "text": text, "level": str(level or "INFO")}},
            step=self._step,
        )

    # --- files and artifacts ---------------------------------------------------------------------

    def save(
        self,
        glob_str: str | os.PathLike[str] | None = None,
        base_path: str | os.PathLike[str] | None = None,
        policy: str = "live",
        **_: Any,
    ) -> list[str] | bool:
        """Take files along: those that a pattern names, copied into `dir`."""
        if glob_str is None:
            return True
        self._must_be_alive("save")
        pattern = Path(glob_str)
        base = Path(base_path) if base_path else pattern.parent
        saved: list[str] = []
        for path in sorted(pattern.parent.glob(pattern.name)):
            if not path.is_file():
                continue
            inside = path.relative_to(base) if path.is_relative_to(base) else Path(path.name)
            target = Path(self.dir) / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.resolve() != target.resolve():
                shutil.copy2(path, target)
            saved.append(str(target))
        del policy
        return saved

    def restore(self, name: str, **_: Any) -> Any:
        """An open file of the run's folder; None when it is not there."""
        path = Path(self.dir) / name
        return path.open() if path.exists() else None

    def log_artifact(
        self,
        artifact_or_path: Artifact | str | os.PathLike[str],
        name: str | None = None,
        type: str | None = None,
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Artifact:
        """Keep a version of an artifact, or of the files at a path."""
        self._must_be_alive("log_artifact")
        del tags
        artifact = _artifact(artifact_or_path, name or f"run-{self._id}", type or "unspecified")
        return self._artifacts.log(artifact, list(aliases or ["latest"]))

    upsert_artifact = finish_artifact = log_artifact

    def use_artifact(
        self,
        artifact_or_name: Artifact | str,
        type: str | None = None,
        aliases: Sequence[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:
        """An artifact that the run reads: by name (`name:alias`) or one made here."""
        del type, aliases, use_as
        self._must_be_alive("use_artifact")
        return self._artifacts.use(artifact_or_name)

    def log_model(
        self,
        path: str | os.PathLike[str],
        name: str | None = None,
        aliases: Sequence[str] | None = None,
    ) -> Artifact:
        """Keep a model's files."""
        return self.log_artifact(path, name or f"run-{self._id}-model", "model", aliases)

    def use_model(self, name: str) -> str:
        """The folder with a model's files."""
        return self.use_artifact(name).download()

    def log_code(self, root: str = ".", name: str | None = None, **_: Any) -> Artifact | None:
        """Keep the Python files below a folder."""
        artifact = Artifact(name or f"source-{self.project}", "code")
        for path in sorted(Path(root).rglob("*.py")):
            inside = path.relative_to(root)
            if not any(fnmatch.fnmatch(part, ".*") for part in inside.parts):
                artifact.add_file(path, str(inside))
        return self.log_artifact(artifact) if artifact.manifest.entries else None

    # --- the rest of the surface -----------------------------------------------------------------

    def mark_preempting(self) -> None:
        """Nothing has to be known of it here."""

    def pin_config_keys(self, *_: Any, **__: Any) -> None:
        """Nothing has to be known of it here."""

    def status(self) -> Any:
        """Whether everything was sent."""
        return {"sync_items_pending": 0 if self._training.flush(0.0) else 1}

    def write_logs(self, text: str) -> None:
        """Write to the run's console."""
        print(text)  # noqa: T201

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """A link to the run."""
        del height, hidden
        return f'<a href="{self.url}">{self.name}</a>'

    def display(self, *_: Any, **__: Any) -> bool:
        """There is no inline page."""
        return False

    def _label(self, *_: Any, **__: Any) -> None:
        """transformers calls it."""

    @property
    def _attach_id(self) -> str:
        return self._id

    # --- the end ---------------------------------------------------------------------------------

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: finished, or failed when the exit code is not 0. Again: nothing."""
        del quiet
        if self._finished:
            return
        self.unwatch()
        for undo in self._undo:
            undo()
        self._upload_files()
        self._finished = True
        status = "finished" if not exit_code else ("killed" if exit_code == 255 else "failed")
        self._training.finish(status=status)
        self._on_finish(self)

    join = finish

    def _upload_files(self) -> None:
        folder = Path(self.dir)
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
        if files:
            artifact = Artifact(f"run-{self._id}-files", "run-files")
            for path in files:
                artifact.add_file(path, str(path.relative_to(folder)))
            self._artifacts.log(artifact, ["latest"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is not None:
            self._training.record_exception(error)
        self.finish(exit_code=0 if error is None else 1)
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _NOT_HERE:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raise NotImplementedError(f"tracehouse.wandb: Run.{name} is not there")


class RunDisabled(Run):
    """What lightning looks for beside `Run`."""


_NOT_HERE = frozenset(("link_artifact", "link_model"))


def _artifact(given: Any, name: str, kind: str) -> Artifact:
    if isinstance(given, Artifact):
        return given
    artifact = Artifact(name, kind)
    path = Path(given)
    if path.is_dir():
        artifact.add_dir(str(path))
    else:
        artifact.add_file(str(path))
    return artifact


def _loggable(value: Any) -> Any:
    """What a value of a row is logged as: as wandb shows it."""
    if isinstance(value, (media.Media, media.Histogram, media.Table, bool, int, float, str)):
        return value
    if hasattr(value, "savefig"):  # a figure
        return data_types.Image(value)
    if hasattr(value, "gcf"):  # matplotlib.pyplot itself
        return data_types.Image(value.gcf())
    if hasattr(value, "to_plotly_json"):
        return data_types.Plotly(value).jsonable()
    if hasattr(value, "jsonable"):
        return value.jsonable()
    if hasattr(value, "iterrows") and hasattr(value, "columns"):
        return data_types.Table(dataframe=value)
    if type(value).__module__.startswith("PIL."):
        return data_types.Image(value)
    shape = getattr(value, "shape", None)
    if shape not in (None, ()) and hasattr(value, "reshape"):
        size = 1
        for side in shape:
            size *= int(side)
        return media.Histogram(value, bins=_MAX_LIST) if size > _MAX_LIST else value
    return value
