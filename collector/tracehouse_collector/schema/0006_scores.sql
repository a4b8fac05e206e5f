-- Judgements of a trace, span, session or run: `gen_ai.evaluation.result` records, whether an
-- evaluator sent them or the API wrote them. The same id again replaces.
{% import 'macros.jinja' as m with context %}

{% call m.table('scores', ('Replacing', 'version'), 'tuple()', 'workspace, score_id', 'cityHash64(score_id)') %}
    workspace LowCardinality(String),
    score_id String,
    project LowCardinality(String),
    environment LowCardinality(String),
    time DateTime64(9, 'UTC'),
    name LowCardinality(String),
    data_type LowCardinality(String) COMMENT 'numeric, boolean, categorical or text',
    value Nullable(Float64),
    label String COMMENT 'the category or text; of a boolean true or false',
    comment String,
    source LowCardinality(String) COMMENT 'api, annotation or eval',
    author String,
    metadata String COMMENT 'JSON',
    trace_id FixedString(16) COMMENT 'zeros when it is of no trace',
    span_id FixedString(8),
    response_id String,
    session_id String,
    run_id String,
    deleted Bool,
    version UInt64,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_name name TYPE set(100) GRANULARITY 1
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS scores_store{{ m.on_cluster }} TO scores AS
SELECT
    workspace,
    if(attributes['tracehouse.score.id'] != '', attributes['tracehouse.score.id'], lower(hex(cityHash64(request_id, ordinal)))) AS score_id,
    project, environment,
    {{ m.time_of_log() }} AS time,
    attributes['gen_ai.evaluation.name'] AS name,
    multiIf(
        attributes['tracehouse.score.data_type'] != '', attributes['tracehouse.score.data_type'],
        attributes['gen_ai.evaluation.score.value'] != '', 'numeric', 'categorical') AS data_type,
    arrayFirstOrNull(x -> isFinite(x), [toFloat64OrNull(attributes['gen_ai.evaluation.score.value'])]) AS value,
    attributes['gen_ai.evaluation.score.label'] AS label,
    attributes['gen_ai.evaluation.explanation'] AS comment,
    if(attributes['tracehouse.score.source'] = '', 'eval', attributes['tracehouse.score.source']) AS source,
    attributes['tracehouse.score.author'] AS author,
    attributes['tracehouse.score.metadata'] AS metadata,
    trace_id, span_id,
    attributes['gen_ai.response.id'] AS response_id,
    {{ m.promoted_text('session_id') }} AS session_id,
    {{ m.promoted_text('run_id') }} AS run_id,
    attributes['tracehouse.score.deleted'] = 'true' AS deleted,
    toUInt64(toUnixTimestamp64Nano(received_time)) AS version
FROM logs_in
WHERE reject_reason = '' AND attributes['gen_ai.evaluation.name'] != ''
    AND (event_name = 'gen_ai.evaluation.result' OR attributes['event.name'] = 'gen_ai.evaluation.result');
