"""Experiments: there from tags alone, and compared soundly, however odd their cohorts."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.integration.conftest import Stored
from tests.integration.experiments import (
    MS,
    call,
    cohort,
    compare,
    counts,
    judge,
    metric,
    only,
    root,
    score,
    sizes,
    tool,
)
from tests.support import otlp
from tests.support.otlp import START_NS

ERROR = Status(code=Status.STATUS_CODE_ERROR)


@pytest.fixture(scope="module")
def shop(stored_server: Stored) -> Stored:
    """60 traces in each of two arms. Of the treatment's 30 fail, 5 are bad and none loops; of the
    control's 3 fail, 25 are bad and 10 loop. The treatment uses half the tokens."""
    spans: list[Span] = []
    for variant, failing, bad, looping, tokens, latency in (
        ("control", 3, 25, 10, 2000, 400),
        ("treatment", 30, 5, 0, 1000, 300),
    ):
        for n in range(60):
            outcome = {"tracehouse.outcome": "bad" if n < bad else "good"}
            of = root(
                "shop", variant, f"{variant}-{n}", attributes=outcome, duration=(latency + n) * MS
            )
            same = n < looping
            failed = ERROR if n >= 60 - failing else None
            spans += [of, call(of, 2, tokens + n), tool(of, 3, status=failed)]
            spans += [tool(of, k, arguments="{}" if same else f'{{"q": {k}}}') for k in (4, 5)]
    stored_server.send("traces", otlp.traces(*spans))
    return stored_server


class TestWhatThereIs:
    def test_an_experiment_is_there_from_its_tags_alone(self, shop: Stored) -> None:
        listed = {one["name"]: one for one in shop.get("/v1/experiments")["experiments"]}
        assert (listed["shop"]["traces"], listed["shop"]["subjects"]) == (120, 120)
        one = shop.get("/v1/experiments/shop")
        assert [(v["variant"], v["traces"], v["runs"], v["subjects"]) for v in one["variants"]] == [
            ("control", 60, 0, 60),
            ("treatment", 60, 0, 60),
        ]
        assert one["first_seen"] == one["last_seen"] == "2026-09-21T14:13:20.000000000Z"
        assert {"flag_rate", "cost_usd", "latency_ms"} <= set(one["metrics"])

    def test_the_list_goes_on_by_its_cursor(self, shop: Stored) -> None:
        for number in range(3):
            shop.send("traces", otlp.traces(root(f"paged-{number}", "a", start=START_NS + number)))
        everything = [one["name"] for one in shop.get("/v1/experiments")["experiments"]]
        pages = shop.pages("/v1/experiments", "experiments", limit=2)
        assert [one["name"] for page in pages for one in page] == everything
        places = [everything.index(f"paged-{number}") for number in (2, 1, 0)]
        assert places == sorted(places), "the last active first"

    @pytest.mark.parametrize("path", ["", "/compare"])
    def test_an_unknown_one_is_not_found(self, shop: Stored, path: str) -> None:
        answer = shop.server.get(f"/v1/experiments/nothing{path}")
        assert answer.status_code == 404
        assert "tagged" in answer.json()["detail"]

    def test_project_and_time_narrow_it(self, shop: Stored) -> None:
        resource = {"service.name": "s", "tracehouse.project": "other"}
        late = root("narrow", "a", start=START_NS + 60_000 * MS)
        shop.send("traces", otlp.traces(root("narrow", "a"), root("narrow", "b")))
        shop.send("traces", otlp.traces(late, resource=resource))
        assert sizes(compare(shop, "narrow")) == {"a": 2, "b": 1}
        assert sizes(compare(shop, "narrow", project="other")) == {"a": 1}
        assert sizes(compare(shop, "narrow", to=str(START_NS + 1))) == {"a": 1, "b": 1}
        assert shop.get("/v1/experiments/narrow", project="other")["traces"] == 1
        assert shop.server.get("/v1/experiments/narrow", project="no").status_code == 404

    def test_a_name_may_hold_anything(self, shop: Stored) -> None:
        name = "a/b c?ü'\\"
        shop.send("traces", otlp.traces(root(name, "x' y"), root(name, "")))
        path = "/v1/experiments/a%2Fb%20c%3F%C3%BC'%5C"
        assert [v["variant"] for v in shop.get(path)["variants"]] == ["", "x' y"]
        assert sizes(shop.get(f"{path}/compare")) == {"": 1, "x' y": 1}


