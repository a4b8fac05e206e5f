"""AgentTrace's events, in the words of Langfuse's, at the same door.

They are told by their shape: an event of AgentTrace's is a type and a body, without the id and the
timestamp that Langfuse puts around one. What an agent did beside talking to models, which has types
of its own there, becomes the observations that `tracehouse.agenttrace` sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tracehouse_api.parameters import parse_time

Json = dict[str, Any]

_TIMES = ("completedAt", "endTime", "timestamp", "startedAt", "startTime")
_LONGEST_DIFF = 200_000


class AgentTraceBatch:
    """The events of one request, one after another. What says no time of its own, as the end of a
    trace, was said when the event before it was."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC).isoformat()
        self._last: str | None = None

    def in_langfuse_words(self, event: Any) -> Any:
        """The event as Langfuse's SDKs would have said it; one of theirs as it is."""
        if not isinstance(event, dict) or "id" in event or not isinstance(event.get("body"), dict):  # pyright: ignore
            return event  # pyright: ignore[reportUnknownVariableType]
        body: Json = event["body"]
        told = next((str(body[name]) for name in _TIMES if body.get(name)), None)
        if told is not None:
            with suppress(ValueError):  # a time that is none is this event's fault alone
                parse_time(told)
                self._last = told
        work = _WORK.get(str(event.get("type")))
        if work is not None:
            kind, body = "observation-create", _common(body) | work(body)
        else:
            kind = {"trace-update": "trace-create"}.get(str(event.get("type")), event.get("type"))
            body = _said(body)
        return {
            "id": str(body.get("id") or ""),
            "type": kind,
            "timestamp": told or self._last or self._now,
            "body": body,
        }


def _said(body: Json) -> Json:
    """Usage and errors under Langfuse's names."""
    found = dict(body)
    usage = body.get("usage")
    if isinstance(usage, dict):
        renamed = {"inputTokens": "input_tokens", "outputTokens": "output_tokens",
                   "totalTokens": "total_tokens"}  # fmt: skip
        found["usage"] = {renamed.get(name, name): count for name, count in usage.items()}  # pyright: ignore
    if isinstance(body.get("error"), str):
        found.setdefault("statusMessage", body["error"])
    return found


def _common(body: Json) -> Json:
    """Where it lies, and when it was."""
    return {
        "id": body.get("id"),
        "traceId": body.get("traceId"),
        "parentObservationId": body.get("observationId") or body.get("parentObservationId"),
        "startTime": body.get("startedAt") or body.get("timestamp"),
        "endTime": body.get("completedAt"),
    }


def _checkpoint(body: Json) -> Json:
    snapshot = body.get("filesSnapshot")
    kept: Mapping[str, Any] = snapshot if isinstance(snapshot, dict) else {}  # pyright: ignore
    named = body.get("filesChanged")
    paths = [str(path) for path in named] if isinstance(named, list) else list(kept)  # pyright: ignore
    name = str(body.get("name") or "")
    return {
        "type": "event",
        "name": f"checkpoint {name}",
        "input": _renamed(body, {"name": "name", "description": "description", "type": "type"}),
        "output": {
            **_renamed(body, {"id": "id", "name": "name", "gitBranch": "git_branch",
                              "gitRepoUrl": "repo_url", "totalFiles": "total_files",
                              "totalSizeBytes": "total_size_bytes"}),
            "git_commit_sha": body.get("gitCommitSha") or "",
            "files": [_file(path, kept.get(path)) for path in paths],
        },
    }  # fmt: skip


def _file(path: str, said: Any) -> Json:
    if not isinstance(said, dict):
        return {"path": path, "missing": True}
    return {"path": path, **_renamed(said, {"size": "size", "hash": "sha256"})}  # pyright: ignore


def _git_link(body: Json) -> Json:
    return {
        "type": "event",
        "name": "git.link",
        "output": {
            **_renamed(body, {"branch": "branch", "repoUrl": "repo_url",
                              "commitMessage": "message", "authorName": "author",
                              "filesChanged": "files_changed", "additions": "additions",
                              "deletions": "deletions"}),
            "commit_sha": body.get("commitSha") or "",
        },
        "metadata": _renamed(body, {"linkType": "link_type", "authorEmail": "author_email"}),
    }  # fmt: skip


def _file_operation(body: Json) -> Json:
    diff = body.get("diffPreview")
    return {
        **_outcome(body),
        "type": "tool",
        "name": f"file.{body.get('operation') or 'update'}",
        "input": _renamed(body, {"operation": "operation", "filePath": "path",
                                 "newPath": "new_path"}),
        "output": {
            **_renamed(body, {"linesAdded": "lines_added", "linesRemoved": "lines_removed",
                              "contentBeforeHash": "sha256_before",
                              "contentAfterHash": "sha256_after", "fileSize": "bytes_after",
                              "success": "success"}),
            **({"diff": diff[:_LONGEST_DIFF]} if isinstance(diff, str) else {}),
        },
        "metadata": _renamed(body, {"toolName": "tool_name", "reason": "reason",
                                    "fileMode": "file_mode", "mimeType": "mime_type"}),
    }  # fmt: skip


def _terminal_command(body: Json) -> Json:
    return {
        **_outcome(body),
        "type": "tool",
        "name": "terminal.command",
        "input": _renamed(body, {"command": "command", "args": "args", "shell": "shell",
                                 "workingDirectory": "working_directory"}),
        "output": _renamed(body, {"exitCode": "exit_code", "stdout": "stdout", "stderr": "stderr",
                                  "stdoutTruncated": "stdout_truncated",
                                  "stderrTruncated": "stderr_truncated", "success": "success",
                                  "timedOut": "timed_out", "killed": "killed"}),
        "metadata": _renamed(body, {"toolName": "tool_name", "reason": "reason",
                                    "envVars": "env_vars", "maxMemoryBytes": "max_memory_bytes",
                                    "cpuTimeMs": "cpu_time_ms"}),
    }  # fmt: skip


def _outcome(body: Json) -> Json:
    if body.get("success") is not False:
        return {}
    ended = f"exit code {body['exitCode']}" if "exitCode" in body else "it failed"
    return {"level": "ERROR", "statusMessage": body.get("errorMessage") or ended}


def _renamed(body: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    """What is there of a body, under our names."""
    return {ours: body[name] for name, ours in names.items() if body.get(name) is not None}


_WORK: dict[str, Callable[[Json], Json]] = {
    "checkpoint-create": _checkpoint,
    "git-link-create": _git_link,
    "file-operation-create": _file_operation,
    "terminal-command-create": _terminal_command,
}
