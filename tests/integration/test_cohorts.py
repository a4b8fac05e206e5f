"""Whatever is compared counts once: traces, runs, subjects, and pairs of what was tried twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.integration.conftest import Stored
from tests.integration.experiments import (
    MS,
    call,
    child,
    cohort,
    compare,
    counts,
    judge,
    metric,
    new_trace,
    only,
    root,
    score,
    sizes,
    tags,
    tool,
)
from tests.support import otlp
from tests.support.otlp import START_NS, key_values

ERROR = Status(code=Status.STATUS_CODE_ERROR)


class TestCountedOnce:
    def test_delivered_again_nothing_changes(self, stored_server: Stored) -> None:
        of = [root("again", v, f"s{n}", duration=n * MS) for v in "ab" for n in range(1, 5)]
        spans = [*of, *(call(one, 2, 100 + n) for n, one in enumerate(of))]
        spans += [tool(one, number) for one in of[:3] for number in (3, 4)]
        stored_server.send("traces", otlp.traces(*spans))
        before = compare(stored_server, "again")
        assert counts(before, "loop_rate") == {"a": (0, 4), "b": (0, 4)}
        # In other requests than before, so that none of them is known.
        stored_server.send("traces", otlp.traces(*spans[:5]), otlp.traces(*spans[5:]))
        stored_server.send("traces", otlp.traces(*reversed(spans)))
        assert compare(stored_server, "again") == before
        assert stored_server.get("/v1/experiments/again")["traces"] == 8

    def test_a_pending_span_counts_and_is_replaced_by_its_end(self, stored_server: Stored) -> None:
        begun = root("pending", "a", duration=-1)
        stored_server.send("traces", otlp.traces(begun, root("pending", "b", duration=4 * MS)))
        waiting = cohort(compare(stored_server, "pending"), "latency_ms", "a")
        assert (waiting["n"], waiting["missing"], waiting["mean"]) == (0, 1, None)
        ended = Span.FromString(begun.SerializeToString())
        ended.end_time_unix_nano = START_NS + 8 * MS
        ended.status.CopyFrom(ERROR)
        ended.attributes.extend(key_values({"tracehouse.outcome": "bad"}))
        for span in (ended, begun):  # what comes late does not undo the end
            stored_server.send("traces", otlp.traces(span))
            answer = compare(stored_server, "pending")
            assert cohort(answer, "latency_ms", "a")["mean"] == 8
            assert counts(answer, "error_rate")["a"] == (1, 1)
            assert counts(answer, "flag_rate")["a"] == (1, 1)

    def test_a_tag_that_changed_is_the_last_one(self, stored_server: Stored) -> None:
        begun = root("before", "a", duration=-1)
        stored_server.send("traces", otlp.traces(begun, root("before", "b")))
        ended = otlp.span(int.from_bytes(begun.trace_id, "big"), 1, attributes=tags("after", "c"))
        stored_server.send("traces", otlp.traces(ended))
        assert sizes(compare(stored_server, "before")) == {"b": 1}
        assert sizes(compare(stored_server, "after")) == {"c": 1}
        assert stored_server.get("/v1/experiments/before")["traces"] == 1

    def test_a_trace_is_in_the_arm_of_its_root(self, stored_server: Stored) -> None:
        of = root("arms", "root's")
        inner = child(of, 2, "chat", attributes=tags("arms", "child's"), start=START_NS - MS)
        stray = otlp.span(next(new_trace), 3, parent=9, attributes=tags("arms", "child's"))
        stored_server.send("traces", otlp.traces(inner, of, stray))
        assert sizes(compare(stored_server, "arms")) == {"child's": 1, "root's": 1}

    def test_a_call_that_two_spans_report_costs_once(self, stored_server: Stored) -> None:
        of, said = root("twice", "a"), {"gen_ai.response.id": "the-same"}
        spans = [of, call(of, 2, 700, **said), call(of, 3, 700, **said)]
        stored_server.send("traces", otlp.traces(*spans))
        answer = compare(stored_server, "twice", metrics="total_tokens")
        assert cohort(answer, "total_tokens", "a")["mean"] == 700


class TestLoops:
    @pytest.mark.parametrize(
        ("calls", "loops"),
        [
            (["search 1", "search 1", "search 1"], True),
            (["search 1", "search 1"], False),
            (["search 1", "search 1", "search 2", "search 1"], False),
            (["search 2", "search 1", "search 1", "search 1", "search 2"], True),
            (["search 1", "fetch 1", "search 1", "search 1"], False),
        ],
    )
    def test_a_loop_is_three_in_a_row(
        self, stored_server: Stored, calls: list[str], loops: bool
    ) -> None:
        name = f"loop-{'-'.join(calls)}".replace(" ", "")
        of = root(name, "a")
        # They come out of order, and calls of models between them do not count.
        spans = [tool(of, 2 * n + 2, *text.split()) for n, text in enumerate(calls)]
        between = [call(of, 2 * n + 3, 1) for n in range(len(calls))]
        stored_server.send("traces", otlp.traces(of, *between, *reversed(spans)))
        assert counts(compare(stored_server, name), "loop_rate") == {"a": (int(loops), 1)}

    def test_what_a_tool_was_called_with_must_be_known(self, stored_server: Stored) -> None:
        of, said = root("loop-unsaid", "a"), {"gen_ai.tool.name": "t"}
        spans = [child(of, n, "execute_tool", attributes=said) for n in range(2, 7)]
        stored_server.send("traces", otlp.traces(of, *spans))
        assert counts(compare(stored_server, "loop-unsaid"), "loop_rate") == {"a": (0, 1)}


@pytest.fixture(scope="module")
def judged(stored_server: Stored) -> list[Span]:
    spans = [root("judged", variant, duration=MS) for variant in "ab" for _ in range(30)]
    stored_server.send("traces", otlp.traces(*spans))
    return spans


class TestScores:
    def test_scores_are_metrics(self, stored_server: Stored, judged: list[Span]) -> None:
        judge(
            stored_server,
            *(score("quality", n / 100, s.trace_id) for n, s in enumerate(judged)),
            *(
                score("solved", n % 30 < 10 + 15 * (n >= 30), s.trace_id, data_type="boolean")
                for n, s in enumerate(judged)
            ),
            *(score("strict", 1, s.trace_id) for s in judged[:5]),
        )
        answer = compare(stored_server, "judged")
        quality = only(answer, "score.quality")
        assert (quality["delta"], quality["verdict"]) == (pytest.approx(0.3), "better")
        assert counts(answer, "score.solved") == {"a": (10, 30), "b": (25, 30)}
        assert metric(answer, "score.solved")["kind"] == "rate"
        strict = cohort(answer, "score.strict", "a")
        assert (strict["n"], strict["missing"]) == (5, 25)
        assert only(answer, "score.strict")["verdict"] == "not enough data"
        assert "score.quality" in stored_server.get("/v1/experiments/judged")["metrics"]

    def test_the_last_word_counts_and_what_was_taken_back_does_not(
        self, stored_server: Stored, judged: list[Span]
    ) -> None:
        first, second = judged[0].trace_id, judged[1].trace_id
        judge(stored_server, score("changed", 1, first), score("changed", 9, second))
        judge(stored_server, score("changed", 5, first))
        judge(stored_server, score("changed", 9, second, deleted=True))
        answer = compare(stored_server, "judged", metrics="score.changed")
        found = cohort(answer, "score.changed", "a")
        assert (found["n"], found["mean"]) == (1, 5)

    def test_a_score_can_be_a_flag(self, stored_server: Stored, judged: list[Span]) -> None:
        marked = json.dumps({"flag": True})
        judge(
            stored_server,
            score("flagged", 1, judged[0].trace_id),
            score("flagged", 0, judged[1].trace_id),
            score("leak", 0.1, judged[2].trace_id, metadata=marked),
            score("rude", 1, judged[3].trace_id),
        )
        assert counts(compare(stored_server, "judged"), "flag_rate")["a"] == (2, 30)
        named = compare(stored_server, "judged", flag_scores="rude,flagged")
        assert counts(named, "flag_rate")["a"] == (3, 30)


class TestPairs:
    def test_a_subject_in_both_arms_is_a_pair(self, stored_server: Stored) -> None:
        spans = [
            root("paired", variant, f"user-{n}", duration=(100 * n + shift) * MS)
            for n in range(40)
            for variant, shift in (("control", 50 + n % 3), ("fast", 41 + n % 2))
        ]
        stored_server.send("traces", otlp.traces(*spans))
        found = only(compare(stored_server, "paired", metrics="latency_ms"), "latency_ms")
        # Between subjects it varies so much that the arms alone show nothing.
        assert found["test"]["p_value"] > 0.9
        assert found["paired"]["test"]["method"] == "paired t-test"
        assert (found["paired"]["pairs"], found["paired"]["share_of_units"]) == (40, 1)
        assert found["paired"]["delta"] == pytest.approx(found["delta"])
        assert (found["decided_by"], found["verdict"]) == ("pairs", "better")
        by_subject = compare(stored_server, "paired", metrics="latency_ms", unit="subject")
        assert only(by_subject, "latency_ms")["paired"] == found["paired"]

    def test_a_datapoint_in_both_arms_is_a_pair(self, stored_server: Stored) -> None:
        bad = {"a": range(20), "b": (0, 1, 30)}
        spans = [
            root("items", variant, "one user", attributes={
                "tracehouse.dataset.item.id": f"item-{n}",
                "tracehouse.outcome": "bad" if n in bad[variant] else "good",
            })
            for n in range(40) for variant in "ab"
        ]  # fmt: skip
        stored_server.send("traces", otlp.traces(*spans))
        paired = only(compare(stored_server, "items", metrics="flag_rate"), "flag_rate")["paired"]
        assert (paired["pairs"], paired["only_control"], paired["only_variant"]) == (40, 18, 1)
        assert paired["test"]["method"] == "McNemar's exact test"
        assert paired["test"]["p_value"] == pytest.approx(2 * 20 / 2**19)

    def test_few_pairs_are_shown_and_do_not_decide(self, stored_server: Stored) -> None:
        spans = [root("few", v, f"{'both' if n < 3 else v}-{n}") for v in "ab" for n in range(10)]
        stored_server.send("traces", otlp.traces(*spans))
        found = only(compare(stored_server, "few", metrics="flag_rate"), "flag_rate")
        assert (found["paired"]["pairs"], found["decided_by"]) == (3, "units")

    def test_a_subject_is_one_unit_whatever_it_did(self, stored_server: Stored) -> None:
        bad = {"tracehouse.outcome": "bad"}
        spans = [
            root("subjects", v, f"{v}{n}", attributes={} if k else bad)
            for v in "ab"
            for n in range(5)
            for k in range(n + 1)
        ]
        stored_server.send("traces", otlp.traces(*spans, root("subjects", "a")))
        answer = compare(stored_server, "subjects", unit="subject")
        assert sizes(answer) == {"a": 5, "b": 5}
        flags = cohort(answer, "flag_rate", "a")
        assert flags["mean"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)
        assert flags["count"] is None, "some are flagged in a part of their traces"


@pytest.fixture(scope="module")
def trained(stored_server: Stored) -> Stored:
    """Sixteen runs, each seed in both arms. The arm `high` has a loss that is larger by 1.01 on
    average, uses twice the tokens in its rollouts, and failed once."""
    spans: list[Span] = []
    points: list[Any] = []
    for n in range(16):
        run, variant = {"tracehouse.run.id": f"run-{n}"}, ("low", "high")[n % 2]
        said = {
            **tags("lr", variant, f"seed-{n // 2}"),
            **run,
            "tracehouse.run.name": f"run-{n}",
            "tracehouse.run.status": "failed" if n == 1 else "finished",
        }
        spans.append(
            otlp.span(
                next(new_trace), 1, name="tracehouse.run", attributes=said,
                duration=(1000 + n) * MS,
            )
        )  # fmt: skip
        rollout = otlp.span(next(new_trace), 1, attributes=run | {"tracehouse.step": 1})
        spans += [rollout, call(rollout, 2, 100 * (n % 2 + 1))]
        for step in range(3):
            loss = 1 / (step + 1) + n / 100 + n % 2
            points.append(otlp.gauge("loss", loss, **run, **{"tracehouse.step": step}))
        points.append(otlp.gauge("broken", float("nan"), **run, **{"tracehouse.step": 0}))
    stored_server.send("traces", otlp.traces(*spans))
    stored_server.send("metrics", *points)
    return stored_server


class TestRuns:
    def test_runs_compare_by_what_they_logged(self, trained: Stored) -> None:
        answer = compare(trained, "lr")
        assert (answer["unit"], answer["control"]) == ("run", "high")
        assert answer["control_is"] == "it is the first by name"
        assert metric(answer, "metric.loss.last")["better"] == "lower"
        last = cohort(answer, "metric.loss.last", "low")
        assert last["mean"] == pytest.approx(1 / 3 + 0.07)
        assert counts(answer, "error_rate") == {"high": (1, 8), "low": (0, 8)}
        assert cohort(answer, "latency_ms", "low")["mean"] == 1007
        assert cohort(answer, "total_tokens", "high")["mean"] == 200
        mean = compare(trained, "lr", metrics="metric.loss.mean", unit="run")
        expected = (1 + 1 / 2 + 1 / 3) / 3 + 0.07
        assert cohort(mean, "metric.loss.mean", "low")["mean"] == pytest.approx(expected)
        listed = trained.get("/v1/experiments/lr")
        assert (listed["runs"], listed["traces"]) == (16, 0)
        assert "metric.loss.last" in listed["metrics"]

    def test_runs_for_the_same_subject_are_pairs(self, trained: Stored) -> None:
        found = only(compare(trained, "lr", metrics="metric.loss.last"), "metric.loss.last")
        assert (found["paired"]["pairs"], found["decided_by"]) == (8, "pairs")
        assert found["paired"]["delta"] == pytest.approx(-1.01)
        assert found["verdict"] == "better"

    def test_nan_is_no_value(self, trained: Stored) -> None:
        for how in ("last", "mean"):
            name = f"metric.broken.{how}"
            answer = trained.server.get("/v1/experiments/lr/compare", metrics=name)
            assert "NaN" not in answer.text
            assert cohort(answer.json(), name, "low")["n"] == 0
            assert only(answer.json(), name)["verdict"] == "not enough data"

    def test_a_run_is_no_trace(self, trained: Stored) -> None:
        answer = compare(trained, "lr", unit="trace")
        assert (answer["variants"], answer["control"]) == ([], "")
        assert sizes(compare(trained, "lr", unit="subject")) == {"high": 8, "low": 8}

    def test_what_called_no_model_cost_nothing(self, stored_server: Stored) -> None:
        said = {**tags("idle", "a"), "tracehouse.run.id": "idle", "tracehouse.run.name": "idle"}
        run = otlp.span(next(new_trace), 1, name="tracehouse.run", attributes=said)
        stored_server.send("traces", otlp.traces(run, root("idle", "a")))
        for unit in ("run", "trace"):
            answer = compare(stored_server, "idle", unit=unit, metrics="cost_usd")
            assert cohort(answer, "cost_usd", "a")["mean"] == 0
            shown = [one["name"] for one in compare(stored_server, "idle", unit=unit)["metrics"]]
            assert "cost_usd" not in shown
