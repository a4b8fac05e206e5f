"""What is counted of the table of calls.

A call that has an id of its own is there once, whoever reports it. What has none could be reported
twice, and is recognised here by what the emitters are known to do:

- Codex and Qwen Code log what a call used, and send spans of it, without an id in common. Where a
  session has traces, its log records do not count. Gemini CLI's records say more than its spans
  (the cached and the thinking tokens), so there it is the other way round.
- What the recorder reads in the transcripts of Claude Code and Codex, those may send themselves as
  well. Claude Code's calls have an id in common with the transcript's; those that have none, and
  all of Codex's, do not count in a session that was recorded.
- Logfire reports a streamed call in a span of its own, without the response's id, when the stream
  is over. It does not count where the same call has been reported with its id.
- Where one library is instrumented twice, a call's span may lie in another's. Of a parent and its
  child of the same model, in different dialects, of which one has no id, the child counts.

A call is kept by the day and its id. What reports it on two sides of midnight UTC counts on the day
before.

A call without a model or a session has that of its trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from tracehouse_api.store import Store
from tracehouse_api.values import text

_STREAM_ENDS = "INTERVAL 2 SECOND"


def counted_rows(
    rows: Store,
    columns: str,
    where: Sequence[str] = (),
    tail: str = "",
    parameters: Mapping[str, Any] | None = None,
    *,
    inherit: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Rows of a SELECT over the calls that count. `where` speaks of the table's own columns;
    `inherit`: columns that come from the trace where a call has none, beside the model."""
    given = dict(parameters or {})
    source = counted_calls(rows, where, given, inherit=inherit)
    return rows.rows(f"SELECT {columns} FROM ({source}) {tail}", given)


def counted_calls(
    rows: Store,
    where: Sequence[str],
    parameters: Mapping[str, Any],
    *,
    inherit: Sequence[str] = (),
) -> str:
    """SQL: the calls that count, as `counted_rows` takes them."""
    # What is there is asked first, and of a wider choice where the choice itself is a query.
    wider = [condition for condition in where if "SELECT" not in condition]
    (present,) = rows.rows(
        rows.select(
            "groupUniqArray(dialect) AS dialects, max(model = '') AS lacks_model,"
            " max(by_span AND NOT from_log) AS has_nameless,"
            " groupUniqArrayIf(day, beside_midnight = 1) AS days_with_first_minutes",
            "calls",
            wider,
        ),
        parameters,
    )
    emitters = [text(name) for name in present["dialects"]]
    not_twice = [_CONDITIONS[name](rows) for name in emitters if name in _CONDITIONS]
    if "tracehouse" in emitters:
        not_twice += [_RECORDED[name](rows) for name in emitters if name in _RECORDED]
    if present["has_nameless"] and len(emitters) > 1:
        not_twice.append(_inside_another(rows))
    days = present["days_with_first_minutes"]
    if days and (before := _on_the_day_before(rows, min(days), max(days), parameters)):
        not_twice.append(f"NOT ({before})")
    source = rows.select("*", "calls", [*where, *not_twice], final=True)
    # Codex's calls do not say their model, its turns do.
    inherited = [*inherit, *(["model"] if present["lacks_model"] else [])]
    return _inherited(rows, source, where, inherited) if inherited else source


def _inherited(rows: Store, source: str, where: Sequence[str], inherit: Sequence[str]) -> str:
    lacking = " OR ".join(f"{name} = ''" for name in inherit)
    lacks = rows.select("trace_id", "calls", [*where, f"({lacking})"])
    found = ", ".join(f"max({name}) AS trace_{name}" for name in inherit)
    traces = rows.select(
        f"trace_id AS of_trace, {found}",
        "trace_roots",
        [f"trace_id IN ({lacks})"],
        "GROUP BY trace_id",
    )
    filled = ", ".join(
        f"if({name} = '', trace_{name}, toString({name})) AS {name}" for name in inherit
    )
    return (
        f"SELECT call.* EXCEPT ({', '.join(inherit)}), {filled} FROM ({source}) AS call"
        f" LEFT ANY JOIN ({traces}) AS of ON call.trace_id = of.of_trace"
    )


