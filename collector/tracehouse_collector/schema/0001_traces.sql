-- Spans: what comes in, the rows that stay, and the list of traces.
{% import 'macros.jinja' as m with context %}

CREATE TABLE IF NOT EXISTS inbox_traces{{ m.on_cluster }} (
    workspace LowCardinality(String),
    received_unix_nano UInt64,
    request_id UInt64,
    traces Tuple(resource_spans Array(Tuple(
        resource {{ m.resource }},
        scope_spans Array(Tuple(
            scope {{ m.scope }},
            spans Array(Tuple(
                trace_id String, span_id String, trace_state String, parent_span_id String,
                name String, kind Int32, start_time_unix_nano UInt64, end_time_unix_nano UInt64,
                attributes {{ m.key_values }}, dropped_attributes_count UInt32,
                events Array(Tuple(time_unix_nano UInt64, name String, attributes {{ m.key_values }}, dropped_attributes_count UInt32)),
                dropped_events_count UInt32,
                links Array(Tuple(trace_id String, span_id String, trace_state String, attributes {{ m.key_values }}, dropped_attributes_count UInt32, flags UInt32)),
                dropped_links_count UInt32,
                status Tuple(message String, code Int32), flags UInt32)),
            schema_url String)),
        schema_url String)))
) ENGINE = Null;

{% set span_columns %}
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    trace_state String,
    flags UInt32,
    name LowCardinality(String),
    span_kind Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
    start_time DateTime64(9, 'UTC'),
    end_time DateTime64(9, 'UTC') COMMENT '1970-01-01 while the span is pending',
    duration_ns UInt64,
    pending Bool,
    status_code Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
    status_message String,
    attributes {{ m.attributes }},
    attribute_types {{ m.types }},
    dropped_attributes_count UInt32,
    events Nested(
        time_unix_nano UInt64,
        name LowCardinality(String),
        attributes {{ m.attributes }},
        types {{ m.types }},
        dropped_attributes_count UInt32),
    dropped_events_count UInt32,
    links Nested(
        trace_id String,
        span_id String,
        trace_state String,
        attributes {{ m.attributes }},
        types {{ m.types }},
        dropped_attributes_count UInt32,
        flags UInt32),
    dropped_links_count UInt32,
    session_id String,
    run_id String,
    step Nullable(Int64),
    subject_id String,
    experiment LowCardinality(String),
    variant LowCardinality(String),
    version UInt64 COMMENT 'finished beats pending, then later beats earlier'
{%- endset %}

CREATE TABLE IF NOT EXISTS spans_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    {{ span_columns }},
    reject_reason LowCardinality(String),
    reject_record String
) ENGINE = Null;

{% call m.table('spans', ('Replacing', 'version'), 'toYYYYMM(start_time)',
                'workspace, toStartOfHour(start_time), trace_id, span_id', 'cityHash64(trace_id)') %}
    {{ m.source_columns() }},
    {{ span_columns }},
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1
{%- endcall %}

-- One row a trace and insert: its root, or, while that has not come, its earliest span. A list of
-- traces reads this and not the spans.
{% call m.table('trace_roots', ('Replacing', 'version'), 'toYYYYMM(start_time)',
                'workspace, start_time, trace_id, span_id', 'cityHash64(trace_id)') %}
    workspace LowCardinality(String),
    project LowCardinality(String),
    service LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    is_root Bool,
    name LowCardinality(String),
    start_time DateTime64(9, 'UTC'),
    end_time DateTime64(9, 'UTC'),
    duration_ns UInt64,
    pending Bool,
    status_code Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
    session_id String,
    run_id String,
    version UInt64,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1
{%- endcall %}

