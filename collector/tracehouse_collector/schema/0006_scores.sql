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

-- What spans say of themselves: `gen_ai.evaluation.result` events, and OpenInference's annotations
-- (`annotations.0.annotation.name`, with `trace.` or `session.` in front where that is judged). An
-- evaluator that ran later has a span of its own, linked to what it judges.
CREATE MATERIALIZED VIEW IF NOT EXISTS span_scores_store{{ m.on_cluster }} TO scores AS
SELECT
    workspace,
    lower(hex(if(said.6 != '', cityHash64(of_trace, of_span, said.1, said.6), cityHash64(raw_trace_id, raw_span_id, said.7)))) AS score_id,
    project, environment, {{ m.at('start_ns') }} AS time,
    said.1 AS name,
    if(said.2 != '', 'numeric', 'categorical') AS data_type,
    arrayFirstOrNull(x -> isFinite(x), [toFloat64OrNull(said.2)]) AS value,
    said.3 AS label, said.4 AS comment,
    if(said.5 = 'HUMAN', 'annotation', 'eval') AS source,
    '' AS author, '' AS metadata,
    toFixedString(if(startsWith(said.7, 'session.') OR length(of_trace) != 16, '', of_trace), 16) AS trace_id,
    toFixedString(if(startsWith(said.7, 'session.') OR startsWith(said.7, 'trace.') OR length(of_span) != 8, '', of_span), 8) AS span_id,
    '' AS response_id, session_id, '' AS run_id, false AS deleted,
    toUInt64(toUnixTimestamp64Nano(received_time)) AS version
FROM (
    SELECT
        workspace, project, environment, raw_trace_id, raw_span_id, start_ns, received_time, session_id,
        if(kind = 'evaluator' AND notEmpty(`links.trace_id`), `links.trace_id`[1], raw_trace_id) AS of_trace,
        if(kind = 'evaluator' AND notEmpty(`links.span_id`), `links.span_id`[1], raw_span_id) AS of_span,
        arrayConcat(
            arrayMap(
                (e, i) -> (e['gen_ai.evaluation.name'], e['gen_ai.evaluation.score.value'], e['gen_ai.evaluation.score.label'], e['gen_ai.evaluation.explanation'], '', '', toString(i)),
                arrayFilter(e -> e['gen_ai.evaluation.name'] != '', `events.attributes` AS judgements), arrayEnumerate(arrayFilter(e -> e['gen_ai.evaluation.name'] != '', judgements))),
            arrayMap(
                p -> (attributes[concat(p, 'name')], attributes[concat(p, 'score')], attributes[concat(p, 'label')], attributes[concat(p, 'explanation')], attributes[concat(p, 'annotator_kind')], attributes[concat(p, 'identifier')], p),
                arrayMap(k -> substring(k, 1, length(k) - 4), arrayFilter(k -> match(k, '^(trace\\.|session\\.)?(annotations|evaluations)\\.[0-9]+\\.(annotation|evaluation)\\.name$'), mapKeys(attributes))))) AS judged
    FROM spans_in
    WHERE reject_reason = '' AND (has(`events.name`, 'gen_ai.evaluation.result')
        OR dialect = 'openinference' AND arrayExists(k -> endsWith(k, '.name') AND position(k, 'ations.') > 0, mapKeys(attributes)))
)
ARRAY JOIN judged AS said
WHERE said.1 != ''
