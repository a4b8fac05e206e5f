"""Codex's rollouts.

An answer of the model has no row of its own: it is the items up to the count of tokens behind them.
The counts are totals of the session, repeated now and then: what an answer used is the difference.
A fork's rollout begins with a copy of its parent's, times made anew; what is copied is recorded
with the parent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tracehouse_agent.recorder import codex_rows
from tracehouse_agent.recorder.codex_rows import INJECTED, SILENT, SILENT_EVENTS
from tracehouse_agent.recorder.reader import (
    Reader,
    Row,
    as_json,
    count_of,
    list_of,
    messages,
    object_of,
    shorten,
    text_of,
    text_part,
    title,
)
from tracehouse_agent.recorder.step import ROOT, Step, Value
from tracehouse_agent.recorder.times import nanoseconds
from tracehouse_semconv import attributes as names
from tracehouse_semconv.attributes import SpanKind

_EXIT_CODE = re.compile(r"(?:Exit code: |exited with code )(-?\d+)")
_THREADS = ("new_thread_id", "agent_thread_id", "receiver_thread_id", "agent_id", "thread_id")
_COUNTS = {
    "input_tokens": names.GEN_AI_USAGE_INPUT_TOKENS,
    "output_tokens": names.GEN_AI_USAGE_OUTPUT_TOKENS,
    "cached_input_tokens": names.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    "cache_write_input_tokens": names.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    "reasoning_output_tokens": names.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
}
Turns = Callable[[str], frozenset[str] | None]


class CodexReader(Reader):
    """Reads one thread's rollout. `turns_of` gives the ids of a thread's turns, None where its
    rollout is not here: then what was copied from it is recorded with the copy."""

    agent = "codex"
    provider = "openai"

    def __init__(self, thread: str, turns_of: Turns = lambda _: None) -> None:
        super().__init__(thread)
        self._turns_of = turns_of
        self._thread = thread
        self._named = False
        # What of the parent's history is not read: its turns, or rows before an ordinal.
        self._copied_turns: list[str] | None = None
        self._from_ordinal = 0
        self._turn = ""
        self._turn_id = ""
        self._turns = 0
        self._prompted = False
        self._running = False
        self._last_prompt = ""
        self._before_ns = 0
        self._model = ""
        self._effort = ""
        self._call = ""
        self._calls = 0
        self._parts: list[Row] = []
        self._thoughts = 0
        self._answered = False
        self._counted = ""  # by what its tokens were counted: a `record` or a `count`
        self._totals: dict[str, int] = {}
        self._nameless = 0

    def slim(self, row: Row) -> Row:
        return codex_rows.slim(row)

    def read(self, row: Row) -> None:
        kind, payload = text_of(row.get("type")), object_of(row.get("payload"))
        at = nanoseconds(row.get("timestamp")) or self.timeline.last_ns
        if kind == "session_meta":
            self._session(payload, nanoseconds(payload.get("timestamp")) or at)
            return
        if self._is_copy(kind, payload, row):
            return
        if not at:
            return
        self._begin(at)
        match kind:
            case "turn_context":
                self._context(payload, at)
            case "response_item":
                self._item(payload, min(self._before_ns or at, at), at)
            case "event_msg":
                self._event(payload, at)
            case "token_usage_record":
                self._usage_record(payload, at)
            case "compacted":
                self.add_event(f"event/{at}", self._lane(at), "compaction", at, "")
            case _ if kind not in SILENT:
                self._note_unknown(kind or "(none)")
            case _:
                pass
        self._before_ns = at
        self.timeline.last_ns = max(self.timeline.last_ns, at)

    # --- whose rows they are ---------------------------------------------------------------------

    def _session(self, meta: Row, at: int) -> None:
        identity = text_of(meta.get("id"))
        if self._named:  # a copy of the parent's: what follows is its history
            if identity != self._thread and not self._turns:
                self._skip_turns_of(identity)
            return
        self._named = True
        self._thread = self.session = identity or self._thread
        self.facts["cwd"] = text_of(meta.get("cwd"))
        self.facts["version"] = text_of(meta.get("cli_version"))
        self.facts["branch"] = text_of(object_of(meta.get("git")).get("branch"))
        self.facts["originator"] = text_of(meta.get("originator"))
        parent = text_of(meta.get("parent_thread_id"))
        if parent and parent != self._thread:
            self._subagent = self._thread
            self.session = text_of(meta.get("session_id")) or parent
            self.facts["nickname"] = text_of(meta.get("agent_nickname")) or text_of(
                meta.get("agent_role")
            )
        origin = text_of(meta.get("forked_from_id"))
        if origin:
            self.facts["forked_from"] = origin
        self._from_ordinal = count_of(meta.get("subagent_history_start_ordinal"))
        if origin and not self._from_ordinal and not meta.get("history_base"):
            self._skip_turns_of(origin)
        if at:
            self.timeline.last_ns = max(self.timeline.last_ns, at)
            self._before_ns = at

    def _skip_turns_of(self, thread: str) -> None:
        turns = self._turns_of(thread)
        self._copied_turns = None if turns is None else sorted(turns)

    def _is_copy(self, kind: str, payload: Row, row: Row) -> bool:
        ordinal = row.get("ordinal")
        if self._from_ordinal and isinstance(ordinal, int) and ordinal < self._from_ordinal:
            return True
        if self._copied_turns is None:
            return False
        turn = text_of(payload.get("turn_id"))
        if turn and turn not in self._copied_turns:
            self._copied_turns = None  # the first turn of its own
            return False
        if kind == "event_msg" and payload.get("type") == "token_count":
            # Totals go on from the parent's.
            totals = object_of(object_of(payload.get("info")).get("total_token_usage"))
            self._totals = {name: count_of(totals.get(name)) for name in _COUNTS}
        return True

    def _begin(self, at: int) -> None:
        if self.timeline.get(self.own) is not None:
            return
        place: dict[str, Value] = {}
        for name, attribute in (
            ("cwd", names.PROCESS_WORKING_DIRECTORY),
            ("branch", names.VCS_REF_HEAD_NAME),
            ("version", names.SERVICE_VERSION),
            ("forked_from", names.TRACEHOUSE_FORKED_FROM),
            ("originator", "codex.originator"),
        ):
            if value := self.facts.get(name):
                place[attribute] = value
        if not self._subagent:
            self.begin_root(at, place)
            return
        self.timeline.begin(
            self.own,
            f"tool/{self._started_by}" if self._started_by else ROOT,
            f"agent {self.facts.get('nickname') or self._subagent}",
            at,
            {
                names.GEN_AI_OPERATION_NAME: "invoke_agent",
                names.GEN_AI_AGENT_NAME: self.facts.get("nickname") or "subagent",
                names.GEN_AI_AGENT_ID: self._subagent,
                names.TRACEHOUSE_SOURCE: "transcript",
                **place,
            },
        )

    # --- turns -----------------------------------------------------------------------------------

    def _lane(self, at: int) -> str:
        if not self._turn:
            self._begin_turn("", "(goes on)", at)
        return self._turn

    def _begin_turn(self, turn_id: str, name: str, at: int) -> None:
        self._end_turn()
        self._turns += 1
        self._turn_id = turn_id
        # A thread's turns and those of its sub-agents are in one trace.
        self._turn = f"turn/{self._thread}/{turn_id or self._turns}"
        self._prompted = self._running = False
        step = self.begin_turn(self._turn, name, at, {})
        step.parent = self.own
        if self._effort:
            step.attributes[names.TRACEHOUSE_EFFORT] = self._effort

    def _end_turn(self) -> None:
        self._end_call()
        if self._turn:
            self.timeline.end(self._turn, self.timeline.last_ns)
            self._turn = ""

    def _context(self, context: Row, at: int) -> None:
        self._model = text_of(context.get("model")) or self._model
        self._effort = text_of(context.get("effort")) or self._effort
        turn_id = text_of(context.get("turn_id"))
        if turn_id and turn_id != self._turn_id:
            self._begin_turn(turn_id, "turn", at)
            self._running = True
        own = self.timeline.get(self.own)
        if own is not None and self._model:
            own.attributes[names.GEN_AI_REQUEST_MODEL] = self._model
            self.timeline.changed(own)
        turn = self.timeline.get(self._turn) if self._turn else None
        if turn is not None and self._effort:
            turn.attributes[names.TRACEHOUSE_EFFORT] = self._effort
            self.timeline.changed(turn)

    def _prompt(self, text: str, at: int) -> None:
        if text == self._last_prompt:  # each is written as an item and as an event
            self._last_prompt = ""
            return
        self._last_prompt = text
        if not self._turn or (self._prompted and not self._running):
            self._begin_turn("", text, at)
        turn = self.timeline.get(self._turn)
        if turn is not None and not self._prompted:
            turn.name = title(text) or turn.name
            self.timeline.changed(turn)
        self._prompted = True
        self._nameless += 1
        self.add_prompt(f"prompt/{self._thread}/{self._nameless}", self._turn, text, at)
        root = self.timeline.get(ROOT)
        if root is not None and root.name == self.agent:
            root.name = title(text) or root.name
            self.timeline.changed(root)

    # --- items -----------------------------------------------------------------------------------

    def _item(self, item: Row, before: int, at: int) -> None:
        kind = text_of(item.get("type"))
        match kind:
            case "message":
                self._message(item, before, at)
            case "reasoning":
                call = self._open_call(before, at)
                text = _text(item.get("summary")) or _text(item.get("content"))
                self.add_thought(f"thought/{call.key}/{self._thoughts}", call.key, text, before, at)
                self._thoughts += 1
            case "function_call" | "custom_tool_call" | "local_shell_call" | "tool_search_call":
                self._tool(item, kind, before, at)
            case "web_search_call" | "image_generation_call":
                self._tool(item, kind, before, at)
                if not item.get("call_id"):
                    self.timeline.end(f"tool/{self._thread}/{self._nameless}", at)
            case "function_call_output" | "custom_tool_call_output" | "tool_search_output":
                self._output(item, at)
            case _ if kind not in codex_rows.SILENT_ITEMS:
                self._note_unknown(f"response_item/{kind}")
            case _:
                pass

    def _message(self, item: Row, before: int, at: int) -> None:
        text = _text(item.get("content"))
        role = item.get("role")
        if role == "user":
            if text and not text.startswith(INJECTED):
                self._prompt(text, at)
        elif role == "assistant":
            self._say(text_part(text), before, at)

    def _say(self, part: Row, before: int, at: int) -> Step:
        step = self._open_call(before, at)
        self._parts.append(part)
        step.attributes[names.GEN_AI_OUTPUT_MESSAGES] = messages("assistant", self._parts)
        self.timeline.changed(step)
        return step

    def _open_call(self, before: int, at: int) -> Step:
        """The answer that an item is part of: a new one after counted tokens or a tool's output."""
        lane = self._lane(at)
        if self._call and (self._answered or self._counted):
            self._end_call()
        if not self._call:
            self._calls += 1
            self._call = f"model/{self._thread}/{self._turn_id or self._turns}/{self._calls}"
            self._parts, self._thoughts = [], 0
            self._answered, self._counted = False, ""
        name = f"chat {self._model}" if self._model else "chat"
        step = self.timeline.begin(self._call, lane, name, before)
        found: dict[str, Value] = {
            names.TRACEHOUSE_SPAN_KIND: SpanKind.assistant_msg.value,
            names.GEN_AI_OPERATION_NAME: "chat",
            names.GEN_AI_PROVIDER_NAME: self.provider,
            names.GEN_AI_REQUEST_MODEL: self._model,
            names.TRACEHOUSE_EFFORT: self._effort,
        }
        step.attributes |= {key: value for key, value in found.items() if value}
        step.end(at)
        self.timeline.changed(step)
        return step

    def _end_call(self) -> None:
        if self._call:
            self.timeline.forget(self._call)
            self._call = ""

    def _tool(self, item: Row, kind: str, before: int, at: int) -> None:
        call_id = text_of(item.get("call_id")) or text_of(item.get("id"))
        if not item.get("call_id"):
            self._nameless += 1
        key = call_id if item.get("call_id") else f"{self._thread}/{self._nameless}"
        name = text_of(item.get("name")) or kind.removesuffix("_call")
        arguments: Any = item.get("arguments", item.get("input", item.get("action")))
        self._say({"type": "tool_call", "id": call_id, "name": name}, before, at)
        self.begin_tool(f"tool/{key}", self._turn, name, call_id, arguments, at)

    def _output(self, item: Row, at: int) -> None:
        call_id = text_of(item.get("call_id"))
        self._answered = True
        content = item.get("output")
        text, failed = _result(content)
        for name in _THREADS:
            if thread := text_of(object_of(content).get(name)):
                self.links[thread] = call_id
                break
        step = self.timeline.get(f"tool/{call_id}")
        if step is None:
            self.timeline.add(
                f"result/{call_id}", self._lane(at), "tool_result", at,
                {
                    names.TRACEHOUSE_SPAN_KIND: SpanKind.tool_result.value,
                    names.GEN_AI_TOOL_CALL_ID: call_id,
                    names.GEN_AI_TOOL_CALL_RESULT: shorten(text),
                },
            )  # fmt: skip
            return
        step.attributes[names.GEN_AI_TOOL_CALL_RESULT] = shorten(text)
        if failed:
            step.failure = failed
        self.timeline.end(step.key, at)

    # --- events ----------------------------------------------------------------------------------

    def _event(self, event: Row, at: int) -> None:
        kind = text_of(event.get("type"))
        match kind:
            case "user_message":
                self._prompt(text_of(event.get("message")), at)
            case "token_count":
                self._count(object_of(event.get("info")), at)
            case "task_started" | "turn_started":
                turn_id = text_of(event.get("turn_id"))
                if not turn_id or turn_id != self._turn_id:
                    self._begin_turn(turn_id, "turn", at)
                self._running = True
            case "task_complete" | "turn_complete" | "turn_aborted":
                self._finish_turn(at, text_of(event.get("reason")) if "aborted" in kind else "")
            case "error":
                text = text_of(event.get("message"))
                self.add_event(f"event/{at}", self._lane(at), "error", at, text, failed=True)
            case "thread_name_updated":
                root = self.timeline.get(ROOT)
                name = title(text_of(event.get("thread_name")) or text_of(event.get("name")))
                if root is not None and name:
                    root.name = name
                    self.timeline.changed(root)
            case "context_compacted":
                pass  # told of by a row of its own
            case "thread_rolled_back" | "entered_review_mode" | "exited_review_mode":
                self.add_event(f"event/{kind}/{at}", self._lane(at), kind, at, "")
            case _ if kind.startswith(("collab_", "sub_agent_")):
                self._started_agent(event)
            case _ if kind not in SILENT_EVENTS:
                self._note_unknown(f"event_msg/{kind}")
            case _:
                pass

    def _started_agent(self, event: Row) -> None:
        call = text_of(event.get("call_id"))
        thread = next((text_of(event[name]) for name in _THREADS if event.get(name)), "")
        if call and thread:
            self.links[thread] = call

    def _finish_turn(self, at: int, why_aborted: str) -> None:
        self._running = False
        self._end_call()
        turn = self.timeline.get(self._turn) if self._turn else None
        if turn is None:
            return
        if why_aborted:
            turn.attributes[names.TRACEHOUSE_INTERRUPTED] = True
            turn.attributes["codex.abort_reason"] = why_aborted
        turn.end(at)
        self.timeline.changed(turn)

    def _count(self, info: Row, at: int) -> None:
        total = object_of(info.get("total_token_usage"))
        if not total:
            return
        totals = {name: count_of(total.get(name)) for name in _COUNTS}
        before, self._totals = self._totals, totals
        if totals == before:
            return
        if before and all(totals[name] >= before[name] for name in _COUNTS):
            used = {name: totals[name] - before[name] for name in _COUNTS}
        else:
            last = object_of(info.get("last_token_usage")) or total
            used = {name: count_of(last.get(name)) for name in _COUNTS}
        if self._counted == "record":  # which said the same
            self._counted = "count"
            return
        self._use(used, at)
        self._counted = "count"

    def _usage_record(self, record: Row, at: int) -> None:
        usage = object_of(record.get("usage"))
        used = {name: count_of(usage.get(name)) for name in _COUNTS}
        step = self.timeline.get(self._call) if self._call else None
        if step is None or self._counted != "count" or not _has_used(step, used):
            step = self._use(used, at)
            self._counted = "record"
        if response := text_of(record.get("response_id")):
            step.attributes[names.GEN_AI_RESPONSE_ID] = response

    def _use(self, used: dict[str, int], at: int) -> Step:
        step = self.timeline.get(self._call) if self._call and not self._counted else None
        if step is None:  # an answer without an item, as a compaction is
            step = self._open_call(self._before_ns or at, at)
        step.attributes |= {_COUNTS[name]: count for name, count in used.items()}
        self.timeline.changed(step)
        return step

    def _note_unknown(self, kind: str) -> None:
        self.unknown[f"{self.facts.get('version') or 'unknown'} {kind}"] += 1

    # --- going on later --------------------------------------------------------------------------

    _KEPT = (
        "session", "_started_by", "_thread", "_named", "_subagent", "_copied_turns",
        "_from_ordinal", "_turn", "_turn_id", "_turns", "_prompted", "_running", "_last_prompt",
        "_before_ns", "_model", "_effort", "_call", "_calls", "_parts", "_thoughts", "_answered",
        "_counted", "_totals", "_nameless",
    )  # fmt: skip

    def to_json(self) -> Row:
        return super().to_json() | {name: getattr(self, name) for name in self._KEPT}

    def load(self, state: Row) -> None:
        super().load(state)
        for name in self._KEPT:
            setattr(self, name, state[name])


