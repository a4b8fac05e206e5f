"""Reading what was logged: `tracehouse.Api`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from tracehouse.api_client import ApiClient
from tracehouse.settings import resolve_destination

Form = Literal["rows", "pandas", "polars", "arrow"]


class Api:
    """A client of the query API. Methods raise ApiError when the server refuses or is away.

    The server and the key are found as by the rest of the SDK.
    """

    def __init__(self, *, api_key: str | None = None, api_base: str | None = None) -> None:
        self._client = ApiClient(resolve_destination(api_key, api_base))

    def runs(self, **filters: Any) -> Iterator[StoredRun]:
        """Runs, newest first; filters as of `GET /v1/runs`, keys with dots in a dictionary:
        `runs(project="p", **{"config.lr": ">0.1"})`. Pages are read as they are needed."""
        for run in self._pages("/v1/runs", "runs", filters):
            yield StoredRun(self._client, run)

    def run(self, run_id: str) -> StoredRun:
        """One run, whole."""
        return StoredRun(self._client, self._client.get(f"/v1/runs/{quote(run_id, safe='')}"))

    def traces(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Traces, newest first; filters as of `GET /v1/traces`."""
        yield from self._pages("/v1/traces", "traces", filters)

    def trace(self, trace_id: str) -> dict[str, Any]:
        """One trace with its spans."""
        return self._client.get(f"/v1/traces/{trace_id}")

    def experiments(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Experiments, the last active first; filters as of `GET /v1/experiments`."""
        yield from self._pages("/v1/experiments", "experiments", filters)

    def experiment(self, name: str) -> dict[str, Any]:
        """One experiment: its variants, and the metrics that they can be compared by."""
        return self._client.get(_experiment(name))

    def compare(
        self,
        experiment: str,
        *,
        control: str | None = None,
        metrics: Sequence[str] | None = None,
        unit: Literal["trace", "run", "subject"] | None = None,
        **more: Any,
    ) -> Comparison:
        """The variants of an experiment beside its control, with a verdict for each metric.

        Args:
            control: the variant named `control`, else the first by name, when it is not given.
            metrics: those that there are when none are given.
            unit: what is one observation; a trace where there are any, else a run.
            more: as of `GET /v1/experiments/{name}/compare`: `project`, `lower`, `loop_length` …
        """
        asked = {"control": control, "metrics": list(metrics) if metrics else None, "unit": unit}
        return Comparison(self._client.get(f"{_experiment(experiment)}/compare", **asked, **more))

    def _pages(self, path: str, rows: str, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self._client.get(path, **filters, cursor=cursor)
            yield from page[rows]
            cursor = page["next_cursor"]
            if cursor is None:
                return


class Comparison:
    """An experiment's variants beside its control. `data` is the whole answer, `verdicts` what it
    comes to; printed, it is a table."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @property
    def verdicts(self) -> dict[str, dict[str, str]]:
        """`better`, `worse`, `no difference seen` or `not enough data`, by variant and metric."""
        found: dict[str, dict[str, str]] = {}
        for metric in self.data["metrics"]:
            for one in metric["comparisons"]:
                found.setdefault(one["variant"], {})[metric["name"]] = one["verdict"]
        return found

    def __str__(self) -> str:
        unit, control = self.data["unit"], self.data["control"]
        sizes = ", ".join(f"{one['variant']} {one['n']}" for one in self.data["variants"])
        lines = [f"{self.data['experiment']}, by {unit} ({sizes}), beside {control}:"]
        for metric in self.data["metrics"]:
            means = {one["variant"]: one["mean"] for one in metric["variants"]}
            for one in metric["comparisons"]:
                still = one["needed"]["still"] if one["verdict"] == "not enough data" else 0
                lines.append(
                    f"  {one['variant']:<12} {metric['name']:<16}"
                    f" {_shown(means[control]):>10} -> {_shown(means[one['variant']]):<10}"
                    f" {one['verdict']}"
                    + (f": {still} more {one['needed']['of']}" if still else "")
                )
        return "\n".join(lines)


class StoredRun:
    """A run as the server has it: its fields (`id`, `name`, `status`, `config`, `summary` …) are
    attributes, and `data` is all of them."""

    def __init__(self, client: ApiClient, data: dict[str, Any]) -> None:
        self._client = client
        self.data = data

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.data[name]
        except KeyError:
            raise AttributeError(f"a run has no {name!r}") from None

    def history(
        self,
        keys: Sequence[str] | None = None,
        *,
        x: str = "step",
        max_points: int = 1000,
        form: Form = "rows",
    ) -> Any:
        """Scalars by step, time or another metric; exact up to `max_points` a key, else in buckets.

        Columns: `key`, `x`, `step`, `last`, `min`, `max`, `mean`. As a list of dictionaries
        (`rows`), a pandas or polars DataFrame, or an Arrow table; for the last three the library of
        that name, and pyarrow, must be installed.
        """
        parameters = {
            "keys": ",".join(keys) if keys else None,
            "x": x,
            "max_points": max_points,
            "format": "json" if form == "rows" else "arrow",
        }
        path = f"/v1/runs/{self.data['id']}/history"
        if form == "rows":
            return _rows(self._client.get(path, **parameters)["series"])
        return _frame(self._client.raw("GET", path, parameters), form)

    def values(self, keys: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Values that are not numbers: `key`, `step`, `time`, `value`."""
        wanted = ",".join(keys) if keys else None
        return self._client.get(f"/v1/runs/{self.data['id']}/history", keys=wanted)["values"]

    def system(self) -> list[dict[str, Any]]:
        """Readings of its machine: a series a key."""
        return self._client.get(f"/v1/runs/{self.data['id']}/system")["series"]

    def console(self) -> Iterator[str]:
        """What it printed, line by line."""
        cursor = None
        while True:
            page = self._client.get(f"/v1/runs/{self.data['id']}/console", cursor=cursor)
            yield from (line["text"] for line in page["lines"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def media(self) -> list[dict[str, Any]]:
        """Its images, videos and audio; `download` brings their bytes."""
        return self._client.get(f"/v1/runs/{self.data['id']}/media")["media"]

    def download(self, item: dict[str, Any], path: str | Path) -> Path:
        """Bring an item of `media` to a file."""
        target = Path(path)
        target.write_bytes(self._client.raw("GET", item["url"]))
        return target

    def artifacts(self) -> list[dict[str, Any]]:
        """The artifacts that it logged or used."""
        return self._client.get(f"/v1/runs/{self.data['id']}/artifacts")["artifacts"]

    def rollouts(self, step: int | None = None) -> Iterator[dict[str, Any]]:
        """Its rollouts, by step."""
        cursor = None
        while True:
            page = self._client.get(
                f"/v1/runs/{self.data['id']}/rollouts", step=step, cursor=cursor
            )
            yield from page["rollouts"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def update(self, **changes: Any) -> None:
        """Change its `name`, `notes`, `tags` or, by `config_patch`, its config."""
        self._client.patch(f"/v1/runs/{self.data['id']}", changes)

    def delete(self) -> None:
        """Delete it with its values."""
        self._client.raw("DELETE", f"/v1/runs/{self.data['id']}")

    def __repr__(self) -> str:
        return f"<run {self.data['name']} ({self.data['status']}) {self.data['id']}>"


def _experiment(name: str) -> str:
    return f"/v1/experiments/{quote(name, safe='')}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _rows(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = ("x", "step", "last", "min", "max", "mean")
    return [
        {"key": each["key"], **dict(zip(columns, values, strict=True))}
        for each in series
        for values in zip(*(each[name] for name in columns), strict=True)
    ]


def _frame(stream: bytes, form: Form) -> Any:
    import pyarrow

    table = pyarrow.ipc.open_stream(io.BytesIO(stream)).read_all()
    if form == "arrow":
        return table
    if form == "polars":
        import polars  # pyright: ignore[reportMissingImports]

        return polars.from_arrow(table)
    return table.to_pandas()
