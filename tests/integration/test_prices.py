"""Prices of one's own: before the list, after the emitter, and for what is past as well."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.conftest import Stored
from tests.support import otlp
from tests.support.otlp import START_NS

DAY_NS = 86_400_000_000_000
MILLION = 1_000_000


def put(stored: Stored, **price: Any) -> httpx.Response:
    server = stored.server
    named = {key.rstrip("_"): value for key, value in price.items()}
    return server.client.put(f"{server.http}/v1/prices", json=named, headers=server.headers)


def remove_all(stored: Stored) -> None:
    server = stored.server
    for price in stored.get("/v1/prices")["prices"]:
        gone = server.client.delete(
            f"{server.http}/v1/prices/{price['id']}", headers=server.headers
        )
        assert gone.status_code == 204
    assert stored.get("/v1/prices")["prices"] == []


@pytest.fixture(scope="module")
def called(stored_server: Stored) -> Stored:
    """A million tokens in and out of `homegrown-1`: a day apart, and in two projects."""
    for number, project in enumerate(("one", "two"), start=1):
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "homegrown-1",
            "gen_ai.usage.input_tokens": MILLION, "gen_ai.usage.output_tokens": MILLION,
            "gen_ai.usage.cache_read.input_tokens": MILLION // 2, "session.id": "priced",
        }  # fmt: skip
        span = otlp.span(0x9C0 + number, 1, start=START_NS + number * DAY_NS, attributes=attributes)
        resource = {"service.name": "priced", "tracehouse.project": project}
        stored_server.send("traces", otlp.traces(span, resource=resource))
    return stored_server


def cost(stored: Stored, **asked: Any) -> float | None:
    return stored.get("/v1/usage", service="priced", **asked)["total"]["cost_usd"]


def test_a_price_counts_at_once_wherever_cost_is_shown(called: Stored) -> None:
    assert cost(called) is None
    made = put(called, model="Homegrown-*", input_mtok=2, output_mtok=10, cache_read_mtok=1)
    assert made.status_code == 200, made.text
    each = 0.5 * 2 + 0.5 * 1 + 10
    assert cost(called) == pytest.approx(2 * each)
    assert called.get("/v1/usage", service="priced")["total"]["priced_by"] == {"own price": 2}
    assert called.get("/v1/sessions/priced")["usage"]["cost_usd"] == pytest.approx(2 * each)
    trace = called.get(f"/v1/traces/{0x9C1:032x}")
    assert trace["usage"]["cost_usd"] == pytest.approx(each)
    listed = called.get("/v1/traces", service="priced")["traces"]
    assert [t["usage"]["cost_usd"] for t in listed] == [pytest.approx(each)] * 2
    remove_all(called)
    assert cost(called) is None


def test_a_price_of_a_project_or_a_range_of_days_goes_first(called: Stored) -> None:
    put(called, model="homegrown-1", input_mtok=1, output_mtok=0)
    put(called, model="homegrown-*", input_mtok=100, output_mtok=0)
    put(called, model="homegrown-1", project="two", input_mtok=3, output_mtok=0)
    assert cost(called) == pytest.approx(1 + 3)
    assert cost(called, project="two") == pytest.approx(3)
    by_session = called.get("/v1/sessions/priced")["usage"]["cost_usd"]
    assert by_session == pytest.approx(4)
    # START_NS is on 2026-09-21, so the first call was a day later.
    put(called, model="homegrown-1", from_="2026-09-22", to="2026-09-23", input_mtok=7,
        output_mtok=0)  # fmt: skip
    assert cost(called) == pytest.approx(7 + 3)
    put(called, model="homegrown-1", input_mtok=2, output_mtok=0)
    assert len(called.get("/v1/prices")["prices"]) == 4, "the same again replaces"
    remove_all(called)


def test_what_the_emitter_says_goes_first(called: Stored) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "homegrown-2",
        "gen_ai.usage.input_tokens": 5, "gen_ai.usage.cost": 0.25,
    }  # fmt: skip
    request = otlp.traces(otlp.span(0x9CF, attributes=attributes), resource={"service.name": "s2"})
    called.send("traces", request)
    put(called, model="*", input_mtok=1000, output_mtok=1000)
    total = called.get("/v1/usage", service="s2")["total"]
    assert (total["cost_usd"], total["priced_by"]) == (0.25, {"emitter": 1})
    remove_all(called)


def test_what_stays_in_the_cache_for_an_hour_has_a_price_of_its_own(called: Stored) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": 1100,
        "gen_ai.usage.cache_write.input_tokens": 1000, "tracehouse.cache_write.long": 400,
    }  # fmt: skip
    request = otlp.traces(otlp.span(0x9CE, attributes=attributes), resource={"service.name": "1h"})
    called.send("traces", request)

    def total() -> dict[str, Any]:
        return called.get("/v1/usage", service="1h")["total"]

    listed = (100 * 3 + 600 * 3.75 + 400 * 6) / MILLION
    assert (total()["cache_write_1h_tokens"], total()["cost_usd"]) == (400, pytest.approx(listed))
    own: dict[str, Any] = {"model": "claude-*", "input_mtok": 1, "output_mtok": 1}
    put(called, **own, cache_write_mtok=2)
    assert total()["cost_usd"] == pytest.approx((100 + 1000 * 2) / MILLION)
    put(called, **own, cache_write_mtok=2, cache_write_1h_mtok=10)
    assert total()["cost_usd"] == pytest.approx((100 + 600 * 2 + 400 * 10) / MILLION)
    remove_all(called)


@pytest.mark.parametrize(
    ("price", "complaint"),
    [
        ({"input_mtok": 1, "output_mtok": 1}, "model"),
        ({"model": "m", "input_mtok": 1}, "output_mtok"),
        ({"model": "m", "input_mtok": -1, "output_mtok": 1}, "input_mtok"),
        ({"model": "m", "input_mtok": "1", "output_mtok": 1}, "input_mtok"),
        ({"model": "m", "input_mtok": 1, "output_mtok": 1, "from_": "soon"}, "from"),
        ({"model": "m", "input_mtok": 1, "output_mtok": 1, "from_": "2026-02-01",
          "to": "2026-02-01"}, "to"),
    ],
)  # fmt: skip
def test_a_wrong_price_is_said(
    stored_server: Stored, price: dict[str, Any], complaint: str
) -> None:
    answer = put(stored_server, **price)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(complaint)


def test_brackets_are_part_of_a_name(stored_server: Stored) -> None:
    model = "claude-next[1m]"
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": MILLION,
    }  # fmt: skip
    request = otlp.traces(otlp.span(0x9D0, attributes=attributes), resource={"service.name": "s3"})
    stored_server.send("traces", request)
    put(stored_server, model=model, input_mtok=4, output_mtok=0)
    assert stored_server.get("/v1/usage", service="s3")["total"]["cost_usd"] == pytest.approx(4)
    remove_all(stored_server)


def test_a_total_alone_has_no_price(stored_server: Stored) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.total_tokens": 5,
    }  # fmt: skip
    request = otlp.traces(otlp.span(0x9D1, attributes=attributes), resource={"service.name": "s4"})
    stored_server.send("traces", request)
    total = stored_server.get("/v1/usage", service="s4")["total"]
    assert (total["cost_usd"], total["unpriced"]) == (None, {"gpt-4o-mini": 1})
