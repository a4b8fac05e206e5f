"""What Langfuse is told of our scores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import otlp
from tracehouse_collector.forward.langfuse_scores import scores_in


def record(**said: Any) -> bytes:
    attributes = {
        "tracehouse.score.id": "s1", "gen_ai.evaluation.name": "quality",
        **{name.replace("__", "."): value for name, value in said.items()},
    }  # fmt: skip
    request = otlp.logs(
        "", event_name="gen_ai.evaluation.result", trace_id=bytes(15) + b"\x01",
        attributes=otlp.key_values(attributes), resource={"langfuse.environment": "prod"},
    )  # fmt: skip
    return request.SerializeToString()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"gen_ai__evaluation__score__value": 0.5}, {"value": 0.5, "dataType": "NUMERIC"}),
        (
            {"gen_ai__evaluation__score__value": 1.0, "tracehouse__score__data_type": "boolean",
             "gen_ai__evaluation__score__label": "true"},
            {"value": 1.0, "dataType": "BOOLEAN"},
        ),
        (
            {"gen_ai__evaluation__score__label": "good"},
            {"value": "good", "dataType": "CATEGORICAL"},
        ),
        (
            {"gen_ai__evaluation__score__value": 2, "gen_ai__evaluation__explanation": "why",
             "tracehouse__score__metadata": '{"a": 1}', "session__id": "s"},
            {"value": 2, "comment": "why", "metadata": {"a": 1}, "sessionId": "s"},
        ),
    ],
)  # fmt: skip
def test_a_score_is_an_event_of_the_batch(said: dict[str, Any], told: dict[str, Any]) -> None:
    (event,), deleted = scores_in(record(**said))
    assert (event["type"], deleted) == ("score-create", [])
    assert event["body"].items() >= told.items()
    assert event["body"].items() >= {
        "id": "s1", "name": "quality", "traceId": f"{1:032x}", "environment": "prod",
    }.items()  # fmt: skip
    assert scores_in(record(**said))[0] == [event], "what is sent again is the same event"


def test_what_was_taken_back_is_named_and_other_records_are_not_told() -> None:
    assert scores_in(record(tracehouse__score__deleted=True)) == ([], ["s1"])
    other = otlp.logs("hello", attributes=otlp.key_values({"gen_ai.evaluation.name": "x"}))
    assert scores_in(other.SerializeToString()) == ([], [])
