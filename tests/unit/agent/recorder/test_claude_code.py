"""What the rows of Claude Code mean."""

from __future__ import annotations

import pytest

from tests.support import claude_transcript as claude
from tests.support.claude_transcript import SESSION, ClaudeTranscript, text, tool_use
from tests.unit.agent.recorder.reading import feed, steps, tokens
from tracehouse_agent.recorder.claude_code import ClaudeCodeReader
from tracehouse_agent.recorder.step import Step

Steps = dict[str, Step]


@pytest.fixture(scope="module")
def session() -> Steps:
    return steps(ClaudeCodeReader(SESSION), claude.everything().lines)


def seconds(step: Step) -> float:
    return (step.end_ns - step.start_ns) / 1e9


def test_an_answer_in_several_rows_is_one_call_with_its_last_usage(session: Steps) -> None:
    call = session["model/msg_1"]
    assert call.attributes["gen_ai.usage.output_tokens"] == 31
    assert call.attributes["gen_ai.usage.input_tokens"] == 10 + 1000 + 200
    assert call.attributes["gen_ai.usage.cache_read.input_tokens"] == 1000
    assert call.attributes["gen_ai.usage.cache_write.input_tokens"] == 200
    assert call.attributes["tracehouse.cache_write.long"] == 50
    assert call.attributes["gen_ai.response.id"] == "req_1"
    parts = str(call.attributes["gen_ai.output.messages"])
    assert parts.index("I look at it") < parts.index("toolu_1") < parts.index("toolu_2")
    assert seconds(call) == 5, "from the row before its first to its last"


def test_calls_are_counted_once_each(session: Steps) -> None:
    assert tokens(session)[1] == 31 + 30 + 5 + 40 + 3 + 4 + 9 + 6
    assert sum(key.startswith("model/") for key in session) == 8
    assert session["model/msg_3"].attributes["gen_ai.response.id"] == "msg_3", "behind a gateway"


def test_an_error_row_of_the_agent_s_own_is_no_call(session: Steps) -> None:
    event = next(step for step in session.values() if step.name == "agent message")
    assert event.failure == "API Error: 500"
    assert "gen_ai.usage.output_tokens" not in event.attributes


def test_a_turn_goes_from_a_prompt_to_the_next(session: Steps) -> None:
    turns = [step for key, step in session.items() if key.startswith("turn/")]
    assert [turn.name for turn in turns] == ["Fix the basket", "Now the docs", "And again"]
    assert all(turn.parent == "" for turn in turns)
    prompts = [key for key in session if key.startswith("prompt/")]
    assert len(prompts) == 4, "the queued one is in its turn"
    assert turns[1].attributes["tracehouse.interrupted"] is True
    assert turns[2].attributes["vcs.ref.head.name"] == "next"
    assert turns[2].attributes["service.version"] == "2.1.261"


def test_wrappers_and_meta_rows_are_no_prompts(session: Steps) -> None:
    said = " ".join(str(step.attributes) for key, step in session.items() if "prompt/" in key)
    assert "command-name" not in said
    assert "Caveat" not in said


def test_a_tool_lasts_until_its_result(session: Steps) -> None:
    read, bash = session["tool/toolu_1"], session["tool/toolu_2"]
    assert read.attributes["gen_ai.tool.call.result"] == "class Basket: ..."
    assert seconds(read) == 1
    assert bash.failure == "1 failed"
    assert session["tool/toolu_4"].attributes["claude_code.tool.denied"] == "user"
    assert (
        session["tool/toolu_3"].attributes["gen_ai.tool.call.result"] == "Looked around.\n[image]"
    )
    assert "baskets.example" in str(session["tool/srvtoolu_1"].attributes)
    assert session["result/toolu_gone"].parent == "turn/u-37", "a result without its call is kept"


def test_a_thought_may_have_no_text(session: Steps) -> None:
    assert "The basket is in" in str(session["thought/model/msg_1/0"].attributes)
    silent = session["thought/model/msg_4/0"]
    assert "gen_ai.output.messages" not in silent.attributes
    assert session["model/msg_4"].attributes["gen_ai.usage.reasoning.output_tokens"] == 7
    assert session["model/msg_4"].attributes["tracehouse.speed"] == "fast"


def test_what_was_replaced_is_marked_and_still_counted(session: Steps) -> None:
    assert session["model/msg_5"].attributes["tracehouse.superseded"] is True
    assert session["model/msg_5"].attributes["gen_ai.usage.output_tokens"] == 3


def test_the_session_has_its_own_title_and_place(session: Steps) -> None:
    root = session[""]
    assert root.name == "The basket"
    assert root.attributes["process.working_directory"] == "/home/marlene/src/shop"
    assert root.attributes["gen_ai.request.model"] == "claude-sonnet-4-5"


def test_nothing_ends_before_it_began_though_clocks_go_backward(session: Steps) -> None:
    assert all(step.end_ns >= step.start_ns > 0 for step in session.values())


