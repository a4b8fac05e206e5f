"""Sessions and their turns are told apart by what they are about, and not by their ids."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.conftest import Stored
from tests.support import captures, otlp
from tests.support.otlp import START_NS

SECOND = 1_000_000_000


def messages(*said: tuple[str, str]) -> str:
    """(role, text) each, as OpenTelemetry's conventions have them."""
    return json.dumps(
        [{"role": role, "parts": [{"type": "text", "content": words}]} for role, words in said]
    )


def turn(trace: int, session: str, said: str, *, after: int = 0, **root: Any) -> bytes:
    """A request whose model is given these messages."""
    start = START_NS + after * SECOND
    whole = otlp.span(
        trace, 1, name="POST /chat", start=start, attributes={"session.id": session}, **root
    )
    call = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": said}
    model = otlp.span(trace, 2, parent=1, start=start + 1, attributes=call)
    return otlp.traces(whole, model).SerializeToString()


def send(stored: Stored, *bodies: bytes) -> None:
    for body in bodies:
        assert stored.server.post("traces", body).status_code == 200
    stored.server.settle()


def listed(stored: Stored, session: str) -> dict[str, Any]:
    found = stored.get("/v1/sessions", limit=1000)["sessions"]
    return next(one for one in found if one["session"] == session)


def test_a_session_is_called_by_what_was_asked_first_and_each_turn_by_its_own(
    stored_server: Stored,
) -> None:
    first = [("system", "Be brief."), ("user", "Where is\n my order?")]
    then = [*first, ("assistant", "On its way."), ("user", "To my neighbour, please.")]
    for _ in range(2):  # what comes again changes nothing
        send(
            stored_server,
            turn(0x70A2, "topic-order", messages(*then), after=60),
            turn(0x70A1, "topic-order", messages(*first)),
        )
    session = listed(stored_server, "topic-order")
    assert (session["title"], session["service"]) == ("Where is my order?", "tests")
    whole = stored_server.get("/v1/sessions/topic-order")
    assert whole["title"] == "Where is my order?"
    asked = [trace["asked"] for trace in whole["traces"]]
    assert asked == ["Where is my order?", "To my neighbour, please."]


def test_long_words_are_cut_and_none_are_none(stored_server: Stored) -> None:
    send(
        stored_server,
        turn(0x70A3, "topic-long", messages(("user", "word " * 500))),
        turn(0x70A4, "topic-none", messages(("system", "Nobody asked."))),
    )
    title = listed(stored_server, "topic-long")["title"]
    assert len(title) == 200
    assert title.endswith("…")
    silent = stored_server.get("/v1/sessions/topic-none")
    assert (silent["title"], silent["traces"][0]["asked"]) == (None, None)


def test_the_title_of_a_recorded_session_goes_before_what_was_asked(stored_server: Stored) -> None:
    agent = {"session.id": "topic-recorded", "gen_ai.operation.name": "invoke_agent"}
    where = {"tracehouse.source": "transcript", "process.working_directory": "/home/dev/payments"}
    step = {"tracehouse.span.kind": "user_msg", "tracehouse.text": "Find out why refunds fail."}
    send(
        stored_server,
        otlp.traces(
            otlp.span(0x70A5, 1, name="Refunds fail", duration=-1, attributes=agent | where),
            otlp.span(0x70A5, 2, parent=1, name="user_msg", attributes=step),
        ).SerializeToString(),
    )
    session = listed(stored_server, "topic-recorded")
    assert (session["title"], session["folder"]) == ("Refunds fail", "/home/dev/payments")
    (trace,) = stored_server.get("/v1/sessions/topic-recorded")["traces"]
    assert trace["asked"] == "Find out why refunds fail."


def test_a_session_of_log_records_is_called_by_its_first_prompt(stored_server: Stored) -> None:
    captures.send(stored_server.server, "claude-code-logs")
    found = stored_server.get("/v1/sessions", limit=1000)["sessions"]
    titles = [one["title"] for one in found if one["service"] == "claude-code"]
    assert "Say hi using bash" in titles