-- What could not be stored as what it claims to be, kept whole with the reason.
{% call m.table('rejects', ('Replacing', ''), 'toYYYYMM(received_time)',
                'workspace, received_time, signal, reason, cityHash64(record)', 'rand()') %}
    workspace LowCardinality(String),
    received_time DateTime64(9, 'UTC'),
    signal LowCardinality(String),
    reason LowCardinality(String),
    service LowCardinality(String),
    record String COMMENT 'JSON; ids in hex'
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_unnest{{ m.on_cluster }} TO spans_in AS
SELECT
    {{ m.source_names() }},
    {{ m.trace_id('span.trace_id') }} AS trace_id,
    {{ m.span_id('span.span_id') }} AS span_id,
    {{ m.span_id('span.parent_span_id') }} AS parent_span_id,
    span.trace_state AS trace_state,
    span.flags AS flags,
    span.name AS name,
    CAST(if(span.kind BETWEEN 0 AND 5, span.kind, 0), 'Enum8(\'unspecified\' = 0, \'internal\' = 1, \'server\' = 2, \'client\' = 3, \'producer\' = 4, \'consumer\' = 5)') AS span_kind,
    {{ m.at('span.start_time_unix_nano') }} AS start_time,
    {{ m.at('span.end_time_unix_nano') }} AS end_time,
    span.end_time_unix_nano = 0 AS pending,
    if(pending, 0, span.end_time_unix_nano - span.start_time_unix_nano) AS duration_ns,
    CAST(if(span.status.code BETWEEN 0 AND 2, span.status.code, 0), 'Enum8(\'unset\' = 0, \'ok\' = 1, \'error\' = 2)') AS status_code,
    span.status.message AS status_message,
    {{ m.attribute_map('span.attributes') }} AS attributes,
    {{ m.attribute_types('span.attributes') }} AS attribute_types,
    span.dropped_attributes_count AS dropped_attributes_count,
    span.events.time_unix_nano AS `events.time_unix_nano`,
    span.events.name AS `events.name`,
    {{ m.attribute_maps('span.events.attributes') }} AS `events.attributes`,
    {{ m.attribute_typess('span.events.attributes') }} AS `events.types`,
    span.events.dropped_attributes_count AS `events.dropped_attributes_count`,
    span.dropped_events_count AS dropped_events_count,
    span.links.trace_id AS `links.trace_id`,
    span.links.span_id AS `links.span_id`,
    span.links.trace_state AS `links.trace_state`,
    {{ m.attribute_maps('span.links.attributes') }} AS `links.attributes`,
    {{ m.attribute_typess('span.links.attributes') }} AS `links.types`,
    span.links.dropped_attributes_count AS `links.dropped_attributes_count`,
    span.links.flags AS `links.flags`,
    span.dropped_links_count AS dropped_links_count,
    {{ m.promoted_text('session_id') }} AS session_id,
    {{ m.promoted_text('run_id') }} AS run_id,
    toInt64OrNull({{ m.promoted_text('step') }}) AS step,
    {{ m.promoted_text('subject_id') }} AS subject_id,
    {{ m.promoted_text('experiment') }} AS experiment,
    {{ m.promoted_text('variant') }} AS variant,
    bitShiftLeft(toUInt64(NOT pending), 63) + toUInt64(toUnixTimestamp64Nano(received_time)) AS version,
    multiIf(
        length(span.trace_id) != 16, 'trace_id is not 16 bytes long',
        trace_id = toFixedString('', 16), 'trace_id is all zeros',
        length(span.span_id) != 8, 'span_id is not 8 bytes long',
        span_id = toFixedString('', 8), 'span_id is all zeros',
        length(span.parent_span_id) NOT IN (0, 8), 'parent_span_id is not 8 bytes long',
        span.start_time_unix_nano = 0, 'start_time_unix_nano is missing',
        span.start_time_unix_nano > {{ m.latest_ns }} OR span.end_time_unix_nano > {{ m.latest_ns }}, 'time is out of range',
        span.end_time_unix_nano != 0 AND span.end_time_unix_nano < span.start_time_unix_nano, 'end time is before start time',
        '') AS reject_reason,
    if(reject_reason = '', '', toJSONString(map(
        'trace_id', lower(hex(span.trace_id)), 'span_id', lower(hex(span.span_id)),
        'parent_span_id', lower(hex(span.parent_span_id)), 'name', span.name, 'kind', toString(span.kind),
        'start_time_unix_nano', toString(span.start_time_unix_nano),
        'end_time_unix_nano', toString(span.end_time_unix_nano),
        'status', toJSONString(span.status), 'attributes', toJSONString(attributes),
        'events', toJSONString(span.events), 'links', toJSONString(span.links),
        'resource', toJSONString(resource_attributes), 'scope', scope_name))) AS reject_record
FROM (
{{ m.unnest('traces', 'resource_spans', 'scope_spans', 'spans') }}
)
ARRAY JOIN spans AS span;

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_store{{ m.on_cluster }} TO spans AS
SELECT * EXCEPT (reject_reason, reject_record) FROM spans_in WHERE reject_reason = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_reject{{ m.on_cluster }} TO rejects AS
SELECT workspace, received_time, 'traces' AS signal, reject_reason AS reason, service, reject_record AS record
FROM spans_in WHERE reject_reason != '';

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_roots_store{{ m.on_cluster }} TO trace_roots AS
SELECT
    workspace, trace_id,
    tupleElement(best, 1) AS project, tupleElement(best, 2) AS service, tupleElement(best, 3) AS span_id,
    tupleElement(best, 4) AS is_root, tupleElement(best, 5) AS name, tupleElement(best, 6) AS start_time,
    tupleElement(best, 7) AS end_time, tupleElement(best, 8) AS duration_ns, tupleElement(best, 9) AS pending,
    tupleElement(best, 10) AS status_code, session_id, run_id, tupleElement(best, 11) AS version
FROM (
    SELECT
        workspace, trace_id,
        argMin(
            (project, service, span_id, parent_span_id = toFixedString('', 8), name, start_time, end_time,
             duration_ns, pending, status_code, spans_in.version),
            (parent_span_id != toFixedString('', 8), start_time, pending, span_id)) AS best,
        max(spans_in.session_id) AS session_id,
        max(spans_in.run_id) AS run_id
    FROM spans_in
    WHERE reject_reason = ''
    GROUP BY workspace, trace_id
);
