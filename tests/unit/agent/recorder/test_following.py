"""Transcripts that grow, break off, are rewritten and moved, and a recorder that is killed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import claude_transcript as claude
from tests.support import codex_rollout as codex
from tests.support.claude_transcript import SESSION, ClaudeTranscript, text
from tracehouse_agent.recorder.follower import Follower
from tracehouse_agent.recorder.positions import Positions
from tracehouse_agent.recorder.redaction import Redactor
from tracehouse_agent.recorder.roots import CLAUDE, CODEX, Root, Transcript, transcripts
from tracehouse_agent.recorder.step import Step

REDACTOR = Redactor(b"salt")
LATER = 1e12


class Followed:
    """One transcript in a folder of its own, and what was told of it."""

    def __init__(self, folder: Path, agent: str = CLAUDE) -> None:
        self.agent = agent
        self.root = Root(agent, folder / "root")
        if agent == CLAUDE:
            self.path = self.root.path / f"projects/-home-marlene/{SESSION}.jsonl"
        else:
            name = f"rollout-2026-03-02T09-00-00-{codex.THREAD}.jsonl"
            self.path = self.root.path / "sessions/2026/03/02" / name
        self.path.parent.mkdir(parents=True)
        self.told: dict[str, Step] = {}
        self.positions_path = folder / "positions.sqlite"
        self.follower: Follower | None = None
        self.positions: Positions | None = None

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def transcript(self) -> Transcript:
        (found,) = transcripts([self.root])
        return found

    def look(self, now: float | None = None) -> list[Step]:
        """What a pass tells."""
        found = self.transcript()
        if self.follower is None:
            self.positions = Positions(self.positions_path)
            self.follower = Follower(found, self.positions, REDACTOR, lambda _: None)
        self.follower.moved(found)
        steps = self.follower.read(found.mtime_ns / 1e9 if now is None else now)
        self.told |= {step.key: step for step in steps}
        return steps

    def save(self) -> None:
        assert self.follower is not None
        self.follower.save(0)

    def kill(self) -> None:
        """What was not saved is lost."""
        self.follower = None
        if self.positions is not None:
            self.positions.close()
            self.positions = None

    def close(self) -> dict[str, Step]:
        self.look(LATER)
        assert self.follower is not None
        while not self.follower.at_end:
            self.look(LATER)
        self.told |= {step.key: step for step in self.follower.close()}
        return self.told


def whole(folder: Path, lines: bytes, agent: str = CLAUDE) -> dict[str, Step]:
    """What one pass tells."""
    followed = Followed(folder, agent)
    followed.write(lines)
    told = followed.close()
    followed.kill()
    return told


LINES = {CLAUDE: claude.everything().lines, CODEX: codex.everything().lines}


@settings(max_examples=40)
@given(data=st.data(), agent=st.sampled_from((CLAUDE, CODEX)))
def test_cut_anywhere_and_killed_anywhere_the_spans_are_those_of_one_pass(
    data: st.DataObject, agent: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = LINES[agent]
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)), max_size=8)))
    followed = Followed(tmp_path_factory.mktemp("cut"), agent)
    for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        followed.write(lines[start:end])
        followed.look(data.draw(st.sampled_from((None, LATER))))
        match data.draw(st.sampled_from(("go on", "save", "save and kill", "kill", "close"))):
            case "save":
                followed.save()
            case "save and kill":
                followed.save()
                followed.kill()
            case "kill":
                followed.kill()
            case "close":
                followed.close()
            case _:
                pass
    told = followed.close()
    followed.kill()
    assert told == whole(tmp_path_factory.mktemp("whole"), lines, agent)


def test_every_byte_of_a_short_one(tmp_path: Path) -> None:
    t = ClaudeTranscript()
    t.user("Größe?")
    t.assistant("msg_1", text("42 €"), output=3)
    expected = whole(tmp_path / "whole", t.lines)
    for cut in range(len(t.lines)):
        followed = Followed(tmp_path / str(cut))
        followed.write(t.lines[:cut])
        followed.look()
        followed.save()
        followed.kill()
        followed.write(t.lines[cut:])
        assert followed.close() == expected, cut
        followed.kill()


def test_read_again_from_the_beginning_nothing_is_added(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.write(LINES[CLAUDE])
    first = dict(followed.close())
    followed.kill()
    followed.positions_path.unlink()
    assert followed.close() == first


def test_what_was_closed_goes_on(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    t = ClaudeTranscript()
    t.user("Go")
    followed.write(t.lines)
    ended = followed.close()["turn/u-1"].end_ns
    followed.save()
    followed.kill()
    t.rows.clear()
    t.assistant("msg_1", text("Yes"))
    followed.write(t.lines)
    assert followed.close()["turn/u-1"].end_ns > ended


def test_a_last_line_without_its_end_is_read_when_nothing_comes(tmp_path: Path) -> None:
    t = ClaudeTranscript()
    t.user("Go")
    followed = Followed(tmp_path)
    followed.write(t.lines.rstrip(b"\n"))
    assert followed.look() == []
    assert followed.look(LATER) != []
    assert followed.look(LATER) == []
    followed.write(b"\n")
    assert followed.look(LATER) == []


def test_objects_glued_together_and_torn_ones(tmp_path: Path) -> None:
    t = ClaudeTranscript()
    t.user("Go")
    for number in range(4):
        t.assistant(f"msg_{number}", text("…"))
    one, two, three, four, five = t.lines.splitlines()
    followed = Followed(tmp_path)
    followed.write(one + two + b"\n" + three[:40] + four + b"\n\x00\x00" + five + b"\nnonsense\n")
    told = followed.close()
    assert {key for key in told if key.startswith("model/")} == {
        "model/msg_0", "model/msg_2", "model/msg_3"}  # fmt: skip
    followed.save()
    followed.kill()
    assert Positions(followed.positions_path).counts()[2] == 2


def test_a_rewritten_file_is_read_again(tmp_path: Path) -> None:
    t = ClaudeTranscript()
    t.user("Go")
    t.assistant("msg_1", text("Yes"))
    t.assistant("msg_2", text("No"))
    followed = Followed(tmp_path)
    followed.write(t.lines)
    followed.look()
    followed.path.write_bytes(b"".join(line + b"\n" for line in t.lines.splitlines()[:2]))
    followed.look()
    t.rows[2]["message"]["content"] = [text("Maybe")]
    followed.path.write_bytes(t.lines)
    followed.look()
    assert "Maybe" in str(followed.close()["model/msg_2"].attributes)


def test_a_file_that_was_moved_goes_on_where_it_stood(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.write(LINES[CLAUDE])
    followed.look()
    followed.save()
    followed.kill()
    elsewhere = followed.root.path / "projects/-elsewhere"
    elsewhere.mkdir()
    followed.path = Path(shutil.move(followed.path, elsewhere))
    assert followed.look() == []


def test_a_rollout_that_is_archived_and_compressed_adds_nothing(tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    followed = Followed(tmp_path, CODEX)
    followed.write(LINES[CODEX])
    told = dict(followed.close())
    followed.save()
    followed.kill()
    archive = followed.root.path / "archived_sessions"
    archive.mkdir()
    packed = archive / (followed.path.name + ".zst")
    packed.write_bytes(zstd.compress(followed.path.read_bytes()))
    followed.path.unlink()
    (archive / "rollout-compress-1.tmp").write_bytes(b"half")
    assert followed.look() == []
    followed.kill()
    followed.positions_path.unlink()
    assert followed.close() == told, "and read from its beginning it is the same"


def test_a_line_without_end_is_passed_over_and_costs_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracehouse_agent.recorder.tail._LONGEST", 2 << 20)
    t = ClaudeTranscript()
    t.user("Go")
    t.user("x" * (5 << 20))
    t.assistant("msg_1", text("Yes"))
    told = whole(tmp_path, t.lines)
    assert "model/msg_1" in told
    assert not any("xxxxx" in step.name for step in told.values())


def test_positions_that_cannot_be_read_are_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "positions.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    assert Positions(path).offsets() == {}
    assert (path.stat().st_mode & 0o777) == 0o600


def test_places_say_what_a_transcript_is(tmp_path: Path) -> None:
    projects = tmp_path / "projects/-p"
    for name in (
        f"{SESSION}.jsonl",
        "agent-old.jsonl",
        f"{SESSION}/subagents/agent-a1.jsonl",
        f"{SESSION}/subagents/workflows/w1/agent-a2.jsonl",
        f"{SESSION}/subagents/workflows/w1/journal.jsonl",
        f"{SESSION}/tool-results/big.jsonl",
    ):
        (projects / name).parent.mkdir(parents=True, exist_ok=True)
        (projects / name).write_text("{}\n")
    found = {(t.session, t.subagent) for t in transcripts([Root(CLAUDE, tmp_path)])}
    assert found == {(SESSION, ""), ("", "old"), (SESSION, "a1"), (SESSION, "a2")}


def test_an_older_sub_agent_s_session_is_in_its_rows(tmp_path: Path) -> None:
    folder = tmp_path / "projects/-p"
    folder.mkdir(parents=True)
    (folder / "agent-a1.jsonl").write_bytes(claude.subagent().lines)
    (found,) = transcripts([Root(CLAUDE, tmp_path)])
    follower = Follower(found, Positions(tmp_path / "p.sqlite"), REDACTOR, lambda _: None)
    assert follower.reader.session == SESSION


def test_a_sidecar_tells_what_started_a_sub_agent(tmp_path: Path) -> None:
    folder = tmp_path / f"projects/-p/{SESSION}/subagents"
    folder.mkdir(parents=True)
    (folder / "agent-a1.jsonl").write_bytes(claude.subagent().lines)
    (folder / "agent-a1.meta.json").write_text(json.dumps({"toolUseId": "toolu_3"}))
    (found,) = transcripts([Root(CLAUDE, tmp_path)])
    follower = Follower(found, Positions(tmp_path / "p.sqlite"), REDACTOR, lambda _: None)
    told = {step.key: step for step in follower.read(os.times().elapsed)}
    assert told["agent/a1"].parent == "tool/toolu_3"
