"""A run as a model card: the metadata that the Hub reads, and a section of Markdown.

https://huggingface.co/docs/hub/model-cards#model-card-metadata
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from huggingface_hub import EvalResult, ModelCardData
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from tracehouse_api.hub.markdown import code, link, plain, values_table, without_comments

SOURCE = "tracehouse"  # who says so, in the metadata's list of results

_EVALUATION = re.compile(r"(?:^|[/_.-])(?:eval|evaluation|val|valid|validation|test)(?:[/_.-]|$)")
_TRAINING = re.compile(r"^(?:train|system)\w*[/_.-]|(?:^|[/_.-])(?:lr|learning_rate|epoch|step)$")
_METRIC_IDS = {"acc": "accuracy"}
_TASK = re.compile(r"[a-z0-9-]{1,60}")
_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:(?:api|access|private|secret)_?key|(?:auth|access|api|hf|hub|bearer)_?token|token"
    r"|secret|password|passwd|credentials?)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"(?:hf_|sk-|ba_|ghp_|glpat-|xox[bp]-|AKIA)[\w-]{8,}")


@dataclass(frozen=True)
class Card:
    """What is put into a README. `pictures` are files beside it, by their path."""

    title: str
    metadata: dict[str, Any]
    section: str
    pictures: dict[str, bytes] = field(default_factory=dict[str, bytes])


def model_card(
    run: Mapping[str, Any],
    *,
    run_url: str,
    hub_url: str,
    plots: Sequence[tuple[str, str, bytes]] = (),
) -> Card:
    """The card of a run, as the API shows it: its name, config, last values and links.

    `run_url` leads back to the run. `plots` are metrics with the path and the PNG of each.
    """
    section = [
        "## Training run",
        _facts(run, run_url),
        without_comments(run["notes"] or ""),
        _chapter("Metrics", values_table("metric", run["summary"]) if run["summary"] else ""),
        _chapter("Curves", "\n".join(f"![{plain(key)}]({path})" for key, path, _ in plots)),
        _chapter("Configuration", _configuration(run["config"])),
        _chapter("Links", _links(run, hub_url)),
    ]
    return Card(
        title=str(run["name"]),
        metadata=_metadata(run, run_url),
        section="\n\n".join(part for part in section if part),
        pictures={path: png for _, path, png in plots},
    )


def plotted_keys(keys: Sequence[str], most: int) -> list[str]:
    """The metrics that are drawn, at most so many: evaluations, then losses, then all others."""
    shown = [key for key in keys if not key.startswith("system/")]
    return sorted(shown, key=lambda key: (not _EVALUATION.search(key), "loss" not in key, key))[
        :most
    ]


def is_repo(name: Any) -> bool:
    """Whether this can be the name of a repository: the Hub refuses metadata that names another."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return bool(name)


def _facts(run: Mapping[str, Any], run_url: str) -> str:
    begun = f"{run['start_time'][:19]}Z"
    steps = "" if run["last_step"] is None else f", last step {run['last_step']}"
    return (
        f"{link(str(run['name']), run_url)} in project {code(run['project'])}, "
        f"begun {begun}, {run['status']}{steps}."
    )


def _links(run: Mapping[str, Any], hub_url: str) -> str:
    links = run["links"]
    base = run["config"].get("base_model")
    found = (
        ("Base model", base if isinstance(base, str) else "", "", ""),
        ("Model", links["model"], "revision", links["model_revision"]),
        ("Dataset", links["dataset"], "split", links["dataset_split"]),
    )
    return "\n".join(
        f"- {what}: {hub_link(name, hub_url, dataset=what == 'Dataset')}"
        + (f", {part} {code(chosen)}" if chosen else "")
        for what, name, part, chosen in found
        if name
    )


def hub_link(name: str, hub_url: str, *, dataset: bool = False) -> str:
    """A link to a repository; the bare name where it can be none."""
    if not is_repo(name):
        return code(name)
    return link(name, f"{hub_url}/{'datasets/' if dataset else ''}{name}")


def _chapter(title: str, content: str) -> str:
    return f"### {title}\n\n{content}" if content else ""


def _configuration(config: Mapping[str, Any]) -> str:
    values = _flat(config)
    if not values:
        return ""
    shown = {
        name: "(not shown)" if _is_secret(name, found) else found for name, found in values.items()
    }
    return f"<details>\n\n{values_table('parameter', shown)}\n\n</details>"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in values.items():
        if isinstance(inner, dict) and inner:
            found |= _flat(inner, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            found[f"{prefix}{name}"] = inner
    return found


def _is_secret(name: str, found: Any) -> bool:
    return found is not None and (
        _SECRET_NAME.search(name) is not None or _SECRET_VALUE.search(str(found)) is not None
    )


def _metadata(run: Mapping[str, Any], run_url: str) -> dict[str, Any]:
    links, config = run["links"], run["config"]
    base = config.get("base_model")
    results = _results(run, run_url)
    task = _task(config.get("pipeline_tag"))
    return ModelCardData(
        base_model=base if is_repo(base) else None,
        datasets=[links["dataset"]] if is_repo(links["dataset"]) else None,
        metrics=sorted({result.metric_type for result in results}) or None,
        pipeline_tag=task or None,
        tags=[SOURCE, *map(str, run["tags"] or ())],
        model_name=str(run["name"]) if results else None,
        eval_results=results or None,
    ).to_dict()


def _task(said: Any) -> str:
    return said if isinstance(said, str) and _TASK.fullmatch(said) else ""


def _results(run: Mapping[str, Any], run_url: str) -> list[EvalResult]:
    """The last values of the evaluation's metrics; where none is named as one of evaluation, of all
    that are not the training's own."""
    numbers = {
        key: found
        for key, found in sorted(run["summary"].items())
        if isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found)
    }
    evaluated = [key for key in numbers if _EVALUATION.search(key)]
    config = run["config"]
    dataset = run["links"]["dataset"]
    return [
        EvalResult(
            task_type=_task(config.get("pipeline_tag")) or _task(config.get("task")) or "other",
            dataset_type=dataset if is_repo(dataset) else "unknown",
            dataset_name=dataset or "unknown",
            metric_type=_metric_type(key),
            metric_name=key,
            metric_value=numbers[key],
            source_name=SOURCE,
            source_url=run_url,
        )
        for key in evaluated or (key for key in numbers if not _TRAINING.search(key))
    ]


def _metric_type(key: str) -> str:
    """What is measured, as the Hub's list of metrics has it: `accuracy` of `eval/acc`."""
    last = re.split(r"[/.]", _EVALUATION.sub("/", key).strip("/"))[-1] or key
    return _METRIC_IDS.get(last, last)
