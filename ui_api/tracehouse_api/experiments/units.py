"""What is compared: one row a trace, run or subject, as SQL.

Each row has `variant_place` (the variant's place among those compared, from 1), `pair` (what it was
tried on or for, to be found in another arm; 0 where it is not said), `subject`, and a column
`m<number>`, Nullable(Float64), for each metric. Spans are read with FINAL: a delivery that is
repeated, or a pending span that has ended, counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracehouse_api.experiments.definitions import Definitions
from tracehouse_api.experiments.metrics import Metric
from tracehouse_api.filters import Filters
from tracehouse_api.runs.run import effective
from tracehouse_api.store import Store

# A run's span says that the run takes part, which does not make it a trace that does.
TAGGED = "experiment = {experiment:String} AND name != 'tracehouse.run'"
_ROOT = "parent_span_id = toFixedString('', 8)"
_NO_TRACE = "toFixedString('', 16)"
# A root before other spans, then the earliest.
_ORDER = (
    f"bitShiftLeft(toUInt128(bitShiftLeft(toUInt64(NOT ({_ROOT})), 63)"
    " + toUInt64(toUnixTimestamp64Nano(start_time))), 64) + reinterpretAsUInt64(span_id)"
)
_FLAG = (
    "(name IN {flag_scores:Array(String)} AND (label = 'true' OR value > 0)"
    " OR JSONExtractBool(metadata, 'flag'))"
)
_SCORE_VALUE = (
    "multiIf(data_type = 'numeric', value,"
    " data_type = 'boolean', if(label = '', value, toFloat64(label = 'true')), NULL)"
)


@dataclass
class Asked:
    """Which units of an experiment are compared, and by what. `near` are conditions that every span
    of the traces meets; `calls` is SQL for the calls of models that may be theirs, '' where no
    metric is about them; `in_pairs`: whether it is asked what units were tried on or for.
    `parameters` are those of all statements."""

    rows: Store
    filters: Filters
    variants: Sequence[str]
    metrics: Sequence[Metric]
    definitions: Definitions
    near: Sequence[str]
    calls: str
    in_pairs: bool
    parameters: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = {
            **self.filters.parameters,
            "variants": list(self.variants),
            "variant_places": list(range(1, len(self.variants) + 1)),
            "bad_outcomes": list(self.definitions.bad_outcomes),
            "flag_scores": list(self.definitions.flag_scores),
            "error_kinds": list(self.definitions.error_kinds),
            "loop_length": self.definitions.loop_length,
            **{f"key{number}": metric.key for number, metric in enumerate(self.metrics)},
        }


def near_traces(rows: Store, traces: str) -> list[str]:
    """Conditions that every span of these traces meets, by which they are found in the key."""
    hours = rows.select(
        "toStartOfHour(start_time)", "trace_roots", [f"trace_id IN ({traces})"], "GROUP BY 1"
    )
    return [f"trace_id IN ({traces})", f"toStartOfHour(start_time) IN ({hours})"]


def calls_near_traces(rows: Store, traces: str) -> list[str]:
    """Conditions that every call in these traces meets."""
    days = rows.select(
        "toDate(start_time)", "trace_roots", [f"trace_id IN ({traces})"], "GROUP BY 1"
    )
    return [f"trace_id IN ({traces})", f"day IN ({days})"]


def tagged_traces(rows: Store, filters: Filters, where: Sequence[str] = ()) -> str:
    """SQL: the ids of traces some span of which is tagged."""
    return rows.select("trace_id", "spans", [TAGGED, *filters.where, *where])


def scored_traces(rows: Store, filters: Filters) -> str:
    """SQL: the ids of those that were judged."""
    judged = rows.select("trace_id", "scores", [f"trace_id != {_NO_TRACE}"])
    return tagged_traces(rows, filters, [f"trace_id IN ({judged})"])


def tagged_runs(filters: Filters) -> str:
    """SQL: the runs that are tagged."""
    return effective(["experiment = {experiment:String}", *filters.where])


def traces_of_runs(rows: Store, filters: Filters) -> str:
    """SQL: the ids of the traces that belong to runs that are tagged."""
    runs = f"run_id IN (SELECT run_id FROM ({tagged_runs(filters)}))"
    return rows.select("trace_id", "trace_roots", ["run_id != ''", runs], "GROUP BY trace_id")


def trace_rows(asked: Asked) -> str:
    """A row for each trace that is tagged."""
    tag = " AND ".join((TAGGED, *asked.filters.where))
    traces = _traces(asked, f"({tag})")
    built_in = {
        "flag_rate": f"toFloat64(is_bad OR trace_id IN ({_flagged(asked, 'trace_id')}))",
        "error_rate": "toFloat64(has_error)",
        "loop_rate": f"toFloat64(trace_id IN ({_looping(asked)}))",
        "latency_ms": "if(is_pending, NULL, duration / 1e6)",
        **_USAGE,
    }
    return (
        f"SELECT variant_place, if(of_datapoint != 0, of_datapoint, subject) AS pair, subject"
        f"{_columns(asked, built_in)} FROM ({traces}) AS unit"
        f"{_scored(asked, 'trace_id', _NO_TRACE)}"
    )


def run_rows(asked: Asked) -> str:
    """A row for each run that is tagged. Its usage is that of the traces that belong to it."""
    runs = tagged_runs(asked.filters)
    ids = f"SELECT run_id FROM ({runs})"
    run_of = asked.rows.select(
        "trace_id AS of_trace, max(run_id) AS owner",
        "trace_roots",
        ["run_id != ''"],
        "GROUP BY trace_id",
    )
    joins = _scored(asked, "run_id", "''") + _logged(asked, ids)
    if asked.calls:
        joins += (
            f" LEFT ANY JOIN (SELECT owner AS of_run, {_SUMS} FROM ({asked.calls}) AS call"
            f" ANY JOIN ({run_of}) AS root ON call.trace_id = root.of_trace GROUP BY owner)"
            " AS used ON unit.run_id = used.of_run"
        )
    looping = f"SELECT owner FROM ({run_of}) WHERE of_trace IN ({_looping(asked)})"
    built_in = {
        "flag_rate": f"toFloat64(run_id IN ({_flagged(asked, 'run_id')}))",
        "error_rate": "toFloat64(shown_status IN ('failed', 'crashed'))",
        "loop_rate": f"toFloat64(run_id IN ({looping}))",
        "latency_ms": "if(ended_ns = 0, NULL, (ended_ns - start_ns) / 1e6)",
        **_USAGE,
    }
    subject = "if(subject_id = '', 0, cityHash64(subject_id))"
    return (
        f"SELECT variant_place, subject AS pair, subject{_columns(asked, built_in)} FROM"
        f" (SELECT *, {_variant_place()} AS variant_place, {subject} AS subject,"
        " if(end_ns != 0, end_ns, JSONExtractInt(edits['ended_ns'])) AS ended_ns"
        f" FROM ({runs})) AS unit{joins}"
    )


def subject_rows(asked: Asked, units: str) -> str:
    """A row for each subject in each variant: the mean of its traces or runs."""
    means = "".join(f", avg(m{number}) AS m{number}" for number in range(len(asked.metrics)))
    return (
        f"SELECT variant_place, subject AS pair, subject{means} FROM ({units})"
        " WHERE subject != 0 GROUP BY variant_place, subject"
    )


def _variant_place() -> str:
    return "transform(variant, {variants:Array(String)}, {variant_places:Array(UInt8)}, toUInt8(0))"


_USE = "input_tokens, output_tokens, total_tokens, call_cost, is_unpriced"
_NO_USE = (
    "toUInt64(0) AS input_tokens, toUInt64(0) AS output_tokens, toUInt64(0) AS total_tokens,"
    " toFloat64(0) AS call_cost, toUInt8(0) AS is_unpriced"
)
_SUMS = (
    "sum(input_tokens) AS input, sum(output_tokens) AS output, sum(total_tokens) AS total,"
    " sum(call_cost) AS cost, max(is_unpriced) AS lacks_price"
)
_USAGE = {
    "cost_usd": "if(lacks_price, NULL, toFloat64(cost))",
    "input_tokens": "toFloat64(input)",
    "output_tokens": "toFloat64(output)",
    "total_tokens": "toFloat64(total)",
}


def _traces(asked: Asked, tag: str) -> str:
    """What is known of each trace. Its variant, outcome and duration are those of one span; as one
    number, they are found together."""
    relevant = [tag, "status_code = 'error'"]
    keys = ["toUInt64(0) AS subject_key", "toUInt64(0) AS datapoint_key"]
    if asked.in_pairs:
        relevant.append("datapoint != ''")
        keys = [
            "if(subject_id = '', 0, cityHash64(subject_id)) AS subject_key",
            "if(datapoint = '', 0, cityHash64('datapoint', datapoint)) AS datapoint_key",
        ]
    read = asked.rows.select(
        f"trace_id, {tag} AS is_tagged, {_ORDER} AS place,"
        f" bitShiftLeft(toUInt128(duration_ns), 16) + {_variant_place()} * 256"
        " + (outcome IN {bad_outcomes:Array(String)}) * 2 + pending AS said,"
        f" status_code = 'error' AND ({_ROOT} OR kind IN {{error_kinds:Array(String)}}) AS failed,"
        f" {', '.join(keys)}, {_NO_USE}",
        "spans",
        [*asked.near, f"({' OR '.join(relevant)})"],
        final=True,
    )
    if asked.calls:
        nothing = "0, toUInt128(0), toUInt128(0), 0, 0, 0"
        read += f" UNION ALL SELECT trace_id, {nothing}, {_USE} FROM ({asked.calls})"
    grouped = (
        "SELECT trace_id, argMinIf(said, place, is_tagged) AS of_span, max(failed) AS has_error,"
        f" max(subject_key) AS subject, max(datapoint_key) AS of_datapoint, {_SUMS}"
        f" FROM ({read}) GROUP BY trace_id HAVING max(is_tagged)"
    )
    return (
        "SELECT *, toUInt8(bitAnd(bitShiftRight(of_span, 8), 255)) AS variant_place,"
        " bitAnd(of_span, 2) != 0 AS is_bad, bitAnd(of_span, 1) != 0 AS is_pending,"
        f" toUInt64(bitShiftRight(of_span, 16)) AS duration FROM ({grouped})"
    )


# What a tool was called with is not always said: then nothing is known to be equal.
_SAID_TO_TOOL = "kind = 'tool' AND tool_input != cityHash64('')"


def _looping(asked: Asked) -> str:
    """Traces in which the same tool is called with equal input so many times in a row."""
    # Few traces have so many such calls at all: only theirs are put in order.
    candidates = asked.rows.select(
        "any(trace_id)",
        "spans",
        [*asked.near, _SAID_TO_TOOL],
        "GROUP BY bitXor(cityHash64(trace_id), tool_input) HAVING count() >= {loop_length:UInt32}",
    )
    # Their time in front, so that they are sorted by it.
    calls = asked.rows.select(
        "trace_id, bitShiftLeft(toUInt128(toUnixTimestamp64Nano(start_time)), 64)"
        " + cityHash64(if(tool_name = '', name, tool_name), tool_input) AS call",
        "spans",
        [*asked.near, "kind = 'tool'", f"trace_id IN ({candidates})"],
        final=True,
    )
    in_order = (
        "SELECT trace_id, arrayMap(call -> toUInt64(call), arraySort(groupArray(call))) AS calls"
        f" FROM ({calls}) GROUP BY trace_id"
    )
    runs = "arraySplit((call, i) -> i > 1 AND call != calls[i - 1], calls, arrayEnumerate(calls))"
    return (
        f"SELECT trace_id FROM ({in_order})"
        f" WHERE arrayMax(run -> length(run), {runs}) >= {{loop_length:UInt32}}"
    )


def _flagged(asked: Asked, of: str) -> str:
    return asked.rows.select(of, "scores", ["NOT deleted", _FLAG], final=True)


def _scored(asked: Asked, of: str, nothing: str) -> str:
    """A join with the scores of each unit, of a name that was given several times the mean."""
    means = [
        f"avgIf(score, name = {{key{number}:String}}) AS s{number}"
        for number, metric in enumerate(asked.metrics)
        if metric.how == "score"
    ]
    if not means:
        return ""
    scores = asked.rows.select(
        f"{of} AS scored, name, {_SCORE_VALUE} AS score",
        "scores",
        ["NOT deleted", f"{of} != {nothing}"],
        final=True,
    )
    return (
        f" LEFT ANY JOIN (SELECT scored, {', '.join(means)} FROM ({scores}) GROUP BY scored)"
        f" AS judged ON unit.{of} = judged.scored"
    )


def _logged(asked: Asked, ids: str) -> str:
    """A join with the last values and the means of what each run logged; NaN is no value."""
    joins = ""
    for number, metric in enumerate(asked.metrics):
        if metric.how == "last":
            value, table, final = "argMaxMerge(last).1", "run_summary", False
        elif metric.how == "mean":
            value, table, final = "avgIf(value, isFinite(value))", "run_metrics", True
        else:
            continue
        logged = asked.rows.select(
            f"run_id AS of_run{number}, {value} AS s{number}",
            table,
            [f"key = {{key{number}:String}}", f"run_id IN ({ids})"],
            "GROUP BY run_id",
            final=final,
        )
        finite = f"SELECT of_run{number}, toNullable(s{number}) AS s{number} FROM ({logged})"
        joins += (
            f" LEFT ANY JOIN ({finite} WHERE isFinite(s{number})) AS logged{number}"
            f" ON unit.run_id = logged{number}.of_run{number}"
        )
    return joins


def _columns(asked: Asked, built_in: dict[str, str]) -> str:
    columns = (
        f"CAST({built_in.get(metric.name, f's{number}')}, 'Nullable(Float64)') AS m{number}"
        for number, metric in enumerate(asked.metrics)
    )
    return "".join(f", {column}" for column in columns)
