"""What is read of Codex's rows, and which rows are known to say nothing of interest.

A row is `{timestamp, type, payload}`; the oldest versions wrote the payloads alone.
"""

from __future__ import annotations

import json
from typing import Any

from tracehouse_agent.recorder.reader import Row, list_of, object_of, text_of

ITEMS = frozenset((
    "message", "reasoning", "function_call", "function_call_output", "custom_tool_call",
    "custom_tool_call_output", "local_shell_call", "web_search_call", "tool_search_call",
    "tool_search_output", "image_generation_call",
))  # fmt: skip
SILENT_ITEMS = frozenset((
    "agent_message", "additional_tools", "ghost_snapshot", "compaction", "compaction_summary",
    "context_compaction", "compaction_trigger", "other",
))  # fmt: skip
SILENT = frozenset((
    "world_state", "inter_agent_communication", "inter_agent_communication_metadata",
    "retained_context", "security_risk_score", "realtime_item", "state",
))  # fmt: skip
SILENT_EVENTS = frozenset((
    "agent_message", "agent_reasoning", "agent_reasoning_raw_content",
    "agent_reasoning_section_break", "patch_apply_begin", "patch_apply_end", "mcp_tool_call_begin",
    "mcp_tool_call_end", "web_search_begin", "web_search_end", "image_generation_begin",
    "image_generation_end", "thread_goal_updated", "guardrail_assessment", "guardian_assessment",
    "item_started", "item_completed", "exec_command_begin", "exec_command_end", "plan_update",
    "background_event", "turn_diff", "view_image_tool_call", "warning", "deprecation_notice",
    "undo_started", "undo_completed", "stream_error", "thread_settings_applied",
))  # fmt: skip
INJECTED = (
    "<environment_context>", "<user_instructions>", "<turn_aborted>", "<skill>", "<permissions",
    "<collaboration_mode>", "<subagent_notification>", "# AGENTS.md instructions", "<INSTRUCTIONS>",
    "<user_shell_command>", "<recommended_plugins>", "<app-context>",
)  # fmt: skip

_META = (
    "id", "session_id", "forked_from_id", "parent_thread_id", "cwd", "originator", "cli_version",
    "thread_source", "agent_nickname", "agent_role", "history_base", "timestamp",
    "subagent_history_start_ordinal", "git", "source",
)  # fmt: skip
_TURN = ("cwd", "approval_policy", "model", "effort", "turn_id")
_EVENT = (
    "type", "turn_id", "info", "call_id", "reason", "num_turns", "thread_name", "name", "success",
    "new_thread_id", "agent_thread_id", "receiver_thread_id", "thread_id", "message",
)  # fmt: skip
_RECORD = ("thread_id", "turn_id", "response_id", "usage")
_ITEM = (
    "type", "id", "role", "name", "namespace", "arguments", "input", "call_id", "action", "status",
    "phase", "execution", "tools",
)  # fmt: skip


def slim(row: Row) -> Row:
    """A row without what is not read: encrypted thoughts, instructions, images, histories."""
    if "payload" not in row:
        return _bare(row)
    kept = {name: row[name] for name in ("timestamp", "ordinal", "type") if name in row}
    payload = object_of(row["payload"])
    match row.get("type"):
        case "session_meta":
            fields = _META
        case "turn_context":
            fields = _TURN
        case "event_msg":
            fields = _EVENT
        case "token_usage_record":
            fields = _RECORD
        case "response_item":
            kept["payload"] = _item(payload)
            return kept
        case _:
            fields = ()
    kept["payload"] = {name: payload[name] for name in fields if name in payload}
    return kept


def _bare(row: Row) -> Row:
    """A row of the oldest versions, as one of today's."""
    if "record_type" in row:
        return {"type": "state", "payload": {}}
    if text_of(row.get("type")) in ITEMS:
        return {"type": "response_item", "timestamp": row.get("timestamp"), "payload": _item(row)}
    if "id" in row and "type" not in row:
        payload = {name: row[name] for name in ("id", "timestamp", "git") if name in row}
        return {"type": "session_meta", "timestamp": row.get("timestamp"), "payload": payload}
    return {"type": text_of(row.get("type")), "payload": {}}


def _item(item: Row) -> Row:
    kept = {name: item[name] for name in _ITEM if name in item}
    if "content" in item:
        kept["content"] = _parts(item["content"])
    if "summary" in item:
        kept["summary"] = _parts(item["summary"])
    if "output" in item:
        output = _decoded(item["output"])
        kept["output"] = _parts(output) if isinstance(output, list) else output
    if item.get("type") == "function_call" and "arguments" in item:
        kept["arguments"] = _decoded(item["arguments"])
    return kept


def _decoded(value: Any) -> Any:
    """The value of a text that is JSON: secrets are looked for in values, not between escapes."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _parts(parts: Any) -> Any:
    if isinstance(parts, str):
        return parts
    return [
        {"type": part.get("type"), "text": part.get("text", "")}
        for part in list_of(parts)
        if isinstance(part, dict)
    ]
