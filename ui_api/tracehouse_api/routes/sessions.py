"""`/v1/sessions` and `/v1/users`: the last active first."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from tracehouse_api import sessions
from tracehouse_api.access import Rows
from tracehouse_api.content import log_turns
from tracehouse_api.content.log_turns import LogRecord
from tracehouse_api.content.topics import Topic, in_a_line, topics_of
from tracehouse_api.filters import Filters
from tracehouse_api.models.agents import SessionDetail, Sessions, Users
from tracehouse_api.parameters import Cursor, From, Limit, To, decode_cursor, encode_cursor
from tracehouse_api.side_by_side import side_by_side
from tracehouse_api.spans import attributes_of
from tracehouse_api.store import Store
from tracehouse_api.trace_roots import roots_of
from tracehouse_api.traces import summaries
from tracehouse_api.usage.counting import Usage
from tracehouse_api.values import iso_time, json_response, text

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])
users_router = APIRouter(prefix="/v1/users", tags=["sessions"])

_MOST_TURNS = 1000
_MOST_RECORDS = 20_000
_MOST_TOPICS = 200


@router.get("", response_model=Sessions)
def list_sessions(
    rows: Rows,
    project: str | None = None,
    user: str | None = None,
    start: From = None,
    end: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Sessions with activity in a time, the last active first."""
    filters = Filters()
    filters.equal(project=project, user_id=user)
    filters.within("start_time", start, end)
    names, next_cursor = _page(rows, "session_id", filters, limit, cursor)
    return json_response({"sessions": _sessions(rows, names), "next_cursor": next_cursor})


@router.get("/{session_id:path}", response_model=SessionDetail)
def get_session(rows: Rows, session_id: str) -> Response:
    """A session with its turns in order."""
    found = _sessions(rows, [session_id])
    if not found:
        raise HTTPException(404, f"there is no session {session_id} in this workspace")
    turns = rows.rows(
        rows.select(
            "trace_id, min(start_time) AS first",
            "trace_roots",
            ["session_id = {session:String}"],
            "GROUP BY trace_id ORDER BY first, trace_id LIMIT {most:UInt32}",
        ),
        {"session": session_id, "most": _MOST_TURNS + 1},
    )
    ids = [row["trace_id"] for row in turns[:_MOST_TURNS]]
    roots = roots_of(rows, ids, Filters())
    page = [roots[trace_id] for trace_id in ids if trace_id in roots]
    topics = topics_of(rows, {root.trace_id: [*root.hours] for root in page[:_MOST_TOPICS]})
    return json_response(
        found[0]
        | {
            "traces": [
                summary | {"asked": topics.get(root.trace_id, Topic()).asked}
                for root, summary in zip(page, summaries(rows, page), strict=True)
            ],
            "turns": [] if page else _turns(rows, session_id),
            "truncated": len(turns) > _MOST_TURNS,
        }
    )


def _turns(rows: Store, session_id: str) -> list[dict[str, Any]]:
    found = rows.rows(
        rows.select(
            "toUnixTimestamp64Nano(time) AS time_ns, event_name, attributes.keys AS attribute_keys,"
            " attributes.values AS attribute_values, attribute_types",
            "logs",
            ["session_id = {session:String}"],
            "ORDER BY time, request_id, ordinal LIMIT 1 BY time, request_id, ordinal"
            " LIMIT {most:UInt32}",
        ),
        {"session": session_id, "most": _MOST_RECORDS},
    )
    records: list[LogRecord] = []
    for row in found:
        said = attributes_of(row, "attribute")
        name = str(said.get("event.name") or text(row["event_name"]))
        records.append(LogRecord(row["time_ns"], name, said))
    return log_turns.turns(records)


@users_router.get("", response_model=Users)
def list_users(
    rows: Rows,
    project: str | None = None,
    start: From = None,
    end: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Users with activity in a time, the last active first."""
    filters = Filters()
    filters.equal(project=project)
    filters.within("start_time", start, end)
    names, next_cursor = _page(rows, "user_id", filters, limit, cursor)
    traces = sessions.traces_of(rows, "user_id", names)
    first = min((row["first_ns"] for row in traces.values()), default=0)
    usage = sessions.usage_of(rows, "user_id", names, first) if names else {}
    return json_response(
        {
            "users": [
                {
                    "user": name,
                    "first_time": iso_time(traces[name]["first_ns"]),
                    "last_time": iso_time(traces[name]["last_ns"]),
                    "trace_count": traces[name]["traces"],
                    "session_count": traces[name]["sessions"],
                    "error_count": traces[name]["errors"],
                    "usage": usage.get(name, Usage()).json(),
                }
                for name in names
            ],
            "next_cursor": next_cursor,
        }
    )


def _page(
    rows: Store, shared: sessions.Shared, filters: Filters, limit: int, cursor: str | None
) -> tuple[list[str], str | None]:
    after = tuple(decode_cursor(cursor, int, str)) if cursor else None
    found = sessions.latest_names(rows, shared, filters, after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return (
        [text(row["name"]) for row in page],
        encode_cursor(page[-1]["last_ns"], text(page[-1]["name"])) if more else None,
    )


def _sessions(rows: Store, names: list[str]) -> list[dict[str, Any]]:
    traces, logs = side_by_side(
        lambda: sessions.traces_of(rows, "session_id", names), lambda: sessions.logs_of(rows, names)
    )
    known = [[group[name] for group in (traces, logs) if name in group] for name in names]
    first = min((row["first_ns"] for parts in known for row in parts), default=0)
    unspoken = [name for name in names if name in logs and name not in traces]
    usage, topics, prompts = side_by_side(
        lambda: sessions.usage_of(rows, "session_id", names, first) if names else {},
        lambda: topics_of(rows, dict(row["begun"] for row in traces.values())),
        lambda: sessions.first_prompts(rows, unspoken) if unspoken else {},
    )
    found: list[dict[str, Any]] = []
    for name, parts in zip(names, known, strict=True):
        if not parts:
            continue
        trace = traces.get(name)
        project = trace["project"] if trace else logs[name]["of_project"]
        service = trace["service"] if trace else logs[name]["of_service"]
        topic = topics.get(trace["begun"][0], Topic()) if trace else Topic()
        found.append(
            {
                "session": name,
                "title": topic.title or topic.asked or in_a_line(prompts.get(name)),
                "service": text(service),
                "folder": topic.folder,
                "project": text(project),
                "user": (text(trace["user"]) or None) if trace else None,
                "first_time": iso_time(min(row["first_ns"] for row in parts)),
                "last_time": iso_time(max(row["last_ns"] for row in parts)),
                "trace_count": trace["traces"] if trace else 0,
                "error_count": trace["errors"] if trace else 0,
                "log_count": logs[name]["logs"] if name in logs else 0,
                "usage": usage.get(name, Usage()).json(),
            }
        )
    return found
