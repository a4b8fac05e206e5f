"""What is checked before a rollout begins, and where its settings come from."""

from __future__ import annotations

from typing import Any

import pytest

from tracehouse.rollouts.meta import checked
from tracehouse.rollouts.settings import Defaults, resolve

GOOD = {"datapoint_id": 7, "phase": "train"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"phase": "train"}, "datapoint_id"),
        ({"datapoint_id": "x"}, "phase"),
        ({"datapoint_id": "x", "phase": "test"}, "phase"),
        (GOOD | {"step_number": -1}, "step_number"),
        (GOOD | {"step_number": "3"}, "step_number"),
        (GOOD | {"step_number": True}, "step_number"),
        (GOOD | {"phase": "prod", "run_id": "a", "project": "b"}, "run_id"),
    ],
)
def test_what_is_wrong_is_said_before_anything_happens(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked(wrong, Defaults())


def test_defaults_fill_in_and_the_rest_is_kept() -> None:
    found = checked(
        {"datapoint_id": 7, "seed": 3}, Defaults(phase="eval", run_id="r", env_name="e")
    )
    assert (found.datapoint_id, found.phase, found.run_id, found.env_name) == (
        "7",
        "eval",
        "r",
        "e",
    )
    assert found.more == {"seed": 3}


def test_production_has_the_project_as_its_run_and_no_step() -> None:
    given = {"datapoint_id": "x", "phase": "prod", "step_number": 3, "grader_name": "g"}
    found = checked(given, Defaults(project="shop"))
    assert (found.run_id, found.step_number, found.grader_name) == ("shop", None, None)


def test_arguments_go_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://one")
    monkeypatch.setenv("KESTREL_API_URL", "http://two")
    monkeypatch.setenv("CARIBOU_TRACE_DEBUG", "On")
    _, to = resolve({"kestrel_api_url": "http://three"})
    assert (to.clickhouse_url, to.kestrel_api_url) == ("http://one", "http://three")
    assert to.debug
    assert to.langfuse_host == "https://us.cloud.langfuse.com"
    monkeypatch.setenv("LANGFUSE_HOST", "http://four")
    assert resolve({})[1].langfuse_host == "http://four"
    monkeypatch.setenv("LANGFUSE_BASE_URL", "http://five")
    assert resolve({})[1].langfuse_host == "http://five"


@pytest.mark.parametrize(
    "wrong", [{"exporters": ["s3"]}, {"phase": "x"}, {"sample_rate": 2}, {"colour": "red"}]
)
def test_settings_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"exporters|phase|sample_rate|colour"):
        resolve(wrong)
