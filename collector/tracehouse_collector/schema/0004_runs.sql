-- Training runs: what they are, and what they log beside scalars. Few tables, because each view is
-- planned anew with every insert.
{% import 'macros.jinja' as m with context %}
{% set run = m.promoted_text('run_id') %}
{% set step = m.promoted_text('step') %}
{% set zero_trace = "toFixedString('', 16)" %}

-- The spans that stand for a run: its own, and the roots of its rollouts, which may also be of no
-- step and of no run: those of production. `version` is the time at which the SDK made it, so that a
-- run that goes on after it had ended is running again.
{% call m.table('run_spans', ('Replacing', 'version'), 'tuple()',
                'workspace, is_rollout, run_id, step, trace_id', 'cityHash64(run_id)') %}
    workspace LowCardinality(String),
    is_rollout Bool,
    run_id String,
    step Int64 COMMENT 'of the rollout; 0 for a run, and for a rollout of no step',
    has_step Bool,
    session_id String,
    outcome LowCardinality(String),
    metadata String COMMENT 'JSON object',
    status_code LowCardinality(String),
    project LowCardinality(String),
    name String,
    client_id String,
    status LowCardinality(String),
    start_time DateTime64(9, 'UTC'),
    end_time DateTime64(9, 'UTC') COMMENT '1970-01-01 while it is pending',
    heartbeat_time DateTime64(9, 'UTC') COMMENT 'when this version arrived',
    heartbeat_seconds Float64 COMMENT 'how often one is to arrive; 0: never, nobody watches over it',
    config String COMMENT 'JSON object',
    summary String COMMENT 'JSON object, of what was set by hand',
    tags String COMMENT 'an encoded OTLP ArrayValue',
    notes String,
    run_group String,
    job_type String,
    sweep_id String,
    dataset String,
    dataset_split String,
    model String,
    model_revision String,
    subject_id String,
    experiment LowCardinality(String),
    variant LowCardinality(String),
    trace_id FixedString(16) COMMENT 'zeros for a run, which is one whatever trace it lies in',
    in_trace FixedString(16),
    machine String,
    host String,
    service LowCardinality(String),
    error String COMMENT 'the status message of its span',
    datapoint String,
    phase LowCardinality(String),
    environment LowCardinality(String),
    grader LowCardinality(String),
    rollout_status LowCardinality(String) COMMENT 'as it was logged; empty of a chat',
    reward Nullable(Float64),
    rewards String COMMENT 'JSON object',
    turns UInt32,
    messages UInt32,
    tool_calls UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    version UInt64
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS run_spans_store{{ m.on_cluster }} TO run_spans AS
SELECT
    workspace,
    span_name != 'tracehouse.run' AS is_rollout,
    {{ run }} AS run_id,
    toInt64OrZero({{ step }}) AS step,
    {{ step }} != '' AS has_step,
    session_id,
    attributes['tracehouse.outcome'] AS outcome,
    attributes['tracehouse.metadata'] AS metadata,
    toString(status_code) AS status_code,
    project,
    if(is_rollout, toString(span_name), attributes['tracehouse.run.name']) AS name,
    attributes['tracehouse.run.client_id'] AS client_id,
    attributes['tracehouse.run.status'] AS status,
    {{ m.at('start_ns') }} AS start_time,
    {{ m.at('end_ns') }} AS end_time,
    received_time AS heartbeat_time,
    toFloat64OrZero(attributes['tracehouse.run.heartbeat']) AS heartbeat_seconds,
    attributes['tracehouse.run.config'] AS config,
    attributes['tracehouse.run.summary'] AS summary,
    {{ m.first_of('attributes', ['tracehouse.run.tags', 'tracehouse.rollout.tags']) }} AS tags,
    attributes['tracehouse.run.notes'] AS notes,
    attributes['tracehouse.run.group'] AS run_group,
    attributes['tracehouse.run.job_type'] AS job_type,
    attributes['tracehouse.sweep.id'] AS sweep_id,
    attributes['tracehouse.dataset.name'] AS dataset,
    attributes['tracehouse.dataset.split'] AS dataset_split,
    if(is_rollout, attributes['gen_ai.request.model'], attributes['tracehouse.model.name']) AS model,
    attributes['tracehouse.model.revision'] AS model_revision,
    {{ m.promoted_text('subject_id') }} AS subject_id,
    {{ m.promoted_text('experiment') }} AS experiment,
    {{ m.promoted_text('variant') }} AS variant,
    if(is_rollout, {{ m.trace_id('raw_trace_id') }}, {{ zero_trace }}) AS trace_id,
    {{ m.trace_id('raw_trace_id') }} AS in_trace,
    resource_attributes['tracehouse.machine.id'] AS machine,
    resource_attributes['host.name'] AS host,
    service,
    if(status_message = '', attributes['error.message'], status_message) AS error,
    attributes['tracehouse.rollout.datapoint_id'] AS datapoint,
    attributes['tracehouse.rollout.phase'] AS phase,
    attributes['tracehouse.rollout.environment'] AS environment,
    attributes['tracehouse.rollout.grader'] AS grader,
    attributes['tracehouse.rollout.status'] AS rollout_status,
    if(attributes['tracehouse.rollout.reward'] = '',
       JSONExtract(metadata, 'reward', 'Nullable(Float64)'),
       toFloat64OrNull(attributes['tracehouse.rollout.reward'])) AS reward,
    attributes['tracehouse.rollout.rewards'] AS rewards,
    toUInt32OrZero(attributes['tracehouse.rollout.turns']) AS turns,
    toUInt32OrZero(attributes['tracehouse.rollout.messages']) AS messages,
    toUInt32OrZero(attributes['tracehouse.rollout.tool_calls']) AS tool_calls,
    toUInt64OrZero(attributes['gen_ai.usage.input_tokens']) AS input_tokens,
    toUInt64OrZero(attributes['gen_ai.usage.output_tokens']) AS output_tokens,
    if(attributes['tracehouse.run.updated'] = '',
       toUInt64(toUnixTimestamp64Nano(received_time)),
       toUInt64OrZero(attributes['tracehouse.run.updated'])) * 2 + (end_ns != 0) AS version
