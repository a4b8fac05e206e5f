"""A run as the API shows it."""

from __future__ import annotations

from typing import Any

RUN_URL = "http://127.0.0.1:4318/runs/abc"
HUB_URL = "https://huggingface.co"


def run(**changed: Any) -> dict[str, Any]:
    links = {"dataset": None, "dataset_split": None, "model": "me/x", "model_revision": None}
    return {
        "id": "abc", "name": "qwen-sft", "project": "demo", "status": "finished",
        "start_time": "2026-09-21T10:00:00.000000000Z", "config": {}, "summary": {},
        "last_step": 9, "tags": [], "notes": None, **changed,
        "links": links | changed.get("links", {}),
    }  # fmt: skip


def series(key: str, last: list[Any], **changed: Any) -> dict[str, Any]:
    steps = list(range(len(last)))
    values = {"last": last, "min": last, "max": last}
    return {"key": key, "exact": True, "x": steps, **values, **changed}
