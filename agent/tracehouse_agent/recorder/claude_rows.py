"""What is read of Claude Code's rows, and which rows are known to say nothing of interest.

The format is Claude Code's own and changes with its versions: nothing unknown is an error, and
nothing is read that is not named here.
"""

from __future__ import annotations

from typing import Any

from tracehouse_agent.recorder.reader import Row, list_of, object_of, text_of

CHAIN = frozenset(("user", "assistant", "system", "attachment", "progress"))
SILENT = frozenset((
    "queue-operation", "file-history-snapshot", "file-history-delta", "tag", "last-prompt", "mode",
    "permission-mode", "pr-link", "frame-link", "worktree-state", "relocated", "bridge-session",
    "content-replacement", "cost-state", "continued-in", "atis-latch", "agent-name",
    "agent-setting", "started", "result",
))  # fmt: skip
SILENT_SYSTEM = frozenset((
    "stop_hook_summary", "local_command", "away_summary", "informational", "session_start",
    "microcompact_boundary", "bridge_status", "scheduled_task_fire", "memory_saved",
    "agents_killed", "thinking",
))  # fmt: skip
TITLES = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}
SHOWN_ATTACHMENTS = frozenset((
    "file", "edited_text_file", "hook_blocking_error", "hook_non_blocking_error",
    "hook_additional_context", "nested_memory", "plan_mode", "plan_mode_exit", "invoked_skills",
))  # fmt: skip
WRAPPERS = (
    "<command-name>", "<command-message>", "<command-args>", "<local-command-", "<system-reminder>",
    "<bash-input>", "<bash-stdout>", "<bash-stderr>", "<task-notification>", "Caveat: The messages",
)  # fmt: skip
INTERRUPTED = "[Request interrupted by user"

_ENVELOPE = (
    "type", "subtype", "uuid", "parentUuid", "timestamp", "sessionId", "version", "cwd",
    "gitBranch", "isSidechain", "isMeta", "isCompactSummary", "requestId", "effort", "agentId",
    "isApiErrorMessage", "forkedFrom", "supersedesUuids", "permissionMode", "parentToolUseID",
    "toolUseID", "toolDenialKind", "entrypoint", "sessionKind", "customTitle", "aiTitle", "summary",
    "attributionAgent",
)  # fmt: skip
_SYSTEM = ("content", "durationMs", "compactMetadata", "error", "retryAttempt", "maxRetries")
_RESULT = ("agentId", "interrupted", "status")
_MESSAGE = ("id", "model", "role", "stop_reason", "usage")
_KEPT_OF_ATTACHMENT = 20_000


def slim(row: Row) -> Row:
    """A row without what is not read: signatures, images, copies of files, spilled results."""
    kind = row.get("type")
    kept = {name: row[name] for name in _ENVELOPE if name in row}
    message = object_of(row.get("message"))
    if message:
        kept["message"] = {name: message[name] for name in _MESSAGE if name in message}
        content = message.get("content")
        kept["message"]["content"] = (
            [_block(block) for block in list_of(content)]
            if not isinstance(content, str)
            else content
        )
    if kind == "user":
        result = row.get("toolUseResult")
        if isinstance(result, dict):
            kept["toolUseResult"] = {name: result[name] for name in _RESULT if name in result}
    elif kind == "system":
        kept |= {name: row[name] for name in _SYSTEM if name in row}
    elif kind == "attachment":
        kept["attachment"] = _attachment(object_of(row.get("attachment")))
    elif kind == "progress":
        data = object_of(row.get("data"))
        kept["data"] = {name: data[name] for name in ("type", "agentId") if name in data}
    return kept


def _block(block: Any) -> Row:
    match block:
        case {"type": "text", "text": text}:
            return {"type": "text", "text": text}
        case {"type": "thinking"}:
            return {"type": "thinking", "thinking": block.get("thinking", "")}
        case {"type": "tool_use" | "server_tool_use" | "mcp_tool_use"}:
            return {name: block.get(name) for name in ("type", "id", "name", "input")}
        case {"type": "tool_result"}:
            content = block.get("content")
            if not isinstance(content, str):
                content = [_block(inner) for inner in list_of(content)]
            return {
                "type": "tool_result",
                "tool_use_id": block.get("tool_use_id"),
                "content": content,
                "is_error": block.get("is_error"),
            }
        case {"type": str(kind), "tool_use_id": call}:
            return {"type": kind, "tool_use_id": call, "content": _server_result(block)}
        case {"type": str(kind)}:
            return {"type": kind}
        case str():
            return {"type": "text", "text": block}
        case _:
            return {"type": "unknown"}


def _server_result(block: Row) -> list[Row]:
    """Titles and addresses of what a search of the provider's own found; not its encrypted text."""
    return [
        {name: found[name] for name in ("type", "title", "url", "error_code") if name in found}
        for found in (list_of(block.get("content")) or [object_of(block.get("content"))])
        if isinstance(found, dict)
    ]


def _attachment(attachment: Row) -> Row:
    kind = text_of(attachment.get("type"))
    if kind == "queued_command":
        prompt = attachment.get("prompt")
        if not isinstance(prompt, str):
            prompt = [_block(block) for block in list_of(prompt)]
        return {"type": kind, "prompt": prompt}
    if kind not in SHOWN_ATTACHMENTS:
        return {"type": kind}
    return {"type": kind} | {
        name: value[:_KEPT_OF_ATTACHMENT] if isinstance(value, str) else value
        for name, value in attachment.items()
        if isinstance(value, (str, int, bool))
    }
