"""Scores: an evaluator's, as OpenTelemetry's evaluation events, and people's, by the scores API."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .clock import iso
from .otlp import Door, Json, attributes
from .support import PROJECT, TREATMENT, Judged

_COMMENTS = (
    (True, "Solved it in one go."),
    (True, "Friendly and to the point."),
    (False, "It told me nothing and stopped."),
    (False, "I had to call in the end."),
)


def by_evaluator(door: Door, judged: Sequence[Judged], chance: random.Random) -> None:
    """How grounded each answer is, from 0 to 1: a log record beside the trace, from its judge."""
    records: list[Json] = []
    for one in judged:
        mean = 0.34 if one.failed else 0.9 if one.variant == TREATMENT else 0.84
        value = round(min(1.0, max(0.0, chance.gauss(mean, 0.07))), 3)
        told = {
            "gen_ai.evaluation.name": "groundedness",
            "gen_ai.evaluation.score.value": value,
            "gen_ai.evaluation.score.label": "grounded" if value > 0.6 else "ungrounded",
        }
        records.append(
            {
                "timeUnixNano": str(one.moment + 2_000_000_000),
                "eventName": "gen_ai.evaluation.result",
                "traceId": one.trace_id,
                "spanId": one.span_id,
                "attributes": attributes(told),
            }
        )
    resource = {"service.name": "groundedness-judge", "tracehouse.project": PROJECT}
    scope = {"scope": {"name": "judge", "version": "1.2.0"}, "logRecords": records}
    door.post(
        "/v1/logs",
        {
            "resourceLogs": [
                {"resource": {"attributes": attributes(resource)}, "scopeLogs": [scope]}
            ]
        },
    )


def by_people(door: Door, judged: Sequence[Judged], chance: random.Random) -> None:
    """Thumbs from every ninth customer or so, some with a word."""
    for one in judged:
        if chance.random() > 0.12:
            continue
        liked = not one.failed and chance.random() < 0.93
        fitting = [said for good, said in _COMMENTS if good == liked]
        door.post(
            "/v1/scores",
            {
                "id": f"thumb-{one.trace_id}",
                "name": "thumbs_up",
                "value": liked,
                "trace_id": one.trace_id,
                "comment": chance.choice(fitting) if chance.random() < 0.6 else None,
                "source": "annotation",
                "author": "customer",
                "project": PROJECT,
                "time": iso(one.moment + 40_000_000_000),
            },
        )
