"""The demo's week: the same by its seed, within seven days, in words that the views know."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from examples._week.clock import DAY, Clock
from examples._week.fleet import FLEET, week_of
from examples._week.incidents import BROKEN_SPAN, failed_refund, loop
from examples._week.support import EMITTER, Support
from tracehouse_semconv.dialects import DIALECTS

Json = dict[str, Any]
NOW = 1_790_000_000_000_000_000


def week(seed: int, now: int = NOW) -> list[Json]:
    """All batches of the agents' week."""
    clock = Clock(now)
    found = [*Support(clock, random.Random(seed)).conversations()]
    found += [failed_refund(clock, random.Random(seed)), loop(clock, random.Random(seed))]
    for agent in FLEET:
        found += week_of(agent, clock, random.Random(seed))
    return found


def spans(batches: list[Json]) -> Iterator[Json]:
    for batch in batches:
        yield from batch["scopeSpans"][0]["spans"]


def told(span: Json) -> Json:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def what_happens(batches: list[Json]) -> list[tuple[str, int]]:
    return [(span["name"], span["status"]["code"]) for span in spans(batches)]


def test_what_happens_depends_on_the_seed_and_not_on_the_hour() -> None:
    assert what_happens(week(7)) == what_happens(week(7, NOW + 5 * 3_600 * 10**9))
    assert what_happens(week(7)) != what_happens(week(8))


def test_a_server_that_is_filled_again_gets_new_traces() -> None:
    first, second = ({span["traceId"] for span in spans(week(7, NOW + n))} for n in (0, 1))
    assert first.isdisjoint(second)


def test_everything_lies_within_the_last_seven_days() -> None:
    for span in spans(week(7)):
        start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
        assert NOW - 7.01 * DAY * 1e9 < start <= end < NOW


def test_spans_lie_inside_their_parents() -> None:
    for batch in week(7):
        by_id = {span["spanId"]: span for span in spans([batch])}
        roots = [span for span in by_id.values() if not span["parentSpanId"]]
        assert len(roots) == 1
        for span in by_id.values():
            if span["parentSpanId"]:
                parent = by_id[span["parentSpanId"]]
                assert int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
                assert int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"])


@pytest.mark.parametrize(
    ("scope", "dialect"),
    [
        (EMITTER.scope, "otel_genai"),
        *zip(
            [agent.emitter.scope for agent in FLEET],
            ["openinference", "vercel_ai7", "pydantic_ai", "traceloop"],
            strict=True,
        ),
    ],
)
def test_each_library_is_known_by_its_scope(scope: str, dialect: str) -> None:
    known = DIALECTS[dialect]
    assert scope in known.scopes or scope.startswith(known.scope_prefixes)


def test_the_refund_breaks_below_the_tool_that_reports_it() -> None:
    found = list(spans([failed_refund(Clock(NOW), random.Random(1))]))
    by_id = {span["spanId"]: span for span in found}
    deepest = next(span for span in found if span["name"] == BROKEN_SPAN)
    path = [deepest["name"]]
    while deepest["parentSpanId"]:
        deepest = by_id[deepest["parentSpanId"]]
        assert deepest["status"]["code"] == 2
        path.append(deepest["name"])
    assert path[::-1] == [
        "POST /chat", "invoke_agent support", "execute_tool payments.refund", "POST /v1/refunds",
        "ledger.begin", "pool.acquire",
    ]  # fmt: skip


def test_the_loop_asks_the_same_seven_times() -> None:
    found = spans([loop(Clock(NOW), random.Random(1))])
    asked = [told(span)["input.value"] for span in found if "tool.name" in told(span)]
    assert len(asked) == 7
    assert len(set(asked)) == 1


def test_a_clock_stands_still_until_it_is_moved_and_never_passes_the_real_time() -> None:
    clock = Clock(NOW)
    clock.set(clock.ago(days=1))
    clock.pass_(90)
    assert clock.now_ns == NOW - int((DAY - 90) * 1e9)
    clock.pass_(2 * DAY)
    assert clock.now_ns == NOW
