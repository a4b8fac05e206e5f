"""Claude Code's transcripts.

One answer of the model is written as several rows, one for each block, that have `message.id` in
common; other rows may stand between them. The last one's usage is that of the answer. Input tokens
do not include the cache there, and do in what is sent.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tracehouse_agent.recorder import claude_rows
from tracehouse_agent.recorder.claude_rows import CHAIN, INTERRUPTED, SILENT, TITLES, WRAPPERS
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

_MOST_MESSAGES = 32
_MOST_CHAINED = 512
_SYNTHETIC = "<synthetic>"


class ClaudeCodeReader(Reader):
    """Reads a session's own transcript, or that of one of its sub-agents (`subagent`: its id)."""

    agent = "claude-code"
    provider = "anthropic"

    def __init__(
        self,
        session: str,
        subagent: str = "",
        is_here: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`is_here`: whether the transcript of another session is, so that what was copied from it
        is recorded there."""
        super().__init__(session)
        self._subagent = subagent
        self._is_here = is_here
        self._copied_from: dict[str, bool] = {}
        self._turn = ""
        self._before_ns = 0
        # By message id: the parts so far, and the rows they came in.
        self._messages: OrderedDict[str, Row] = OrderedDict()
        # Sub-agents within the file, as versions 1.x wrote them: row id → the step they are in.
        self._chained: OrderedDict[str, str] = OrderedDict()
        self._titles: dict[str, str] = {}

    def slim(self, row: Row) -> Row:
        return claude_rows.slim(row)

    def read(self, row: Row) -> None:
        kind = text_of(row.get("type"))
        if kind in TITLES:
            self._title(kind, text_of(row.get(TITLES[kind])))
            return
        if kind not in CHAIN:
            if kind not in SILENT and not kind.startswith("artifact"):
                self._note_unknown(row, kind or "(none)")
            return
        if self._is_copy(row):
            return
        at = nanoseconds(row.get("timestamp")) or self.timeline.last_ns
        if not at:
            return  # nothing can be said of when it was
        self._begin(row, at)
        before = min(self._before_ns or at, at)
        match kind:
            case "user":
                self._user(row, at)
            case "assistant":
                self._assistant(row, before, at)
            case "system":
                self._system(row, at)
            case "attachment":
                self._attachment(row, at)
            case _:
                self._progress(row)
        self._before_ns = at
        self.timeline.last_ns = max(self.timeline.last_ns, at)

    # --- where a row belongs ---------------------------------------------------------------------

    def _is_copy(self, row: Row) -> bool:
        origin = text_of(object_of(row.get("forkedFrom")).get("sessionId"))
        if not origin or origin == self.session:
            return False
        self.facts.setdefault("forked_from", origin)
        if origin not in self._copied_from:
            self._copied_from[origin] = self._is_here(origin)
        return self._copied_from[origin]

    def _begin(self, row: Row, at: int) -> None:
        if self.timeline.get(self.own) is None:
            self.facts.setdefault("cwd", text_of(row.get("cwd")))
            self.facts.setdefault("version", text_of(row.get("version")))
            if self._subagent:
                parent = f"tool/{self._started_by}" if self._started_by else ROOT
                self._begin_agent(self.own, parent, self._subagent, at)
            else:
                root = self.begin_root(at, self._place(row))
                root.name = self._best_title() or root.name
                if origin := self.facts.get("forked_from"):
                    root.attributes[names.TRACEHOUSE_FORKED_FROM] = origin

    def _begin_agent(self, key: str, parent: str, name: str, at: int) -> Step:
        return self.timeline.begin(
            key,
            parent,
            f"agent {name}",
            at,
            {
                names.GEN_AI_OPERATION_NAME: "invoke_agent",
                names.GEN_AI_AGENT_NAME: "subagent",
                names.GEN_AI_AGENT_ID: name,
                names.TRACEHOUSE_SOURCE: "transcript",
            },
        )

    def _place(self, row: Row) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, attribute in (
            ("cwd", names.PROCESS_WORKING_DIRECTORY),
            ("gitBranch", names.VCS_REF_HEAD_NAME),
            ("version", names.SERVICE_VERSION),
        ):
            if value := text_of(row.get(name)):
                found[attribute] = value
        return found

    def _lane(self, row: Row, at: int) -> str:
        """The step that a row's own steps are children of."""
        if self._subagent:
            return self.own
        if row.get("isSidechain") is True:
            return self._sidechain(row, at)
        if not self._turn:
            self._turn = f"turn/{text_of(row.get('uuid')) or at}"
            self.begin_turn(self._turn, "(goes on)", at, self._place(row))
        return self._turn

    def _sidechain(self, row: Row, at: int) -> str:
        uuid = text_of(row.get("uuid"))
        lane = self._chained.get(text_of(row.get("parentUuid")))
        if lane is None:
            lane = f"agent/{uuid}"
            call = self._call_with_prompt(_text(object_of(row.get("message")).get("content")))
            self._begin_agent(lane, call or self._turn or ROOT, uuid[:8], at)
        self._chained[uuid] = lane
        while len(self._chained) > _MOST_CHAINED:
            self._chained.popitem(last=False)
        return lane

    def _call_with_prompt(self, prompt: str) -> str:
        """The open tool call that asked a sub-agent this."""
        wanted = f'"prompt":{as_json(prompt)}'
        for message in reversed(self._messages.values()):
            for call in reversed(message["calls"]):
                step = self.timeline.get(f"tool/{call}")
                if step is not None and wanted in str(
                    step.attributes[names.GEN_AI_TOOL_CALL_ARGUMENTS]
                ):
                    return step.key
        return ""

    # --- what users say and tools answer ---------------------------------------------------------

    def _user(self, row: Row, at: int) -> None:
        content = object_of(row.get("message")).get("content")
        results = [
            block for block in list_of(content) if object_of(block).get("type") == "tool_result"
        ]
        for block in results:
            self._tool_result(block, row, at)
        text = _text(content)
        uuid = text_of(row.get("uuid")) or str(at)
        if text.startswith(INTERRUPTED):
            self._interrupt(at)
        elif row.get("isCompactSummary") is True:
            self.add_event(f"summary/{uuid}", self._lane(row, at), "compaction summary", at, text)
        elif results or row.get("isMeta") is True or not text or text.startswith(WRAPPERS):
            return
        elif self._subagent or row.get("isSidechain") is True:
            self.add_prompt(f"prompt/{uuid}", self._lane(row, at), text, at)
        else:
            self._prompt(uuid, text, row, at)

    def _prompt(self, uuid: str, text: str, row: Row, at: int) -> None:
        self._end_turn()
        self._turn = f"turn/{uuid}"
        place = self._place(row)
        if mode := text_of(row.get("permissionMode")):
            place["claude_code.permission_mode"] = mode
        self.begin_turn(self._turn, text, at, place)
        self.add_prompt(f"prompt/{uuid}", self._turn, text, at)
        root = self.timeline.get(ROOT)
        if root is not None and "prompt" not in self._titles:
            self._title("prompt", title(text))

    def _end_turn(self) -> None:
        if self._turn:
            self.timeline.end(self._turn, self.timeline.last_ns)
            self._turn = ""

    def _interrupt(self, at: int) -> None:
        turn = self.timeline.get(self._turn) if self._turn else None
        if turn is not None:
            turn.attributes[names.TRACEHOUSE_INTERRUPTED] = True
            turn.end(at)
            self.timeline.changed(turn)

    def _tool_result(self, block: Row, row: Row, at: int) -> None:
        call = text_of(block.get("tool_use_id"))
        outcome = object_of(row.get("toolUseResult"))
        text = _text(block.get("content"))
        if agent := text_of(outcome.get("agentId")):
            self.links[agent] = call
        step = self.timeline.get(f"tool/{call}")
        if step is None:
            lane = self._lane(row, at)
            self.timeline.add(
                f"result/{call}", lane, "tool_result", at,
                {
                    names.TRACEHOUSE_SPAN_KIND: SpanKind.tool_result.value,
                    names.GEN_AI_TOOL_CALL_ID: call,
                    names.GEN_AI_TOOL_CALL_RESULT: shorten(text),
                },
            )  # fmt: skip
            return
        step.attributes[names.GEN_AI_TOOL_CALL_RESULT] = shorten(text)
        if block.get("is_error") is True:
            step.failure = title(text) or "the tool failed"
        if outcome.get("interrupted") is True or text.startswith(INTERRUPTED):
            step.attributes[names.TRACEHOUSE_INTERRUPTED] = True
        if denied := text_of(row.get("toolDenialKind")):
            step.attributes["claude_code.tool.denied"] = denied
        self.timeline.end(step.key, at)

    # --- what the model says ---------------------------------------------------------------------

    def _assistant(self, row: Row, before: int, at: int) -> None:
        message = object_of(row.get("message"))
        uuid = text_of(row.get("uuid")) or str(at)
        lane = self._lane(row, at)
        if message.get("model") == _SYNTHETIC or row.get("isApiErrorMessage") is True:
            text = _text(message.get("content"))
            failed = row.get("isApiErrorMessage") is True
            self.add_event(f"event/{uuid}", lane, "agent message", at, text, failed=failed)
            return
        for replaced in list_of(row.get("supersedesUuids")):
            self._supersede(text_of(replaced))
        identity = text_of(message.get("id")) or uuid
        known = self._message(identity)
        if uuid in known["rows"]:
            return
        known["rows"].append(uuid)
        key = f"model/{identity}"
        step = self.timeline.begin(key, lane, "chat", before)
        self._describe(step, row, message)
        for block in list_of(message.get("content")):
            self._block(object_of(block), known, key, lane, before, at)
        if known["parts"]:
            step.attributes[names.GEN_AI_OUTPUT_MESSAGES] = messages("assistant", known["parts"])
        step.end(at)
        self.timeline.changed(step)

    def _message(self, identity: str) -> Row:
        known = self._messages.get(identity)
        if known is None:
            known = self._messages[identity] = {"rows": [], "parts": [], "calls": [], "thoughts": 0}
            while len(self._messages) > _MOST_MESSAGES:
                old, _ = self._messages.popitem(last=False)
                self.timeline.forget(f"model/{old}")
        return known

    def _describe(self, step: Step, row: Row, message: Row) -> None:
        model = text_of(message.get("model"))
        usage = object_of(message.get("usage"))
        read = count_of(usage.get("cache_read_input_tokens"))
        written = count_of(usage.get("cache_creation_input_tokens"))
        details = object_of(usage.get("output_tokens_details"))
        lasting = object_of(usage.get("cache_creation"))
        found: dict[str, Value] = {
            names.TRACEHOUSE_SPAN_KIND: SpanKind.assistant_msg.value,
            names.GEN_AI_OPERATION_NAME: "chat",
            names.GEN_AI_PROVIDER_NAME: self.provider,
            names.GEN_AI_RESPONSE_ID: text_of(row.get("requestId")) or text_of(message.get("id")),
        }
        if model:
            step.name = f"chat {model}"
            found[names.GEN_AI_REQUEST_MODEL] = found[names.GEN_AI_RESPONSE_MODEL] = model
            self._model_of_session(model)
        if reason := text_of(message.get("stop_reason")):
            found[names.GEN_AI_RESPONSE_FINISH_REASONS] = [reason]
        if usage:
            found[names.GEN_AI_USAGE_INPUT_TOKENS] = (
                count_of(usage.get("input_tokens")) + read + written
            )
            found[names.GEN_AI_USAGE_OUTPUT_TOKENS] = count_of(usage.get("output_tokens"))
            found[names.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS] = read
            found[names.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS] = written
        if thinking := count_of(details.get("thinking_tokens")):
            found[names.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS] = thinking
        if hour := count_of(lasting.get("ephemeral_1h_input_tokens")):
            found[names.TRACEHOUSE_CACHE_WRITE_LONG] = hour
        if (speed := text_of(usage.get("speed"))) and speed != "standard":
            found[names.TRACEHOUSE_SPEED] = speed
        effort = row.get("effort")
        if effort := text_of(object_of(effort).get("level")) or text_of(effort):
            found[names.TRACEHOUSE_EFFORT] = effort
        step.attributes |= {name: value for name, value in found.items() if value != ""}

    def _model_of_session(self, model: str) -> None:
        own = self.timeline.get(self.own)
        if own is not None and own.attributes.get(names.GEN_AI_REQUEST_MODEL) != model:
            own.attributes[names.GEN_AI_REQUEST_MODEL] = model
            self.timeline.changed(own)

    def _block(self, block: Row, known: Row, key: str, lane: str, before: int, at: int) -> None:
        match block.get("type"):
            case "text":
                if text := text_of(block.get("text")):
                    known["parts"].append(text_part(text))
            case "thinking" | "redacted_thinking":
                text = text_of(block.get("thinking"))
                thought = f"thought/{key}/{known['thoughts']}"
                known["thoughts"] += 1
                self.add_thought(thought, key, text, before, at)
            case "tool_use" | "server_tool_use" | "mcp_tool_use":
                call, name = text_of(block.get("id")), text_of(block.get("name"))
                if call in known["calls"]:
                    return
                known["calls"].append(call)
                known["parts"].append({"type": "tool_call", "id": call, "name": name})
                self.begin_tool(f"tool/{call}", lane, name, call, block.get("input"), at)
            case _ if call := text_of(block.get("tool_use_id")):
                step = self.timeline.get(f"tool/{call}")
                if step is not None:
                    step.attributes[names.GEN_AI_TOOL_CALL_RESULT] = as_json(block.get("content"))
                    self.timeline.end(step.key, at)
            case _:
                pass

    def _supersede(self, uuid: str) -> None:
        for identity, known in self._messages.items():
            step = self.timeline.get(f"model/{identity}")
            if uuid in known["rows"] and step is not None:
                step.attributes[names.TRACEHOUSE_SUPERSEDED] = True
                self.timeline.changed(step)

    # --- what else happens -----------------------------------------------------------------------

    def _system(self, row: Row, at: int) -> None:
        subtype = text_of(row.get("subtype"))
        uuid = text_of(row.get("uuid")) or str(at)
        match subtype:
            case "turn_duration":
                turn = self.timeline.get(self._turn) if self._turn else None
                if turn is not None:
                    turn.end(at)
                    self.timeline.changed(turn)
            case "compact_boundary":
                about = object_of(row.get("compactMetadata"))
                self.add_event(
                    f"event/{uuid}", self._lane(row, at), "compaction", at, "",
                    attributes={
                        name: value for name, value in about.items()
                        if isinstance(value, (str, int, bool))
                    },
                )  # fmt: skip
            case "api_error" | "error" | "api_refusal" | "model_refusal_fallback":
                said = row.get("error") or row.get("content") or subtype
                text = said if isinstance(said, str) else as_json(said)
                lane = self._lane(row, at)
                self.add_event(f"event/{uuid}", lane, subtype, at, text, failed=True)
            case _ if subtype not in claude_rows.SILENT_SYSTEM:
                self._note_unknown(row, f"system/{subtype}")
            case _:
                pass

    def _attachment(self, row: Row, at: int) -> None:
        attachment = object_of(row.get("attachment"))
        kind = text_of(attachment.get("type"))
        uuid = text_of(row.get("uuid")) or str(at)
        if kind == "queued_command":
            if text := _text(attachment.get("prompt")):
                self.add_prompt(f"prompt/{uuid}", self._lane(row, at), text, at)
        elif kind in claude_rows.SHOWN_ATTACHMENTS:
            rest = {name: value for name, value in attachment.items() if name != "type"}
            failed = kind.endswith("_error")
            self.add_event(
                f"event/{uuid}", self._lane(row, at), kind, at, as_json(rest), failed=failed
            )

    def _progress(self, row: Row) -> None:
        agent = text_of(object_of(row.get("data")).get("agentId"))
        call = text_of(row.get("parentToolUseID"))
        if agent and call:
            self.links[agent] = call

    def _title(self, kind: str, text: str) -> None:
        if not text:
            return
        self._titles[kind] = title(text)
        root = self.timeline.get(ROOT)
        if root is not None and root.name != self._best_title():
            root.name = self._best_title()
            self.timeline.changed(root)

    def _best_title(self) -> str:
        kinds = ("custom-title", "ai-title", "summary", "prompt")
        return next((self._titles[kind] for kind in kinds if kind in self._titles), "")

    def _note_unknown(self, row: Row, kind: str) -> None:
        self.unknown[f"{text_of(row.get('version')) or 'unknown'} {kind}"] += 1

    # --- going on later --------------------------------------------------------------------------

    def to_json(self) -> Row:
        return super().to_json() | {
            "turn": self._turn,
            "before_ns": self._before_ns,
            "messages": list(self._messages.items()),
            "chained": list(self._chained.items()),
            "titles": self._titles,
            "started_by": self._started_by,
            "copied_from": self._copied_from,
        }

    def load(self, state: Row) -> None:
        super().load(state)
        self._turn = state["turn"]
        self._before_ns = state["before_ns"]
        self._messages = OrderedDict((key, value) for key, value in state["messages"])
        self._chained = OrderedDict((key, value) for key, value in state["chained"])
        self._titles = state["titles"]
        self._started_by = state["started_by"]
        self._copied_from = state["copied_from"]


def _text(content: Any) -> str:
    """The text of a message or result: as it stands, or that of its blocks."""
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for block in list_of(content):
        match block:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "image" | "document" as kind}:
                texts.append(f"[{kind}]")
            case _:
                pass
    return "\n".join(texts)