def _has_used(step: Step, used: dict[str, int]) -> bool:
    return all(step.attributes.get(_COUNTS[name]) == count for name, count in used.items())


def turn_id_of(row: Row) -> str:
    """The id of the turn that a row speaks of."""
    return text_of(object_of(row.get("payload")).get("turn_id"))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for part in list_of(content):
        kind = text_of(object_of(part).get("type"))
        text = text_of(object_of(part).get("text"))
        if text:
            texts.append(text)
        elif "image" in kind:
            texts.append("[image]")
    return "\n".join(texts)


def _result(content: Any) -> tuple[str, str]:
    """A tool's result as text, and what went wrong ('' where nothing did)."""
    if isinstance(content, dict) and isinstance(content.get("output"), str):
        code = object_of(content.get("metadata")).get("exit_code")
        text = content["output"]
        if isinstance(code, int) and code:
            return text, f"exit code {code}"
        return text, ""
    if isinstance(content, dict) and "content" in content:
        failed = content.get("success") is False
        return _text(content["content"]) or as_json(content), "the tool failed" if failed else ""
    text = _text(content) if isinstance(content, (str, list)) else as_json(content)
    found = _EXIT_CODE.search(text[:400])
    return text, f"exit code {found[1]}" if found and found[1] != "0" else ""
