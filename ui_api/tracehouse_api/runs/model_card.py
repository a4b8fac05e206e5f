"""A run as a model card: Markdown with the metadata block that the Hugging Face Hub reads.

https://huggingface.co/docs/hub/model-cards#model-card-metadata
"""

from __future__ import annotations

import json
from typing import Any


def model_card(run: dict[str, Any]) -> str:
    """The card of a run, from its name, config, last values and links."""
    links = run["links"]
    metadata = ["---", "library_name: transformers", "tags:", "- tracehouse"]
    metadata += [f"- {json.dumps(tag)}" for tag in run["tags"] or ()]
    if links["dataset"]:
        metadata += ["datasets:", f"- {links['dataset']}"]
    base = run["config"].get("base_model")
    if isinstance(base, str):
        metadata.append(f"base_model: {base}")
    lines = [*metadata, "---", "", f"# {run['name']}", ""]
    if run["notes"]:
        lines += [run["notes"], ""]
    lines += [
        f"Trained in project `{run['project']}`, begun {run['start_time'][:19]}Z; {run['status']}.",
        "",
    ]
    lines += _table("Metrics", "metric", run["summary"])
    lines += _table("Configuration", "parameter", run["config"])
    if links["dataset"]:
        split = f" (split `{links['dataset_split']}`)" if links["dataset_split"] else ""
        lines += ["## Data", "", f"- `{links['dataset']}`{split}", ""]
    return "\n".join(lines)


def _table(title: str, what: str, values: dict[str, Any]) -> list[str]:
    if not values:
        return []
    rows = [
        f"| `{_cell(key)}` | {_cell(value if isinstance(value, str) else json.dumps(value))} |"
        for key, value in sorted(values.items())
    ]
    return [f"## {title}", "", f"| {what} | value |", "|---|---|", *rows, ""]


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ")