class TestTheComparison:
    def test_rates_are_proportions_with_their_tests(self, shop: Stored) -> None:
        answer = compare(shop, "shop")
        assert (answer["unit"], answer["control"]) == ("trace", "control")
        assert answer["control_is"] == "it is named control"
        assert counts(answer, "flag_rate") == {"control": (25, 60), "treatment": (5, 60)}
        assert counts(answer, "error_rate") == {"control": (3, 60), "treatment": (30, 60)}
        assert counts(answer, "loop_rate") == {"control": (10, 60), "treatment": (0, 60)}
        flags = only(answer, "flag_rate")
        assert flags["delta"] == pytest.approx(-20 / 60)
        assert flags["relative_delta"] == pytest.approx(-0.8)
        assert flags["test"]["method"] == "two-proportion z-test"
        assert flags["test"]["statistic"] == pytest.approx(-4.216, abs=1e-3)
        assert flags["interval"][0] < flags["delta"] < flags["interval"][1] < 0
        assert flags["effect"] == {"name": "Cohen's h", "value": pytest.approx(-0.8175, abs=1e-3)}
        interval = cohort(answer, "flag_rate", "treatment")["interval"]
        assert interval == pytest.approx([0.0361, 0.1807], abs=1e-3)
        assert [only(answer, f"{n}_rate")["verdict"] for n in ("flag", "error", "loop")] == [
            "better", "worse", "better",
        ]  # fmt: skip

    def test_means_come_with_spread_and_quantiles(self, shop: Stored) -> None:
        answer = compare(shop, "shop", metrics="latency_ms,total_tokens")
        control = cohort(answer, "latency_ms", "control")
        assert (control["n"], control["missing"], control["mean"]) == (60, 0, 429.5)
        assert control["sd"] == pytest.approx(17.4642, abs=1e-3)
        assert (control["min"], control["max"]) == (400, 459)
        assert control["quantiles"] == {
            "p5": 402.95, "p25": 414.75, "p50": 429.5, "p75": 444.25, "p95": 456.05
        }  # fmt: skip
        latency = only(answer, "latency_ms")
        assert (latency["delta"], latency["verdict"]) == (-100, "better")
        assert latency["test"]["method"] == "Welch's t-test"
        assert latency["test"]["df"] == pytest.approx(118)
        assert latency["effect"]["name"] == "Hedges' g"
        assert only(answer, "total_tokens")["delta"] == -1000
        assert answer["tests"] == 2

    def test_cost_is_what_usage_says(self, shop: Stored) -> None:
        answer = compare(shop, "shop", metrics="cost_usd")
        (first,) = shop.get("/v1/spans", **{"attribute.tracehouse.subject.id": "control-0"})[
            "spans"
        ]
        priced = shop.get("/v1/usage", group_by="trace", limit=10_000)["usage"]
        (cost,) = (one["cost_usd"] for one in priced if one["trace_id"] == first["trace_id"])
        assert cohort(answer, "cost_usd", "control")["min"] == pytest.approx(cost)
        assert only(answer, "cost_usd")["verdict"] == "better"

    def test_the_p_values_are_adjusted_for_all_that_is_shown(self, shop: Stored) -> None:
        alone = only(compare(shop, "shop", metrics="loop_rate"), "loop_rate")
        assert alone["p_holm"] == alone["test"]["p_value"]
        among = compare(shop, "shop", metrics="loop_rate,flag_rate,error_rate")
        assert among["tests"] == 3
        assert only(among, "loop_rate")["p_holm"] == pytest.approx(alone["test"]["p_value"])
        flags = only(among, "flag_rate")
        assert flags["p_holm"] == pytest.approx(2 * flags["test"]["p_value"])

    def test_what_counts_can_be_said_and_is_said(self, shop: Stored) -> None:
        answer = compare(
            shop, "shop", bad_outcomes="good,odd", loop_length=4, error_kinds="generation",
            confidence=0.9, smallest_effect=0.5, power=0.9,
        )  # fmt: skip
        assert counts(answer, "flag_rate") == {"control": (35, 60), "treatment": (55, 60)}
        assert counts(answer, "error_rate") == {"control": (0, 60), "treatment": (0, 60)}
        assert counts(answer, "loop_rate") == {"control": (0, 60), "treatment": (0, 60)}
        stated = answer["definitions"]
        assert stated["bad_outcomes"] == ["good", "odd"]
        assert (stated["loop_length"], stated["error_kinds"]) == (4, ["generation"])
        assert (stated["confidence"], stated["alpha"], stated["power"]) == (0.9, 0.1, 0.9)
        assert "good or odd" in stated["flagged"]
        assert "4 times" in stated["loop"]

    def test_another_control_turns_it_round(self, shop: Stored) -> None:
        answer = compare(shop, "shop", control="treatment", metrics="flag_rate")
        assert answer["control_is"] == "it was asked for"
        found = only(answer, "flag_rate")
        assert (found["variant"], found["verdict"]) == ("control", "worse")

    def test_the_direction_can_be_said(self, shop: Stored) -> None:
        answer = compare(shop, "shop", higher="total_tokens", metrics="total_tokens")
        assert metric(answer, "total_tokens")["better"] == "higher"
        assert only(answer, "total_tokens")["verdict"] == "worse"

    def test_the_same_question_has_the_same_answer(self, shop: Stored) -> None:
        path = "/v1/experiments/shop/compare"
        assert len({shop.server.get(path).text for _ in range(4)}) == 1

    @pytest.mark.parametrize(
        ("asked", "complaint"),
        [
            ({"control": "nobody"}, "control, treatment"),
            ({"metrics": "speed"}, "latency_ms"),
            ({"metrics": "metric.loss.last"}, "unit=run"),
            ({"metrics": ",".join(f"score.{n}" for n in range(51))}, "at most 50"),
            ({"unit": "day"}, "unit"),
            ({"loop_length": 1}, "loop_length"),
            ({"confidence": 1}, "confidence"),
            ({"contol": "x"}, "no such parameter"),
        ],
    )
    def test_a_wrong_question_is_said(
        self, shop: Stored, asked: dict[str, Any], complaint: str
    ) -> None:
        answer = shop.server.get("/v1/experiments/shop/compare", **asked)
        assert answer.status_code == 422, answer.text
        assert complaint in answer.json()["detail"]

    def test_curl_as_it_is_documented(self, shop: Stored) -> None:
        server = shop.server
        path = f"{server.http}/v1/experiments/shop/compare"
        answer = server.client.get(path, headers={"Authorization": f"Bearer {server.key}"})
        assert answer.status_code == 200
        assert server.client.get(path).status_code == 401


