"""`wandb.apis.public`: reading what was logged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracehouse.api_client import ApiClient
from tracehouse.errors import ApiError
from tracehouse.wandb.apis.filters import asked_of_server, matches
from tracehouse.wandb.artifacts import Artifact, fetch
from tracehouse.wandb.errors import CommError
from tracehouse_semconv.ids import run_identity

_MAX_POINTS = 100_000


class Api:
    """The server's runs, by wandb's paths: `entity/project/run`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._client = ApiClient()

    def runs(
        self,
        path: str | None = None,
        filters: dict[str, Any] | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        **_: Any,
    ) -> list[Run]:
        """The runs of a project. `filters` are MongoDB's, over `state`, `group`, `tags`,
        `display_name`, `created_at`, `config.<key>`, `summary_metrics.<key>` and whatever else is
        stored of a run. Raises ValueError for what is no filter."""
        wanted = filters or {}
        parameters: dict[str, Any] = dict(asked_of_server(wanted))
        column = order.lstrip("+-").replace("created_at", "start_time")
        column = column.replace("summary_metrics.", "summary.")
        parameters["sort"] = f"{'-' if order.startswith('-') else ''}{column}"
        found: list[Run] = []
        cursor = None
        while True:
            page = self._client.get(
                "/v1/runs", project=_project(path), limit=per_page, cursor=cursor, **parameters
            )
            found += [Run(self._client, run) for run in page["runs"] if matches(run, wanted)]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def run(self, path: str) -> Run:
        """A run by `entity/project/id`. Raises CommError when there is none."""
        project, _, run_id = path.strip("/").replace("/runs/", "/").rpartition("/")
        project = project.rpartition("/")[2]
        known = run_identity("wandb", f"{project}/{run_id}").trace_hex
        for candidate in (known, run_id):
            try:
                return Run(self._client, self._client.get(f"/v1/runs/{candidate}"))
            except ApiError as error:
                if error.status != 404:
                    raise CommError(str(error)) from error
        raise CommError(f"could not find run {path}")

    def artifact(self, name: str, type: str | None = None) -> Artifact:
        """An artifact by `project/name:alias`. Raises CommError when there is none."""
        del type
        path, _, last = name.rpartition("/")
        base, _, alias = last.partition(":")
        return fetch(
            self._client, path.rpartition("/")[2] or "uncategorized", base, alias or "latest"
        )


class Run:
    """A run as it is stored."""

    def __init__(self, client: ApiClient, stored: dict[str, Any]) -> None:
        self._client = client
        self._stored = stored

    id = property(lambda self: (self._stored["client_run_id"] or "").rpartition("/")[2])
    name = property(lambda self: self._stored["name"])
    state = property(lambda self: self._stored["status"])
    config = property(lambda self: self._stored["config"])
    summary = property(lambda self: self._stored["summary"])
    summary_metrics = summary
    tags = property(lambda self: self._stored["tags"])
    group = property(lambda self: self._stored["group"])
    project = property(lambda self: self._stored["project"])
    notes = property(lambda self: self._stored["notes"])
    created_at = property(lambda self: self._stored["start_time"])
    lastHistoryStep = property(lambda self: self._stored["last_step"])

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int | None = None,
        max_step: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every row, by step."""
        del page_size
        yield from self._rows(keys, _MAX_POINTS, min_step, max_step)

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """Rows of at most `samples` steps, as a DataFrame or a list."""
        del x_axis, stream
        rows = list(self._rows(keys, samples, None, None))
        if not pandas:
            return rows
        import pandas as pd

        return pd.DataFrame(rows)

    def _rows(
        self, keys: Sequence[str] | None, points: int, low: int | None, high: int | None
    ) -> list[dict[str, Any]]:
        found = self._client.get(
            f"/v1/runs/{self._stored['id']}/history",
            keys=",".join(keys) if keys else None,
            max_points=points,
            min_x=low,
            max_x=high,
        )
        rows: dict[int, dict[str, Any]] = {}
        for series in found["series"]:
            for step, value in zip(series["step"], series["last"], strict=True):
                rows.setdefault(step, {"_step": step})[series["key"]] = value
        for value in found["values"]:
            rows.setdefault(value["step"], {"_step": value["step"]})[value["key"]] = value["value"]
        return [rows[step] for step in sorted(rows)]

    def logged_artifacts(self) -> list[Artifact]:
        """The artifacts that it logged."""
        found = self._client.get(f"/v1/runs/{self._stored['id']}/artifacts")["artifacts"]
        names = [a["name"] for a in found if a.get("action", "logged") == "logged"]
        return [fetch(self._client, self.project, name, "latest") for name in dict.fromkeys(names)]

    def files(self) -> list[Any]:
        """The files of its folder."""
        try:
            name = f"run-{self.id}-files"
            return fetch(self._client, self.project, name, "latest").files()
        except CommError:
            return []

    def file(self, name: str) -> Any:
        """A file of its folder. Raises CommError when there is none."""
        found = next((file for file in self.files() if file.path == name), None)
        if found is None:
            raise CommError(f"the run has no file {name}")
        return found

    def update(self) -> None:
        """Keep changes of `config`, made in place."""
        self._client.patch(f"/v1/runs/{self._stored['id']}", {"config_patch": self.config})

    def delete(self, *_: Any, **__: Any) -> None:
        """Delete the run with its values."""
        self._client.raw("DELETE", f"/v1/runs/{self._stored['id']}")

    def __repr__(self) -> str:
        return f"<Run {self.project}/{self.id} ({self.state})>"


def _project(path: str | None) -> str | None:
    return path.strip("/").rpartition("/")[2] if path else None
