"""Training runs: scalars, structured values, media and artifacts by step, and how the run is."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from tracehouse import anonymous, autofinish, complain
from tracehouse.api_client import ApiClient
from tracehouse.artifacts import describe_data
from tracehouse.chat import Run
from tracehouse.console import Console
from tracehouse.environment import capture_environment
from tracehouse.live_dict import LiveDict
from tracehouse.media import Image, Media, Video
from tracehouse.pulse import Pulse
from tracehouse.recorder import get_recorder
from tracehouse.recorder.ids import default_machine_id
from tracehouse.recorder.points import Stream
from tracehouse.run_log import RunLog, checked_step
from tracehouse.run_span import RunSpan
from tracehouse.session import cohort_attributes, recall, remember, resource_attributes
from tracehouse.settings import Mode, resolve_mode
from tracehouse.system_metrics import SystemMetrics
from tracehouse.values import to_json, valid_text
from tracehouse_semconv import attributes as names
from tracehouse_semconv import events
from tracehouse_semconv.attributes import RunStatus
from tracehouse_semconv.ids import run_identity

ALLOWED_STATUSES = tuple(RunStatus)
FINISH_SECONDS = 10.0
_CAPTURE_SECONDS = 5.0
_PUSH_SECONDS = 60.0  # the server draws, and asks the Hub in its turn
_HEARTBEAT_SECONDS = 15.0
_REMEMBERED = "runs"


class TrainingRun:
    """A training run, alive from its making to `finish` (or to the end of its `with` block).

    The same `client_run_id` on the same machine resumes the same run: its config, its start and its
    step counter go on. Constructing raises ClaudeMonitorError on misuse; no other method does,
    except those that ask the server: `model_card`, `push_model_card`, `push_dataset_card`.

    Args:
        project: what it is filed under; `default` when it is not given.
        name: what people call it; `run-<8 hex digits>` when it is not given.
        config: hyper-parameters, anything that JSON has. `run.config` is live.
        client_run_id: the caller's identifier; random when it is not given.
        auto_finish: finish it when the process ends (see `tracehouse.autofinish`).
        capture_env: record Python, packages, git, hardware and arguments.
        capture_console: record what the program prints.
        system_metrics: read the machine every `system_metrics_interval` seconds.
        mode: `online`, `offline` or `disabled`; by default `TRACEHOUSE_MODE`, then `online`.
        keep_nonfinite: record NaN and infinities as they are, instead of dropping them.
        identity_machine: what the run's id is made of beside `client_run_id`; this machine when it
            is not given. A fixed text makes the id the same on every machine.
        resume_from: what is known of an earlier part of the run (`name`, `config`, `summary`,
            `next_step`); what this machine remembers when it is not given.
    """

    def __init__(
        self,
        *,
        project: str | None = None,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        client_run_id: str | None = None,
        hf_dataset: str | None = None,
        hf_dataset_split: str | None = None,
        hf_model: str | None = None,
        hf_model_revision: str | None = None,
        subject_id: str | None = None,
        experiment: str | None = None,
        variant: str | None = None,
        tags: Sequence[str] = (),
        notes: str | None = None,
        group: str | None = None,
        job_type: str | None = None,
        sweep_id: str | None = None,
        api_key: str | None = None,
        api_base: str | None = None,
        machine_id: str | None = None,
        hostname: str | None = None,
        agent_version: str | None = None,
        auto_finish: bool = True,
        capture_env: bool = True,
        capture_console: bool = True,
        system_metrics: bool = True,
        system_metrics_interval: float = 15.0,
        mode: str | None = None,
        keep_nonfinite: bool = False,
        identity_machine: str | None = None,
        resume_from: Mapping[str, Any] | None = None,
    ) -> None:
        self.project = project or "default"
        self.client_run_id = client_run_id or f"py-{uuid.uuid4()}"
        self.machine_id = machine_id or default_machine_id()
        ids = run_identity(identity_machine or self.machine_id, self.client_run_id)
        self.id = ids.trace_hex
        self._recorder = get_recorder(resolve_mode(mode), api_key, api_base)
        before = resume_from
        if before is None:
            before = recall(_REMEMBERED, self.id) if client_run_id else {}
        self.resumed = bool(before)
        self._lock = threading.Lock()
        self._rollouts: dict[str, int] = {}
        self._finished = False
        self._pid = os.getpid()
        self._heartbeat = float(
            os.environ.get("TRACEHOUSE_HEARTBEAT_SECONDS") or _HEARTBEAT_SECONDS
        )
        resource = resource_attributes(
            project=self.project,
            scaffold=None,
            machine_id=self.machine_id,
            hostname=hostname,
            agent_version=agent_version,
        )
        self.hostname = str(resource["host.name"])
        source = self._recorder.source(resource)
        self._log = RunLog(
            self._recorder,
            Stream(self.id, source.resource),
            next_step=int(before.get("next_step", 0)),
            lines=int(before.get("lines", 0)),
            keep_nonfinite=keep_nonfinite,
        )
        facts = {
            **_given(
                {
                    names.TRACEHOUSE_DATASET_NAME: hf_dataset,
                    names.TRACEHOUSE_DATASET_SPLIT: hf_dataset_split,
                    names.TRACEHOUSE_MODEL_NAME: hf_model,
                    names.TRACEHOUSE_MODEL_REVISION: hf_model_revision,
                    names.TRACEHOUSE_RUN_NOTES: notes,
                    names.TRACEHOUSE_RUN_GROUP: group,
                    names.TRACEHOUSE_RUN_JOB_TYPE: job_type,
                    names.TRACEHOUSE_SWEEP_ID: sweep_id,
                    names.TRACEHOUSE_RUN_TAGS: [valid_text(str(tag)) for tag in tags] or None,
                }
            ),
            **cohort_attributes(subject_id, experiment, variant),
        }
        self._span = RunSpan(
            self._recorder,
            source.tracer,
            ids,
            name=name or before.get("name") or f"run-{uuid.uuid4().hex[:8]}",
            client_run_id=self.client_run_id,
            config=config or {},
            facts=facts,
            before=before,
            heartbeat_seconds=self._heartbeat,
        )
        self._console: Console | None = None
        self._pulse: Pulse | None = None
        self._capturing: threading.Thread | None = None
        if self._recorder.mode is not Mode.disabled:
            self._remember()
            self._console = self._listen() if capture_console else None
            self._pulse = self._start_pulse(system_metrics, system_metrics_interval)
            if capture_env:
                self._capturing = threading.Thread(
                    target=self._capture, name="tracehouse-env", daemon=True
                )
                self._capturing.start()
        if auto_finish:
            autofinish.watch(self)
        complain.logger.info("run %s (%s) begins: %s", self.name, self.id, self.url)

    # --- what it is ------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What people call it."""
        return self._span.name

    @property
    def status(self) -> RunStatus:
        """running, finished, failed, crashed or killed."""
        return self._span.status

    @property
    def config(self) -> LiveDict:
        """The configuration; a change is seen at once."""
        return self._span.config

    @property
    def summary(self) -> LiveDict:
        """Values set by hand as the run's result; a change is seen at once."""
        return self._span.summary

    def _remember(self) -> None:
        steps = {"next_step": self._log.next_step, "lines": self._log.lines}
        remember(_REMEMBERED, self.id, self._span.to_remember() | steps)

    def _beat(self) -> None:
        self._span.changed()
        self._remember()

    def _start_pulse(self, system_metrics: bool, interval: float) -> Pulse:
        if not system_metrics:
            return Pulse(self._beat, self._heartbeat, None, interval)
        machine = SystemMetrics()

        def read() -> None:  # also while `finish` waits for the first reading of a short run
            self._log.readings(machine.read())

        return Pulse(self._beat, self._heartbeat, read, max(2.0, interval))

    @property
    def url(self) -> str:
        """Where the run is seen."""
        destination = self._recorder.current_destination()
        session = anonymous.known(destination.api_base)
        if session is not None and session.token == destination.api_key:
            return session.link(f"/runs/{self.id}")
        base = os.environ.get("TRACEHOUSE_WEB_URL") or destination.api_base
        return f"{base.rstrip('/')}/runs/{self.id}"

    @property
    def step(self) -> int:
        """The step that the next `log` without one gets."""
        return self._log.next_step

    @property
    def dropped_values(self) -> int:
        """NaN and infinite values that were not recorded."""
        return self._log.dropped_values

    # --- logging ---------------------------------------------------------------------------------

    @complain.never_raises(complain.nothing)
    def log(
        self,
        values: Mapping[str, Any],
        *,
        step: int | None = None,
        wall_time: float | None = None,
        commit: bool = True,
    ) -> None:
        """Log values at a step. Any step, in any order; the last value of a key and step counts.

        Args:
            values: by key: numbers (numpy, torch and jax ones too), lists, dictionaries, texts,
                media, histograms, tables. NaN and infinities are dropped, counted and warned of.
            step: the step; the next one when it is not given.
            wall_time: Unix seconds of the values; now when it is not given.
            commit: False leaves the next step to be the same one.
        """
        if self._finished:
            complain.once("run %s is finished: what is logged to it is dropped", self.name)
            return
        self._log.log(values, step, wall_time, commit)

    @complain.never_raises(complain.nothing)
    def log_readings(self, values: Mapping[str, float]) -> None:
        """Log readings that have a time and no step, as those of the machine (`system/…`)."""
        if not self._finished:
            self._log.readings(values)

    @complain.never_raises(complain.nothing)
    def log_image(
        self,
        key: str,
        data: Any,
        *,
        caption: str | None = None,
        step: int | None = None,
        format: str | None = None,
    ) -> None:
        """Log an image: whatever `tracehouse.Image` takes."""
        image = data if isinstance(data, Image) else Image(data, caption, format)
        self._log_media(key, image, step)

    @complain.never_raises(complain.nothing)
    def log_video(
        self,
        key: str,
        data: Any,
        *,
        caption: str | None = None,
        step: int | None = None,
        format: str | None = None,
    ) -> None:
        """Log a video: whatever `tracehouse.Video` takes."""
        video = data if isinstance(data, Video) else Video(data, caption, format)
        self._log_media(key, video, step)

    def _log_media(self, key: str, media: Media, step: int | None) -> None:
        self.log({key: media}, step=self._log.current_step if step is None else step)

    # --- what belongs to the run -----------------------------------------------------------------

    def link_dataset(self, slug: str, *, split: str | None = None) -> None:
        """The dataset that the run uses, as the Hugging Face Hub names it."""
        self._tell({names.TRACEHOUSE_DATASET_NAME: slug, names.TRACEHOUSE_DATASET_SPLIT: split})

    def link_model(self, repo: str, *, revision: str | None = None) -> None:
        """The model repository that the run writes to, as the Hugging Face Hub names it."""
        self._tell({names.TRACEHOUSE_MODEL_NAME: repo, names.TRACEHOUSE_MODEL_REVISION: revision})

    def add_tags(self, *tags: str) -> None:
        """Add tags; those that the run has stay."""
        now: Any = self._span.fact(names.TRACEHOUSE_RUN_TAGS) or []
        self._tell({names.TRACEHOUSE_RUN_TAGS: list(dict.fromkeys([*now, *map(str, tags)]))})

    def rename(self, name: str) -> None:
        """Give the run another name."""
        self._span.name = str(name)
        self._span.changed()

    def describe(self, *, notes: str | None = None, tags: Sequence[str] | None = None) -> None:
        """Set its notes, or all of its tags."""
        given = None if tags is None else [str(tag) for tag in tags]
        self._tell({names.TRACEHOUSE_RUN_NOTES: notes, names.TRACEHOUSE_RUN_TAGS: given})

    @complain.never_raises(complain.nothing)
    def _tell(self, facts: Mapping[str, Any]) -> None:
        self._span.tell(_given(facts))

    @complain.never_raises(complain.nothing)
    def add_artifact(self, name: str, *, data: Any, kind: str = "json") -> None:
        """Keep a small thing under a name: `kind` is json, params (JSON, too) or text."""
        content, body = describe_data(data, kind)
        self.keep_file(body["files"][0]["sha256"], content)
        self.record_artifact(name, body)

    @complain.never_raises(complain.nothing)
    def record_artifact(self, name: str, body: Mapping[str, Any]) -> None:
        """Say that a version of an artifact was logged or used (see `tracehouse.artifacts`)."""
        self._log.event(events.TRACEHOUSE_RUN_ARTIFACT, name, to_json(body))

    def keep_file(self, sha256: str, content: bytes) -> None:
        """Have a file uploaded to the blob store. Raises OSError."""
        self._recorder.add_blob(sha256, content)

    def api(self) -> ApiClient:
        """The server's API."""
        return ApiClient(self._recorder.current_destination())

    def rollout(
        self,
        *,
        step: int | None = None,
        name: str | None = None,
        session_id: str | None = None,
        **more: Any,
    ) -> Run:
        """A chat trace that belongs to this run and step (the current one when it is not given).

        Each call is a trace of its own: the second of a step is called `<name>-step<n>-2`.
        `more` are arguments of `Run`.
        """
        step = self._log.current_step if step is None else checked_step(step)
        label = session_id or f"{name or self.name}-step{step}"
        count = self._rollouts[label] = self._rollouts.get(label, 0) + 1
        cohort = {
            "subject_id": self._span.fact(names.TRACEHOUSE_SUBJECT_ID),
            "experiment": self._span.fact(names.TRACEHOUSE_EXPERIMENT_NAME),
            "variant": self._span.fact(names.TRACEHOUSE_EXPERIMENT_VARIANT),
        }
        arguments: dict[str, Any] = {
            "project": self.project,
            "task_name": name or f"rollout step {step}",
            "machine_id": self.machine_id,
            "recorder": self._recorder,
            "link": self._span.context,
            **cohort,
            **more,
        }
        return Run(
            session_id=label if count == 1 or session_id else f"{label}-{count}",
            run_id=self.id,
            rollout_step=step,
            **arguments,
        )

    # --- what only the server can do -------------------------------------------------------------

    def model_card(self) -> str:
        """The model card that the server makes of this run, in Markdown. Raises ApiError."""
        self._recorder.flush(FINISH_SECONDS)
        return self.api().text(f"/v1/runs/{self.id}/model_card.md")

    def push_model_card(
        self,
        *,
        commit_message: str | None = None,
        repo: str | None = None,
        create: bool = False,
    ) -> dict[str, Any]:
        """Push the model card to the Hub: {commit_url, commit_oid, repo}.

        It goes to the linked model, or to `repo`; `create` makes one where there is none, private.
        The server asks the Hub with the token that is saved there. Raises ApiError.
        """
        return self._push("push_model_card", commit_message, repo, create)

    def push_dataset_card(
        self,
        *,
        commit_message: str | None = None,
        repo: str | None = None,
        create: bool = False,
    ) -> dict[str, Any]:
        """Push which runs of the project use the linked dataset to its card on the Hub, as
        `push_model_card` does. Raises ApiError."""
        return self._push("push_dataset_card", commit_message, repo, create)

    def _push(
        self, what: str, commit_message: str | None, repo: str | None, create: bool
    ) -> dict[str, Any]:
        self._recorder.flush(FINISH_SECONDS)
        body = _given(
            {"commit_message": commit_message, "repo": repo, "create": True if create else None}
        )
        destination = replace(self._recorder.current_destination(), timeout=_PUSH_SECONDS)
        return ApiClient(destination).post(f"/v1/runs/{self.id}/{what}", body)

    # --- around it -------------------------------------------------------------------------------

    @complain.never_raises(complain.nothing)
    def record_environment(self, found: Mapping[str, Any]) -> None:
        """Say what the run started with, as `capture_environment` finds it."""
        self._log.event(events.TRACEHOUSE_RUN_ENVIRONMENT, "environment", to_json(found))

    @complain.never_raises(complain.nothing)
    def _capture(self) -> None:
        self.record_environment(capture_environment())

    def _listen(self) -> Console:
        console = Console(self._log.console_line)
        console.start()
        return console

    # --- the end ---------------------------------------------------------------------------------

    def record_exception(self, error: BaseException) -> None:
        """Keep what ended the run."""
        self._span.record_exception(error)

    def flush(self, timeout: float = FINISH_SECONDS) -> bool:
        """Write all that was logged to disk; whether a server had it within `timeout` seconds."""
        return self._recorder.flush(timeout)

    @complain.never_raises(complain.nothing)
    def finish(self, *, status: str = "finished", timeout: float = FINISH_SECONDS) -> None:
        """End the run. Waits at most `timeout` seconds for the server; what it has not got by then
        stays on disk, and is sent by the next program. A second call changes nothing, and neither
        does one in a forked child: the run is its parent's."""
        with self._lock:
            if self._finished:
                return
            if os.getpid() != self._pid:
                self._recorder.flush(timeout)
                return
            if status not in ALLOWED_STATUSES:
                complain.once(
                    "status must be one of %s: %r is taken for finished",
                    ", ".join(ALLOWED_STATUSES),
                    status,
                )
                status = RunStatus.finished
            self._finished = True
        if self._pulse is not None:
            self._pulse.stop()
        if self._console is not None:
            self._console.stop()
        if self._capturing is not None:  # a run may be shorter than a look at all packages
            self._capturing.join(min(timeout, _CAPTURE_SECONDS))
        self._span.end(RunStatus(status))
        autofinish.forget(self)
        if self._recorder.mode is not Mode.disabled:
            self._remember()
        if not self._recorder.flush(timeout) and timeout > 0:
            self._say_where()
        complain.logger.info("run %s is %s: %s", self.name, self.status, self.url)

    def _say_where(self) -> None:
        if self._recorder.where is None:
            return
        if self._recorder.mode is Mode.offline:
            complain.logger.info(
                "run %s is in %s: `tracehouse sync` sends it", self.name, self._recorder.where
            )
        else:
            complain.logger.warning(
                "run %s: not everything was sent%s; the rest is in %s, and the next program or "
                "`tracehouse sync` sends it",
                self.name,
                f" ({self._recorder.why_waiting})" if self._recorder.why_waiting else "",
                self._recorder.where,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.record_exception(error)
            self.finish(status="crashed")


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: valid_text(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None
    }