def _logged_beside_spans(dialect: str) -> Callable[[Store], str]:
    def condition(rows: Store) -> str:
        traced = rows.select("session_id", "trace_roots", ["session_id != ''"])
        return f"NOT (dialect = '{dialect}' AND from_log AND by_span AND session_id IN ({traced}))"

    return condition


_RECORDED_SESSIONS = ("dialect = 'tracehouse'", "service IN ('claude-code', 'codex')")


def _claude_code_recorded(rows: Store) -> str:
    recorded = rows.select("session_id", "calls", _RECORDED_SESSIONS)
    return f"NOT (dialect = 'claude_code' AND by_span AND session_id IN ({recorded}))"


def _codex_recorded(rows: Store) -> str:
    recorded = rows.select("session_id", "calls", _RECORDED_SESSIONS)
    traces = rows.select("trace_id", "trace_roots", [f"session_id IN ({recorded})"])
    return (
        f"NOT (dialect = 'codex' AND (session_id IN ({recorded})"
        f" OR NOT from_log AND trace_id IN ({traces})))"
    )


def _spans_beside_logs(rows: Store) -> str:
    logged = rows.select("session_id", "calls", ["from_log", "dialect = 'gemini_cli'"])
    return f"NOT (dialect = 'gemini_cli' AND NOT from_log AND session_id IN ({logged}))"


def _inside_another(rows: Store) -> str:
    several = rows.select(
        "service", "calls", ["NOT from_log"], "GROUP BY service HAVING uniqExact(dialect) > 1"
    )
    spans = rows.select(
        "trace_id, span_id, parent_span_id, dialect, model, by_span, call_id",
        "calls",
        ["NOT from_log", f"service IN ({several})"],
    )
    outer = (
        f"SELECT outer.call_id FROM ({spans}) AS outer JOIN ({spans}) AS inner"
        " ON outer.trace_id = inner.trace_id AND outer.span_id = inner.parent_span_id"
        " WHERE outer.dialect != inner.dialect AND outer.call_id != inner.call_id"
        " AND (outer.by_span OR inner.by_span)"
        # A served model is named more closely than a requested one.
        " AND (startsWith(outer.model, inner.model) OR startsWith(inner.model, outer.model))"
    )
    return f"call_id NOT IN ({outer})"


def _on_the_day_before(rows: Store, first: date, last: date, parameters: Mapping[str, Any]) -> str:
    """SQL: whether a call was reported on the day before as well; '' where none was. That is looked
    at first, in the few minutes beside midnight: the condition reads the ids of all calls."""
    days = f"BETWEEN '{first}' AND '{last}'"
    before = rows.select("day + 1, call_id", "calls", ["beside_midnight = -1", f"day + 1 {days}"])
    is_there = ["beside_midnight = 1", f"(day, call_id) IN ({before})"]
    found = rows.rows(rows.select("1", "calls", [f"day {days}", *is_there], "LIMIT 1"), parameters)
    return " AND ".join(is_there) if found else ""


def _streams_reported_again(rows: Store) -> str:
    streams = rows.select("*", "calls", ["dialect = 'logfire'", "by_span"])
    services = rows.select("service", "calls", ["dialect = 'logfire'", "by_span"])
    others = rows.select("*", "calls", ["NOT by_span", f"service IN ({services})"])
    reported = (
        f"SELECT stream.call_id FROM ({streams}) AS stream JOIN ({others}) AS other"
        " USING (service, model, input_tokens, output_tokens)"
        " WHERE stream.start_time BETWEEN other.start_time"
        f" AND addNanoseconds(other.start_time, other.duration_ns) + {_STREAM_ENDS}"
    )
    return f"NOT (dialect = 'logfire' AND by_span AND call_id IN ({reported}))"


_RECORDED: dict[str, Callable[[Store], str]] = {
    "claude_code": _claude_code_recorded,
    "codex": _codex_recorded,
}
_CONDITIONS: dict[str, Callable[[Store], str]] = {
    "codex": _logged_beside_spans("codex"),
    "qwen_code": _logged_beside_spans("qwen_code"),
    "gemini_cli": _spans_beside_logs,
    "logfire": _streams_reported_again,
}
