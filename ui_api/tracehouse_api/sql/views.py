"""The tables that people may ask in SQL: what they are called, and the rows behind them.

A view is a SELECT over our tables that holds the caller's rows and nobody else's, each in its
latest version, with the names that the HTTP API has. Ids are lower-case hex. What was not sent is
an empty text, and NULL where it would be an id, a time or a number.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracehouse_api.runs.run import shown_runs
from tracehouse_api.sql.view_columns import (
    ATTRIBUTES,
    COHORT,
    COST,
    COUNT,
    DISTRIBUTION,
    LIST,
    MAP,
    NUMBER,
    POINT,
    RECEIVED,
    SERVICE,
    SOURCE,
    TIME,
    TOKENS,
    Column,
    column,
    duration,
    hex_id,
    hex_list,
    span_or_null,
    text,
    time_or_null,
    trace_or_null,
    word,
)
from tracehouse_api.store import Store, Table


@dataclass(frozen=True)
class View:
    """A table to ask: its name, what one row of it is, its columns, and the rows behind it."""

    name: str
    meaning: str
    rows: str
    columns: tuple[Column, ...]

    @property
    def select(self) -> str:
        """SQL of the caller's rows; it has the parameter `workspace`."""
        shown = ", ".join(f"{column.sql} AS `{column.name}`" for column in self.columns)
        return f"SELECT {shown} FROM ({self.rows}) AS own"


def _latest(table: Table, *where: str) -> str:
    return Store.select("*", table, where, final=True)


# Of the span that stands for a trace, and of the trace whichever of its spans says it: see
# `trace_roots.py`.
_OF_ROOT = (
    "project", "service", "name", "start_time", "duration_ns", "pending", "status_code", "is_root",
)  # fmt: skip
_TRACES = "SELECT *, {} FROM ({})".format(
    ", ".join(f"root.{place} AS {name}" for place, name in enumerate(_OF_ROOT, start=1)),
    Store.select(
        f"trace_id, argMin(({', '.join(_OF_ROOT)}), (NOT is_root, start_time, bitNot(version)))"
        " AS root, max(session_id) AS session_id, max(user_id) AS user_id,"
        " groupUniqArrayArray(tags) AS tags, max(run_id) AS run_id, min(is_noise) AS is_noise",
        "trace_roots",
        (),
        "GROUP BY trace_id",
    ),
)
# Traces by whichever of their spans says so, and runs.
_TAGGED = " UNION ALL ".join((
    Store.select(
        "experiment, variant, subject_id, lower(hex(trace_id)) AS of_trace, '' AS of_run,"
        " toDateTime64(first_time, 9, 'UTC') AS began, toDateTime64(last_time, 9, 'UTC') AS ended",
        "trace_cohorts",
        ("experiment != ''",),
    ),
    "SELECT experiment, variant, subject_id, '' AS of_trace, run_id AS of_run,"
    f" start_time AS began, start_time AS ended FROM ({shown_runs(())})"
    " WHERE experiment != ''",
))  # fmt: skip
_EXPERIMENTS = (
    "SELECT experiment, variant, uniqExactIf(of_trace, of_trace != '') AS traces,"
    " uniqExactIf(of_run, of_run != '') AS runs,"
    " uniqExactIf(subject_id, subject_id != '') AS subjects,"
    " min(began) AS first_time, max(ended) AS last_time"
    f" FROM ({_TAGGED}) AS tagged GROUP BY experiment, variant"
)
_TRACE_ID = hex_id("trace_id", "32 hex digits")

