"""Which runs, in which order: filters and sort keys of the list."""

from __future__ import annotations

from tracehouse_api.comparisons import parse_comparison
from tracehouse_api.filters import Filters
from tracehouse_api.runs.run import NAME, STATUS
from tracehouse_api.store import Store

CONFIG_PREFIX, SUMMARY_PREFIX = "config.", "summary."
# Runs without the value that a list is sorted by come last in descending order.
_NOTHING = "-1.7976931348623157e308"
_NUMERIC_SORTS = {
    "start_time": "toUnixTimestamp64Nano(start_time)",
    "end_time": "toUnixTimestamp64Nano(end_time)",
    "duration": "toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time)",
    "heartbeat_time": "toUnixTimestamp64Nano(heartbeat_time)",
}
_TEXT_SORTS = {"name": NAME, "status": STATUS, "project": "project"}
# Tags are an encoded OTLP ArrayValue: `0a <n+2> 0a <n> <text>` for each.
HAS_TAG = (
    "if(mapContains(edits, 'tags'), has(JSONExtract(edits['tags'], 'Array(String)'), {tag:String}),"
    " position(tags, concat(char(10, length({tag:String}) + 2, 10, length({tag:String})),"
    " {tag:String})) > 0)"
)
SORTS = (*_NUMERIC_SORTS, *_TEXT_SORTS, "config.<key>", "summary.<key>")


def add_value_filter(filters: Filters, name: str, condition: str, number: int) -> None:
    """A filter `config.<key>` or `summary.<key>`: a value, or one behind >, >=, <, <= or !=.

    Compared as numbers where the value is one, as texts otherwise. Raises ValueError.
    """
    asked = parse_comparison(condition)
    operator, value, as_number = asked.operator, asked.value, asked.number
    prefix, _, key = name.partition(".")
    key_name, value_name = f"key{number}", f"value{number}"
    if prefix == "summary":
        if as_number is None:
            raise ValueError(f"a summary is compared with a number, and {value!r} is none")
        filters.add(
            f"run_id IN ({_summary(key_name)} {operator} {{{value_name}:Float64}})",
            **{key_name: key, value_name: as_number},
        )
        return
    raw = _config(key_name)
    if as_number is not None:
        filters.add(
            f"toFloat64OrNull({raw}) {operator} {{{value_name}:Float64}}",
            **{key_name: key, value_name: as_number},
        )
        return
    plain = f"if(startsWith({raw}, '\"'), JSONExtractString({raw}), {raw})"
    filters.add(f"{plain} {operator} {{{value_name}:String}}", **{key_name: key, value_name: value})


def _config(key_name: str) -> str:
    """SQL: the raw JSON of a config value; what was set from outside first. Dots reach inside."""
    path = f"splitByChar('.', {{{key_name}:String}})"
    key = f"concat('config.', {{{key_name}:String}})"
    inside = f"JSONExtractRaw(JSONExtractRaw(config, {path}[1]), {path}[2])"
    own = (
        f"multiIf(JSONHas(config, {{{key_name}:String}}), "
        f"JSONExtractRaw(config, {{{key_name}:String}}), length({path}) = 2, {inside}, '')"
    )
    return f"if(mapContains(edits, {key}), edits[{key}], {own})"


def _summary(key_name: str) -> str:
    """SQL: runs whose last value of a key …, to be followed by an operator and a value."""
    return Store.select(
        "run_id",
        "run_summary",
        [f"key = {{{key_name}:String}}"],
        "GROUP BY run_id HAVING (argMaxMerge(last) AS v).1",
    )


def sort_key(sort: str, filters: Filters) -> str:
    """SQL: what runs are sorted by, as (number, text). Raises ValueError for an unknown one."""
    if sort in _NUMERIC_SORTS:
        return f"(toFloat64({_NUMERIC_SORTS[sort]}), '')"
    if sort in _TEXT_SORTS:
        return f"(toFloat64(0), toString({_TEXT_SORTS[sort]}))"
    if sort.startswith(CONFIG_PREFIX):
        filters.parameters["sort_config"] = sort.removeprefix(CONFIG_PREFIX)
        raw = _config("sort_config")
        return f"(ifNull(toFloat64OrNull({raw}), {_NOTHING}), {raw})"
    if sort.startswith(SUMMARY_PREFIX):
        filters.parameters["sort_summary"] = sort.removeprefix(SUMMARY_PREFIX)
        values = Store.select(
            "run_id, argMaxMerge(last).1 AS value",
            "run_summary",
            ["key = {sort_summary:String}"],
            "GROUP BY run_id",
        )
        lookup = (
            f"(SELECT CAST(groupArray((run_id, value)), 'Map(String, Float64)') FROM ({values}))"
        )
        return f"(if(mapContains({lookup}, run_id), {lookup}[run_id], {_NOTHING}), '')"
    raise ValueError(f"choose one of {', '.join(SORTS)}, with - before it for descending")
