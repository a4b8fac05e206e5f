"""Cards of datasets: of one that is kept here, and of one on the Hub that runs were trained on.

https://huggingface.co/docs/hub/datasets-cards
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import DatasetCardData

from tracehouse_api.hub.card import SOURCE, Card, hub_link
from tracehouse_api.hub.markdown import code, link, table, without_comments

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))


def dataset_card(dataset: Mapping[str, Any], total: int) -> Card:
    """The card of a dataset of ours with so many items."""
    name = str(dataset["name"])
    schemas = [
        f"### {title}\n\n```json\n{_json(dataset[field])}\n```"
        for title, field in (("Input", "input_schema"), ("Output", "expected_output_schema"))
        if dataset[field] is not None
    ]
    section = [
        "## Dataset",
        f"{code(name)}, {total} item{'' if total == 1 else 's'}, "
        f"as of {dataset['updated_at'][:19]}Z. An item has an input, and may have an expected "
        "output and metadata.",
        without_comments(dataset["description"] or ""),
        *schemas,
    ]
    size = next((name for most, name in _SIZES if total < most), "n>1M")
    metadata = DatasetCardData(pretty_name=name, size_categories=[size], tags=[SOURCE])
    return Card(name, metadata.to_dict(), "\n\n".join(part for part in section if part))


def linked_dataset_card(
    name: str, runs: Sequence[Mapping[str, Any]], *, runs_url: str, hub_url: str
) -> Card:
    """The card of a dataset that these runs are linked to. `runs_url` and an id lead to a run."""
    rows = [
        (
            link(str(run["name"]), f"{runs_url}/{run['id']}"),
            hub_link(model, hub_url) if (model := run["links"]["model"]) else "",
            code(run["links"]["dataset_split"] or ""),
            run["status"],
        )
        for run in runs
    ]
    section = f"## Trained on it\n\n{table(('run', 'model', 'split', 'status'), rows)}"
    return Card(name, DatasetCardData(tags=[SOURCE]).to_dict(), section)


def _json(schema: Any) -> str:
    return without_comments(json.dumps(schema, indent=2, ensure_ascii=False)).replace("```", "'''")
