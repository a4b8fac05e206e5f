"""Filters of `Api.runs`, as MongoDB understands them."""

from __future__ import annotations

from typing import Any

import pytest

from tracehouse.wandb.apis.filters import asked_of_server, matches

RUN: dict[str, Any] = {
    "name": "brave-lion-7",
    "status": "finished",
    "group": None,
    "job_type": "train",
    "tags": ["baseline", "gpu"],
    "start_time": "2026-03-04T05:06:07.123456789Z",
    "config": {
        "lr": 0.1,
        "layers": 3,
        "amp": True,
        "opt": {"name": "adam", "a.b": 1},
        "none": None,
    },
    "summary": {"val/loss": 0.25, "acc": 1, "notes": "fine"},
}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"state": "finished"},
        {"display_name": "brave-lion-7"},
        {"tags": "gpu"},
        {"tags": ["baseline", "gpu"]},
        {"tags": {"$in": ["cpu", "gpu"]}},
        {"tags": {"$nin": ["cpu"]}},
        {"config.lr": 0.1},
        {"config.lr.value": 0.1},
        {"config.opt.name": "adam"},
        {"config.opt.a.b": 1},
        {"config.none": None},
        {"config.absent": None},
        {"group": None},
        {"config.lr": {"$gt": 0.01, "$lte": 0.1}},
        {"config.lr": {"$not": {"$gt": 0.5}}},
        {"config.absent": {"$ne": 1}},
        {"config.absent": {"$exists": False}},
        {"config.none": {"$exists": True}},
        {"config.opt": {"name": "adam", "a.b": 1}},
        {"config.opt.name": {"$regex": "^AD", "$options": "i"}},
        {"tags": {"$regex": "^base"}},
        {"summary_metrics.val/loss": {"$lt": 0.5}},
        {"created_at": {"$gte": "2026-03-04", "$lt": "2026-03-05T00:00:00"}},
        {"createdAt": {"$lt": "2026-03-04T06:06:07+00:00"}},
        {"$or": [{"state": "failed"}, {"config.layers": 3}]},
        {"$and": [{"state": "finished"}, {"$nor": [{"config.layers": 4}]}]},
    ],
)
def test_a_run_that_is_asked_for(asked: dict[str, Any]) -> None:
    assert matches(RUN, asked)
    assert not matches(RUN, {"$nor": [asked]})


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "crashed"},
        {"display_name": "lion"},
        {"config.amp": 1},
        {"summary_metrics.acc": True},
        {"config.layers": "3"},
        {"config.opt.name": {"$gt": 1}},
        {"config.absent": {"$lt": 1}},
        {"config.amp": {"$gt": 0}},
        {"group": {"$exists": True}},
        {"config.lr.deeper": 0.1},
        {"created_at": {"$gt": "2026-03-04T06:06:07+00:00"}},
        {"$or": [{"state": "failed"}, {"config.layers": {"$lt": 3}}]},
        {"tags": {"$not": {"$regex": "gpu"}}},
    ],
)
def test_a_run_that_is_not(asked: dict[str, Any]) -> None:
    assert not matches(RUN, asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"config.lr": {"$near": 1}}, "\\$near is none of"),
        ({"$where": "true"}, "filters begin with"),
        ({"$or": []}, "give a list of filters"),
        ({"$and": {"state": "finished"}}, "give a list of filters"),
        ({"tags": {"$in": "gpu"}}, "give a list"),
        ({"display_name": {"$regex": "("}}, "\\$regex"),
        ({"display_name": {"$options": "i"}}, "goes with \\$regex"),
    ],
)
def test_what_is_no_filter_is_told(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        matches(RUN, asked)


def test_the_server_is_asked_what_it_can_answer() -> None:
    asked = {"state": "finished", "group": "g", "config.lr": 1}
    assert asked_of_server(asked) == {"status": "finished", "group": "g"}
    assert asked_of_server({"state": "preempted", "group": {"$ne": "g"}}) == {}