def test_unknown_rows_are_counted_by_version() -> None:
    reader = ClaudeCodeReader(SESSION)
    feed(reader, claude.everything().lines)
    assert dict(reader.unknown) == {"2.1.240 holographic": 1, "2.1.240 system/quantum_state": 1}


def test_a_sub_agent_is_under_the_call_that_started_it() -> None:
    reader = ClaudeCodeReader(SESSION)
    feed(reader, claude.everything().lines)
    assert reader.links == {"a1": "toolu_3"}
    agent = ClaudeCodeReader(SESSION, "a1")
    agent.link("toolu_3")
    found = steps(agent, claude.subagent().lines)
    assert found["agent/a1"].parent == "tool/toolu_3"
    assert found["model/msg_s1"].parent == "agent/a1"
    assert "" not in found, "the session itself is told of by its own transcript"


def test_what_started_a_sub_agent_may_become_known_later() -> None:
    agent = ClaudeCodeReader(SESSION, "a1")
    before = steps(agent, claude.subagent().lines)
    assert before["agent/a1"].parent == ""
    agent.link("toolu_3")
    (again,) = agent.timeline.take()
    assert (again.key, again.parent) == ("agent/a1", "tool/toolu_3")


def test_sub_agents_within_the_file_are_found_by_what_they_were_asked() -> None:
    t = ClaudeTranscript(version="1.0.50")
    t.user("Go")
    t.assistant("msg_1", tool_use("toolu_1", "Task", prompt="Count the files"))
    first = t.user("Count the files", isSidechain=True, parentUuid=None)
    t.assistant("msg_2", text("Seven."), isSidechain=True, parentUuid=first["uuid"])
    t.result("toolu_1", "Seven.")
    found = steps(ClaudeCodeReader(SESSION), t.lines)
    lane = f"agent/{first['uuid']}"
    assert found[lane].parent == "tool/toolu_1"
    assert found["model/msg_2"].parent == lane
    assert sum(key.startswith("turn/") for key in found) == 1


@pytest.mark.parametrize("here", [True, False])
def test_a_fork_s_copy_is_recorded_once(here: bool) -> None:
    t = ClaudeTranscript()
    origin = {"forkedFrom": {"sessionId": "parent", "messageUuid": "u-1"}}
    t.user("Old", **origin)
    t.assistant("msg_1", text("Old answer"), output=9, **origin)
    t.user("New")
    t.assistant("msg_2", text("New answer"), output=4)
    found = steps(ClaudeCodeReader(SESSION, is_here=lambda session: here), t.lines)
    assert ("model/msg_1" in found) is not here
    assert found[""].attributes["tracehouse.forked_from"] == "parent"
    assert tokens(found)[1] == (4 if here else 13)


def test_a_row_that_is_there_twice_counts_once() -> None:
    t = ClaudeTranscript()
    t.user("Go")
    t.assistant("msg_1", text("Yes"), output=4)
    t.rows.append(t.rows[-1])
    found = steps(ClaudeCodeReader(SESSION), t.lines)
    assert str(found["model/msg_1"].attributes["gen_ai.output.messages"]).count("Yes") == 1


def test_a_running_session_is_pending() -> None:
    t = ClaudeTranscript()
    t.user("Go")
    t.assistant("msg_1", tool_use("toolu_1", "Bash", command="make"))
    reader = ClaudeCodeReader(SESSION)
    feed(reader, t.lines)
    running = {step.key: step.end_ns for step in reader.timeline.take()}
    assert running[""] == running["turn/u-1"] == running["tool/toolu_1"] == 0
    assert running["model/msg_1"] > 0, "what it said is written when it was said"


def test_memory_does_not_grow_with_the_transcript() -> None:
    reader = ClaudeCodeReader(SESSION)
    t = ClaudeTranscript()
    t.user("Go")
    for number in range(3000):
        t.assistant(f"msg_{number}", tool_use(f"toolu_{number}", "Read", file_path="a"))
        if number % 2:
            t.result(f"toolu_{number}", "…")
        feed(reader, t.lines)
        t.rows.clear()
        reader.timeline.take()
    assert len(reader.to_json()["timeline"]["open"]) <= 512


def test_odd_values_raise_nothing() -> None:
    reader = ClaudeCodeReader(SESSION)
    for odd in (None, [], {}, 1, "x", [None], [[1]], {"content": 5}, -1, True):
        for kind in ("user", "assistant", "system", "attachment", "progress", odd):
            row = {"type": kind, "timestamp": "2026-01-01T00:00:00Z", "uuid": odd, "message": odd,
                   "toolUseResult": odd, "attachment": odd, "data": odd, "version": odd,
                   "forkedFrom": odd, "supersedesUuids": odd}  # fmt: skip
            reader.read(reader.slim(row))
            row["message"] = {"content": odd, "usage": odd, "id": odd, "model": odd}
            reader.read(reader.slim(row))
            row["message"] = {"content": [{"type": odd, "text": odd, "content": odd}]}
            reader.read(reader.slim(row))
