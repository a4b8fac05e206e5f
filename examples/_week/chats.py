"""An agent that logs with the SDK what was said, thought and called."""

from __future__ import annotations

import tracehouse as cm

from .clock import Clock, iso

PROJECT = "trips"
_WEATHER = {"Lisbon": "24 °C, sunny", "Oslo": "7 °C, rain", "Innsbruck": "11 °C, clear"}


def plan_trips(clock: Clock) -> None:
    """Three sessions, each planned in one go; the second has a tool that fails, and goes on."""
    for number, (city, days) in enumerate((("Lisbon", 3), ("Oslo", 2), ("Innsbruck", 4))):
        clock.set(clock.ago(days=4.5 - 1.7 * number))
        _plan(clock, city, days, number)


def _plan(clock: Clock, city: str, days: int, number: int) -> None:
    with cm.Run(
        project=PROJECT,
        session_id=f"trip-{city.lower()}-{iso(clock.now_ns)[:10]}",
        task_name=f"{days} days in {city}",
        model="claude-sonnet-4-5",
        hostname="office-mac",
        machine_id="office-mac-darwin",
        subject_id=("nils.berg", "uma.patel", "lea.dubois")[number],
    ) as run:
        run.log_user(f"Plan {days} days in {city} for two, we like walking.")
        clock.pass_(1.2)
        run.log_thinking("Walking depends on the weather: I look that up before the hotels.")
        call = run.log_tool_use("weather", {"city": city, "days": days})
        clock.pass_(0.8)
        run.log_tool_result(_WEATHER[city], parent_span_id=call.id)
        call = run.log_tool_use("hotels.search", {"city": city, "near": "centre", "guests": 2})
        clock.pass_(2.1)
        failed = city == "Oslo"
        told = "504 Gateway Timeout" if failed else '[{"name": "Casa do Rio", "price": 96}]'
        run.log_tool_result(told, parent_span_id=call.id, status="error" if failed else None)
        clock.pass_(3.4)
        stay = (
            "I could not reach the hotels, so I left them open" if failed else "Casa do Rio, 96 €"
        )
        run.log_assistant(
            f"**{days} days in {city}** ({_WEATHER[city]})\n\n1. Old town on foot, 9 km\n"
            f"2. The hills and the view, 14 km\n\nStay: {stay}.",
            attributes={
                "gen_ai.request.model": "claude-sonnet-4-5",
                "gen_ai.usage.input_tokens": 5_400 + 130 * days,
                "gen_ai.usage.output_tokens": 420 + 35 * days,
            },
        )
        run.finish(outcome="neutral" if failed else "good")
