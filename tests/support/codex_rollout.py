"""Rows as Codex writes them, and a session with every kind of row and every trap."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

THREAD = "019a0000-0000-7000-8000-000000000001"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
Row = dict[str, Any]


@dataclass
class CodexRollout:
    """Builds rows a second apart; `lines` is the file."""

    thread: str = THREAD
    rows: list[Row] = field(default_factory=list)
    at: float = 0.0
    totals: Row = field(default_factory=dict)

    def add(self, kind: str, payload: Any, **fields: Any) -> Row:
        self.at += 1
        time = (START + timedelta(seconds=self.at)).isoformat().replace("+00:00", "Z")
        row = {"timestamp": time, "type": kind, "payload": payload, **fields}
        self.rows.append(row)
        return row

    def meta(self, **fields: Any) -> Row:
        payload = {
            "id": self.thread, "timestamp": START.isoformat(), "cwd": "/home/marlene/src/shop",
            "originator": "codex_cli_rs", "cli_version": "0.153.0", "source": "cli",
            "model_provider": "openai", "base_instructions": {"text": "You are Codex " * 20},
            "git": {"branch": "main", "commit_hash": "0" * 40}, **fields,
        }  # fmt: skip
        return self.add("session_meta", payload)

    def turn(self, turn_id: str, **fields: Any) -> None:
        self.event("task_started", turn_id=turn_id, model_context_window=272000)
        self.add("turn_context", {"turn_id": turn_id, "cwd": "/home/marlene/src/shop",
                 "model": "gpt-5.1-codex", "effort": "medium", **fields})  # fmt: skip

    def event(self, kind: str, **fields: Any) -> Row:
        return self.add("event_msg", {"type": kind, **fields})

    def item(self, kind: str, **fields: Any) -> Row:
        return self.add("response_item", {"type": kind, **fields})

    def user(self, text: str, *, event: bool = True) -> None:
        self.item("message", role="user", content=[{"type": "input_text", "text": text}])
        if event:
            self.event("user_message", message=text)

    def say(self, text: str) -> None:
        self.event("agent_message", message=text)
        self.item("message", role="assistant", content=[{"type": "output_text", "text": text}])

    def think(self, text: str) -> None:
        self.event("agent_reasoning", text=text)
        self.item("reasoning", summary=[{"type": "summary_text", "text": text}] if text else [],
                  encrypted_content="gAAAA" * 100)  # fmt: skip

    def call(self, call_id: str, command: str, name: str = "shell") -> None:
        self.item("function_call", name=name, call_id=call_id,
                  arguments=json.dumps({"command": command}))  # fmt: skip

    def output(self, call_id: str, output: Any) -> None:
        self.item("function_call_output", call_id=call_id, output=output)

    def count(self, *, repeat: bool = False, **used: int) -> None:
        """Tokens of an answer, as totals."""
        last = {"input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 0,
                "reasoning_output_tokens": 0, **used}  # fmt: skip
        if not repeat:
            self.totals = {k: self.totals.get(k, 0) + v for k, v in last.items()}
        info = {"total_token_usage": dict(self.totals), "last_token_usage": last,
                "model_context_window": 272000}  # fmt: skip
        self.event("token_count", info=info, rate_limits=None)

    @property
    def lines(self) -> bytes:
        return b"".join(
            json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            for row in self.rows
        )


def everything() -> CodexRollout:
    """A session with every kind of row."""
    r = CodexRollout()
    r.meta()
    r.item("message", role="developer", content=[{"type": "input_text", "text": "<permissions>"}])
    r.item("message", role="user",
           content=[{"type": "input_text", "text": "<environment_context>…"}])  # fmt: skip
    r.turn("turn-1")
    r.user("Fix the basket")
    r.event("token_count", info=None, rate_limits={"primary": {}})
    r.think("The basket is in basket.py")
    r.call("call_1", "cat basket.py")
    r.count(input_tokens=1000, cached_input_tokens=800, output_tokens=50,
            reasoning_output_tokens=20)  # fmt: skip
    r.count(repeat=True)
    r.output("call_1", "Exit code: 0\nWall time: 0.1 seconds\nOutput:\nclass Basket: ...")
    r.think("")
    r.item("custom_tool_call", name="apply_patch", call_id="call_2", input="*** Begin Patch\n…")
    r.count(input_tokens=1200, cached_input_tokens=1000, output_tokens=70)
    r.item("custom_tool_call_output", call_id="call_2",
           output=json.dumps({"output": "no such file", "metadata": {"exit_code": 1}}))  # fmt: skip
    r.event("patch_apply_end", call_id="call_2", success=False)
    r.item("web_search_call", action={"type": "search", "query": "baskets"}, status="completed")
    r.item("local_shell_call", call_id="call_3", status="completed",
           action={"type": "exec", "command": ["ls"]})  # fmt: skip
    r.output("call_3", [{"type": "input_text", "text": "basket.py"}])
    r.say("Done.")
    r.count(input_tokens=1500, cached_input_tokens=1200, output_tokens=10)
    r.event("task_complete", turn_id="turn-1", last_agent_message="Done.")
    r.turn("turn-2", model="gpt-5.1-codex-max", effort="high")
    r.user("And the docs")
    r.user("quickly", event=True)  # a word in between
    r.add("compacted", {"message": "summary", "replacement_history": [{"type": "message"}]})
    r.event("context_compacted")
    r.count(input_tokens=900, output_tokens=30)  # the compaction's own answer
    r.call("call_4", "true", name="spawn_agent")
    used = {"input_tokens": 400, "cached_input_tokens": 0, "output_tokens": 8}
    r.add("token_usage_record", {"thread_id": r.thread, "turn_id": "turn-2",
          "response_id": "resp_4", "usage": used})  # fmt: skip
    r.count(input_tokens=400, output_tokens=8)
    r.output("call_4", json.dumps({"agent_id": "019a0000-0000-7000-8000-000000000009"}))
    r.event("turn_aborted", turn_id="turn-2", reason="interrupted")
    r.event("error", message="stream disconnected")
    r.event("thread_name_updated", thread_name="The basket")
    r.event("thread_rolled_back", num_turns=1)
    r.event("entered_review_mode", prompt="…")
    r.event("holographic_event")
    r.item("telepathy")
    r.add("hyperspace", {})
    r.add("world_state", {"a": 1})
    r.turn("turn-3")
    r.user("Go on", event=False)
    r.call("call_open", "sleep 99")
    return r


def fork(parent: CodexRollout, thread: str) -> CodexRollout:
    """A rollout that begins with the parent's, its times made anew."""
    r = CodexRollout(thread, at=5000)
    r.meta(forked_from_id=parent.thread)
    for row in parent.rows:
        r.add(row["type"], row["payload"])
    r.totals = dict(parent.totals)
    r.turn("turn-f1")
    r.user("Another way")
    r.say("Yes.")
    r.count(input_tokens=77, output_tokens=5)
    return r


def oldest() -> bytes:
    """What versions before 0.32 wrote: payloads alone."""
    rows: list[Row] = [
        {"id": THREAD, "timestamp": START.isoformat(), "instructions": "…", "git": {"branch": "x"}},
        {"record_type": "state"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "x"},
        {"type": "function_call", "name": "shell", "arguments": '{"command":["ls"]}',
         "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "a.py"},
        {"type": "message", "role": "assistant",
         "content": [{"type": "output_text", "text": "There is a.py"}]},
    ]  # fmt: skip
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