FROM (SELECT * EXCEPT name, name AS span_name FROM spans_in)
WHERE reject_reason = '' AND (phase != '' OR (run_id != '' AND (
    span_name = 'tracehouse.run'
    OR (attributes['gen_ai.operation.name'] = 'invoke_agent' AND {{ step }} != ''))));

-- What a run logged beside its scalars, by kind: value, media, artifact, environment, console,
-- update.
{% call m.table('run_records', ('Replacing', 'version'), 'tuple()',
                'workspace, run_id, kind, key, step, ordinal', 'cityHash64(run_id)') %}
    workspace LowCardinality(String),
    project LowCardinality(String),
    run_id String,
    kind LowCardinality(String),
    key String,
    step Int64 COMMENT '0 where the kind has none',
    ordinal UInt64 COMMENT 'place among records of one key and step; the number of a console line',
    time DateTime64(9, 'UTC'),
    body String,
    version UInt64
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS run_records_store{{ m.on_cluster }} TO run_records AS
SELECT
    workspace, project,
    {{ run }} AS run_id,
    substring(event_name, length('tracehouse.run.') + 1) AS kind,
    attributes['tracehouse.key'] AS key,
    toInt64OrZero({{ step }}) AS step,
    if(kind = 'artifact', cityHash64(body), toUInt64OrZero(attributes['tracehouse.index'])) AS ordinal,
    {{ m.time_of_log() }} AS time,
    body,
    toUInt64(toUnixTimestamp64Nano(time)) AS version
FROM logs_in
WHERE reject_reason = '' AND startsWith(event_name, 'tracehouse.run.') AND run_id != '';

-- The last value of each key of a run, so that a list of runs need not read their histories. The
-- state of argMax takes a repetition, and a later value for the same step, as it should.
{% call m.table('run_summary', ('Aggregating', ''), 'tuple()', 'workspace, run_id, key', 'cityHash64(run_id)') %}
    workspace LowCardinality(String),
    run_id String,
    key LowCardinality(String),
    last AggregateFunction(argMax, Tuple(Float64, Int8, Int64), Tuple(Int64, UInt64)) COMMENT 'value, its type, as int',
    last_step SimpleAggregateFunction(max, Int64)
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS run_summary_store{{ m.on_cluster }} TO run_summary AS
SELECT
    workspace, {{ run }} AS run_id, metric_name AS key,
    argMaxState((value, toInt8(value_type), value_int), (assumeNotNull(at_step), toUInt64(toUnixTimestamp64Nano(time)))) AS last,
    max(assumeNotNull(at_step)) AS last_step
FROM (SELECT *, toInt64OrNull({{ step }}) AS at_step FROM points_in)
WHERE metric_type = 'gauge' AND value_type != 'none' AND run_id != '' AND at_step IS NOT NULL
GROUP BY workspace, run_id, key;