_VIEWS = (
    View(
        "traces",
        "a trace, as its root span says it",
        _TRACES,
        (
            _TRACE_ID,
            text("name", "of the root span, or of the earliest while the root is missing"),
            *SERVICE,
            text("session_id", "the session that it is part of"),
            text("user_id", "the user that it is about"),
            column("tags", LIST, "of any of its spans"),
            column("start_time", TIME, "when the root span started"),
            duration(),
            column("pending", "Bool", "whether the root span has not ended"),
            word("status", "unset, ok or error", "status_code"),
            Column("root_missing", "Bool", "whether the root has not come", "NOT own.is_root"),
            text("run_id", "the training run that it is a rollout of"),
            column("is_noise", "Bool", "nothing but the inner workings of an agent"),
        ),
    ),
    View(
        "spans",
        "a span",
        _latest("spans"),
        (
            _TRACE_ID,
            hex_id("span_id", "16 hex digits"),
            span_or_null("16 hex digits; NULL of a root", "parent_span_id"),
            text("name", "what is done"),
            text("kind", "generation, embedding, tool, agent and so on; span where it is none"),
            word("span_kind", "OpenTelemetry's: internal, server, client, producer or consumer"),
            column("start_time", TIME, "when it started"),
            time_or_null("end_time", "NULL while it is pending"),
            duration(),
            column("pending", "Bool", "whether it has not ended"),
            word("status", "unset, ok or error", "status_code"),
            text("status_message", "what went wrong"),
            *SOURCE,
            ATTRIBUTES,
            column("tags", LIST, "labels"),
            text("dialect", "whose conventions its attributes follow"),
            text("provider", "who serves the model"),
            text("framework", "what the agent is built with"),
            text("request_model", "the model that was asked for"),
            text("response_model", "the model that answered"),
            *TOKENS,
            COST,
            column("ttft_ms", f"Nullable({NUMBER})", "milliseconds to the first token"),
            text("finish_reason", "why the model stopped"),
            text("response_id", "the id that the provider gave to the answer"),
            text("session_id", "the session that it is part of"),
            text("user_id", "the user that it is about"),
            text("agent_name", "the agent"),
            text("tool_name", "the tool that was called"),
            text("tool_call_id", "the id of that call"),
            text("prompt_name", "the prompt that was used"),
            text("prompt_version", "its version"),
            text("error_type", "the class of what went wrong"),
            text("run_id", "the training run that it is part of"),
            column("step", "Nullable(Int64)", "the step of that run"),
            *COHORT,
            Column("event_times", f"Array({TIME})", "of its events",
                   "arrayMap(ns -> fromUnixTimestamp64Nano(toInt64(ns), 'UTC'),"
                   " own.`events.time_unix_nano`)"),
            column("event_names", LIST, "likewise", "events.name"),
            column("event_attributes", f"Array({MAP})", "likewise", "events.attributes"),
            hex_list("link_trace_ids", "links.trace_id", "of the spans that it points to"),
            hex_list("link_span_ids", "links.span_id", "likewise"),
            column("link_attributes", f"Array({MAP})", "likewise", "links.attributes"),
            text("trace_state", "W3C trace state"),
            RECEIVED,
        ),
    ),
    View(
        "logs",
        "a log record, or an event",
        _latest("logs"),
        (
            column("time", TIME, "when it happened"),
            time_or_null("observed_time", "when it was seen"),
            trace_or_null("32 hex digits; NULL where it is of none"),
            span_or_null("16 hex digits; NULL where it is of none"),
            column("severity_number", "UInt8", "OpenTelemetry's: 1 to 24, 0 where it has none"),
            text("severity_text", "as the sender names it"),
            text("event_name", "what kind of event it is"),
            text("body", "as text; arrays and maps in their OTLP encoding"),
            word("body_type", "string, int, double, bool, array, kvlist, bytes or none"),
            ATTRIBUTES,
            *SOURCE,
            text("session_id", "the session that it is part of"),
            text("run_id", "the training run that it is part of"),
            RECEIVED,
        ),
    ),
    View(
        "scores",
        "a judgement of a trace, span, session or run",
        _latest("scores", "NOT deleted"),
        (
            text("score_id", "its id"),
            text("name", "what was judged"),
            text("data_type", "numeric, boolean, categorical or text"),
            column("value", f"Nullable({NUMBER})", "as a number"),
            text("label", "as a word; of a boolean true or false"),
            column("time", TIME, "when it was judged"),
            text("comment", "why"),
            text("source", "api, annotation or eval"),
            text("author", "who judged"),
            text("metadata", "JSON"),
            trace_or_null("NULL where it is of none"),
            span_or_null("NULL where it is of none"),
            text("response_id", "the answer of a model that was judged"),
            text("session_id", "the session that was judged"),
            text("run_id", "the run that was judged"),
            text("project", "the project that it is filed under"),
            text("environment", "production, staging and so on"),
        ),
    ),
    View(
        "calls",
        "a call of a model that used tokens; what was reported twice under one id is one row",
        _latest("calls"),
        (
            hex_id("call_id", "the same for all reports of a call"),
            column("start_time", TIME, "when it started"),
            column("day", "Date", "on which day"),
            Column("duration_ms", NUMBER, "how long it took", "own.duration_ns / 1e6"),
            trace_or_null("NULL where it is of none"),
            span_or_null("NULL where it is of none"),
            text("provider", "who serves the model"),
            text("model", "the model that answered, else the one that was asked for"),
            *TOKENS,
            COST,
            text("session_id", "the session that it is part of"),
            text("user_id", "the user that it is about"),
            text("agent_name", "the agent"),
            text("prompt_name", "the prompt that was used"),
            text("prompt_version", "its version"),
            text("dialect", "whose conventions the report follows"),
            *SERVICE,
            text("environment", "production, staging and so on"),
        ),
    ),
    View(
        "runs",
        "a training run as it is now, edits from outside included",
        shown_runs(()),
        (
            text("run_id", "its id"),
            text("name", "its name", "shown_name"),
            text("project", "the project that it is filed under"),
            text("client_run_id", "the id that the program gave it", "client_id"),
            text("status", "running, finished, failed, crashed and so on", "shown_status"),
            column("start_time", TIME, "when it started"),
            time_or_null("end_time", "NULL while it is running"),
            column("heartbeat_time", TIME, "when it was last heard of"),
            text("config", "JSON object, as the program gave it"),
            text("summary", "JSON object of what was set by hand; see run_metrics for the rest"),
            text("notes", "what was noted", "shown_notes"),
            text("run_group", "the group that it is part of"),
            text("job_type", "train, eval and so on"),
            text("sweep_id", "the sweep that it is part of"),
            text("dataset", "what it is trained on", "shown_dataset"),
            text("dataset_split", "which part of that", "shown_dataset_split"),
            text("model", "what it makes or starts from", "shown_model"),
            text("model_revision", "which revision of that", "shown_model_revision"),
            *COHORT,
            hex_id("trace_id", "the trace that its span lies in", "in_trace"),
            text("machine", "the machine's id"),
            text("host", "the machine's name"),
            text("error", "what went wrong"),
        ),
    ),
    View(
        "run_metrics",
        "a scalar of a run",
        _latest("run_metrics"),
        (
            text("run_id", "the run"),
            text("project", "the project that it is filed under"),
            text("key", "what it is: train/loss"),
            Column("step", "Nullable(Int64)", "NULL of readings of the machine",
                   "if(own.has_step, own.step, NULL)"),
            column("time", TIME, "when it was logged"),
            column("value", NUMBER, "the value"),
        ),
    ),
    View(
        "run_records",
        "what a run logged beside its scalars",
        _latest("run_records"),
        (
            text("run_id", "the run"),
            text("project", "the project that it is filed under"),
            text("kind", "value, media, artifact, environment, console or update"),
            text("key", "what it is"),
            column("step", "Int64", "0 where the kind has none"),
            column("ordinal", COUNT, "place among records of one key and step"),
            column("time", TIME, "when it was logged"),
            text("body", "the value, mostly JSON"),
        ),
    ),
    View(
        "rollouts",
        "a trace that belongs to a step of a run",
        _latest("run_spans", "is_rollout"),
        (
            text("run_id", "the run"),
            column("step", "Int64", "its step"),
            _TRACE_ID,
            text("name", "of the trace"),
            text("session_id", "the session that it is part of"),
            text("outcome", "good, bad or neutral"),
            text("metadata", "JSON object"),
            text("status", "unset, ok or error", "status_code"),
            text("phase", "train, eval or prod; empty of a chat trace"),
            text("datapoint", "the input that was tried"),
            text("environment", "where"),
            text("grader", "who judged it"),
            text("rollout_status", "how it ended, as it was logged"),
            column("reward", "Nullable(Float64)", "what it was worth"),
            text("rewards", "JSON object, by name"),
            column("turns", "UInt32", "how many turns it had"),
            column("messages", "UInt32", "how many messages"),
            column("tool_calls", "UInt32", "how many tool calls"),
            column("input_tokens", "UInt64", "tokens in"),
            column("output_tokens", "UInt64", "tokens out"),
            column("start_time", TIME, "when it started"),
            time_or_null("end_time", "NULL while it is pending"),
            *COHORT,
        ),
    ),
    View(
        "experiments",
        "a variant of an experiment, as the tags of traces and runs say it",
        _EXPERIMENTS,
        (
            text("experiment", "its name"),
            text("variant", "the variant's name"),
            column("traces", COUNT, "how many traces say so"),
            column("runs", COUNT, "how many runs"),
            column("subjects", COUNT, "how many subjects"),
            column("first_time", TIME, "when the first of them started"),
            column("last_time", TIME, "when the last of them did"),
        ),
    ),
    View(
        "points",
        "a point of a gauge or a sum",
        _latest("points", "value_type != 'none'"),
        (
            *POINT[:5],
            word("metric_type", "gauge or sum"),
            word("temporality", "unspecified, delta or cumulative"),
            column("is_monotonic", "Bool", "whether a sum never falls"),
            column("value", NUMBER, "the value"),
            *POINT[5:],
        ),
    ),
    View(
        "histograms",
        "a point of a histogram",
        _latest("histograms"),
        (
            *DISTRIBUTION,
            column("bucket_counts", f"Array({COUNT})", "how many lie in each bucket"),
            column("explicit_bounds", f"Array({NUMBER})", "where one bucket ends"),
        ),
    ),
    View(
        "exponential_histograms",
        "a point of an exponential histogram",
        _latest("exponential_histograms"),
        (
            *DISTRIBUTION,
            column("scale", "Int32", "how fine the buckets are"),
            column("zero_count", COUNT, "how many are zero"),
            column("zero_threshold", NUMBER, "up to what counts as zero"),
            column("positive_offset", "Int32", "number of the first bucket"),
            column("positive_bucket_counts", f"Array({COUNT})", "how many lie in each bucket"),
            column("negative_offset", "Int32", "likewise, below zero"),
            column("negative_bucket_counts", f"Array({COUNT})", "likewise, below zero"),
        ),
    ),
    View(
        "summaries",
        "a point of a summary",
        _latest("summaries"),
        (
            *POINT[:5],
            column("count", COUNT, "how many were measured"),
            column("sum", NUMBER, "their sum"),
            column("quantiles", f"Array({NUMBER})", "which quantiles: 0.5, 0.99"),
            column("quantile_values", f"Array({NUMBER})", "their values"),
            *POINT[5:],
        ),
    ),
    View(
        "rejects",
        "a row that could not be stored as it was sent",
        _latest("rejects"),
        (
            column("received_time", TIME, "when it arrived"),
            text("signal", "traces, logs or metrics"),
            text("reason", "why it could not be stored"),
            text("service", "`service.name` of who sent it"),
            text("record", "JSON of it"),
        ),
    ),
)  # fmt: skip
VIEWS = {view.name: view for view in _VIEWS}
