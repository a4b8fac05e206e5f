"""Subjects: all that agents did for somebody, in lists and over time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS

DAY_NS = 86_400_000_000_000
MS = 1_000_000


def trace(number: int, subject: str, **given: Any) -> Any:
    """A trace with a call of a model in it: 1000 tokens in, 100 out, 0.25 USD."""
    start = given.get("start", START_NS)
    cohort = {
        "tracehouse.subject.id": subject,
        "tracehouse.experiment.name": given.get("experiment"),
        "tracehouse.experiment.variant": given.get("variant"),
    }
    root = otlp.span(
        number, 1, name="support", start=start, duration=given.get("duration", 40 * MS),
        attributes={k: v for k, v in cohort.items() if v} if given.get("on_root", True) else {},
        status={"code": 2 if given.get("fails") else 1},
    )  # fmt: skip
    call = otlp.span(
        number, 2, parent=1, name="chat", start=start + MS, duration=10 * MS,
        attributes={
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5",
            "gen_ai.response.id": f"subject-{number}", "gen_ai.usage.cost": 0.25,
            "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100,
        } | ({} if given.get("on_root", True) else {"tracehouse.subject.id": subject}),
    )  # fmt: skip
    project = given.get("project", "support")
    return otlp.traces(root, call, resource={"tracehouse.project": project})


def run(number: int, subject: str, **given: Any) -> Any:
    span = otlp.span(
        number, 1, name="tracehouse.run", start=given.get("start", START_NS),
        attributes={
            "tracehouse.run.id": f"run-{number}", "tracehouse.run.name": f"run {number}",
            "tracehouse.run.status": "finished", "tracehouse.subject.id": subject,
            "tracehouse.experiment.name": "rewrite", "tracehouse.experiment.variant": "control",
        },
    )  # fmt: skip
    return otlp.traces(span, resource={"tracehouse.project": "support"})


@pytest.fixture(scope="module")
def asked(stored_server: Stored) -> Stored:
    """customer-1: three traces on two days, one of which failed, and a run; customer-2: one."""
    requests = [
        trace(0xA01, "customer-1", experiment="rewrite", variant="control"),
        trace(0xA02, "customer-1", start=START_NS + DAY_NS, duration=80 * MS, fails=True),
        trace(0xA03, "customer-1", start=START_NS + DAY_NS, project="other", on_root=False),
        trace(0xA04, "customer-2", start=START_NS + 2 * DAY_NS),
        run(0xA05, "customer-1", start=START_NS + DAY_NS),
    ]
    # What comes twice counts once.
    stored_server.send("traces", *requests, *requests)
    for number, name, value in (
        (0xA01, "helpful", 1.0), (0xA02, "helpful", 0.0), (0xA01, "solved", True),
    ):  # fmt: skip
        score = {"name": name, "value": value, "trace_id": f"{number:032x}"}
        answer = stored_server.server.client.post(
            f"{stored_server.server.http}/v1/scores",
            json=score | {"id": f"{name}-{number}"},
            headers=stored_server.server.headers,
        )
        assert answer.status_code == 201, answer.text
    stored_server.server.settle()
    return stored_server


def test_subjects_are_listed_the_last_seen_first(asked: Stored) -> None:
    found = asked.get("/v1/subjects")["subjects"]
    assert [one["subject"] for one in found] == ["customer-2", "customer-1"]
    first = found[1]
    assert (first["trace_count"], first["error_count"], first["run_count"]) == (3, 1, 1)
    assert first["first_time"].startswith("2026-09-21")
    assert first["last_time"].startswith("2026-09-22")
    assert first["experiments"] == ["rewrite"]
    assert first["usage"]["total_tokens"] == 3 * 1100
    assert first["usage"]["cost_usd"] == pytest.approx(0.75)


def test_a_list_of_subjects_has_pages_and_filters(asked: Stored) -> None:
    pages = asked.pages("/v1/subjects", "subjects", limit=1)
    assert [one["subject"] for page in pages for one in page] == ["customer-2", "customer-1"]
    assert [s["subject"] for s in asked.get("/v1/subjects", q="MER-2")["subjects"]] == [
        "customer-2"
    ]
    (of_other,) = asked.get("/v1/subjects", project="other")["subjects"]
    assert (of_other["subject"], of_other["trace_count"]) == ("customer-1", 1)
    assert of_other["usage"]["cost_usd"] == pytest.approx(0.25)
    assert asked.get("/v1/subjects", project="none")["subjects"] == []


def test_a_subject_is_told_by_day_and_in_all(asked: Stored) -> None:
    found = asked.get("/v1/subjects/customer-1")
    total = found["total"]
    assert (total["trace_count"], total["error_count"], total["run_count"]) == (3, 1, 1)
    assert total["error_rate"] == pytest.approx(1 / 3)
    assert total["latency_ms"]["mean"] == pytest.approx(160 / 3)
    assert total["latency_ms"]["p50"] == 40
    assert total["usage"]["cost_usd"] == pytest.approx(0.75)
    assert total["scores"] == {
        "helpful": {"count": 2, "mean": 0.5, "is_rate": False, "labels": {}},
        "solved": {"count": 1, "mean": 1.0, "is_rate": True, "labels": {}},
    }
    assert [day["day"] for day in found["days"]] == ["2026-09-21", "2026-09-22"]
    first, second = found["days"]
    assert (first["trace_count"], first["error_rate"], first["run_count"]) == (1, 0, 0)
    assert (second["trace_count"], second["error_rate"], second["run_count"]) == (2, 0.5, 1)
    assert first["usage"]["calls"] == 1
    assert first["latency_ms"] == {"mean": 40, "p50": 40, "p95": 40}
    assert second["usage"]["cost_usd"] == pytest.approx(0.5)


def test_a_subject_leads_to_its_experiments_traces_and_runs(asked: Stored) -> None:
    found = asked.get("/v1/subjects/customer-1")
    assert found["experiments"] == [
        {"experiment": "rewrite", "variant": "control", "trace_count": 1, "run_count": 1}
    ]
    ids = {one["trace_id"] for one in found["traces"]}
    assert ids == {f"{number:032x}" for number in (0xA01, 0xA02, 0xA03)}
    assert [one["id"] for one in found["runs"]] == [f"run-{0xA05}"]


def test_a_subject_can_be_asked_of_a_time_and_a_project(asked: Stored) -> None:
    day = asked.get("/v1/subjects/customer-1", **{"from": "2026-09-22"})
    assert (day["total"]["trace_count"], day["total"]["usage"]["calls"]) == (2, 2)
    assert len(day["days"]) == 1
    other = asked.get("/v1/subjects/customer-1", project="other")
    assert (other["total"]["trace_count"], other["total"]["run_count"]) == (1, 0)
    never = asked.get("/v1/subjects/customer-1", to="2020-01-01")
    assert (never["total"]["trace_count"], never["total"]["error_rate"]) == (0, None)
    assert never["days"] == []


def test_who_is_not_known_is_not_found(asked: Stored) -> None:
    answer = asked.server.get("/v1/subjects/nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]