class TestOddCohorts:
    def test_one_arm_is_shown_alone(self, stored_server: Stored) -> None:
        stored_server.send("traces", otlp.traces(root("alone", "a"), root("alone", "a")))
        answer = compare(stored_server, "alone")
        assert (answer["control"], answer["tests"]) == ("a", 0)
        assert counts(answer, "flag_rate") == {"a": (0, 2)}
        assert all(one["comparisons"] == [] for one in answer["metrics"])

    def test_tiny_arms_say_what_is_missing(self, stored_server: Stored) -> None:
        spans = [root("tiny", "a", duration=5 * MS), root("tiny", "b", duration=9 * MS)]
        stored_server.send("traces", otlp.traces(*spans))
        answer = compare(stored_server, "tiny")
        for name in ("flag_rate", "latency_ms"):
            found = only(answer, name)
            assert found["verdict"] == "not enough data"
            assert found["needed"]["still"] == found["needed"]["n"] - 1 > 100

    def test_constant_arms_answer(self, stored_server: Stored) -> None:
        spans = [
            root("constant", variant, duration=latency * MS)
            for variant, latency in (("a", 5), ("b", 5), ("c", 6))
            for _ in range(12)
        ]
        stored_server.send("traces", otlp.traces(*spans))
        answer = compare(stored_server, "constant", metrics="latency_ms", smallest_effect=2)
        same, slower = metric(answer, "latency_ms")["comparisons"]
        assert (same["delta"], same["effect"], same["verdict"]) == (0, None, "no difference seen")
        assert (slower["test"]["method"], slower["verdict"]) == ("randomisation test", "worse")

    def test_equal_arms_show_no_difference_once_there_are_enough(
        self, stored_server: Stored
    ) -> None:
        spans = [root("same", v, duration=(n % 7 + 1) * MS) for v in "ab" for n in range(700)]
        stored_server.send("traces", otlp.traces(*spans))
        found = only(compare(stored_server, "same", metrics="latency_ms"), "latency_ms")
        assert (found["verdict"], found["needed"]["still"]) == ("no difference seen", 0)

    def test_values_whose_squares_are_infinite_are_no_error(self, stored_server: Stored) -> None:
        spans = [root("huge", v) for v in "ab" for _ in range(3)]
        stored_server.send("traces", otlp.traces(*spans))
        values = (score("big", (-1) ** n * 1e308, s.trace_id) for n, s in enumerate(spans))
        judge(stored_server, *values)
        found = only(compare(stored_server, "huge", metrics="score.big"), "score.big")
        assert (found["delta"], found["verdict"]) == (None, "not enough data")

    def test_a_call_without_a_price_leaves_the_cost_unknown(self, stored_server: Stored) -> None:
        priced, unpriced = root("prices", "a"), root("prices", "a")
        spans = [priced, call(priced, 2, 1000), unpriced, call(unpriced, 2, 1000, "homegrown-9")]
        stored_server.send("traces", otlp.traces(*spans, call(unpriced, 3, 1000)))
        found = cohort(compare(stored_server, "prices"), "cost_usd", "a")
        assert (found["n"], found["missing"]) == (1, 1)

    def test_more_variants_than_are_compared_are_refused(self, stored_server: Stored) -> None:
        stored_server.send("traces", otlp.traces(*(root("many", f"v{n}") for n in range(21))))
        answer = stored_server.server.get("/v1/experiments/many/compare")
        assert answer.status_code == 422
        assert "at most 20" in answer.json()["detail"]
