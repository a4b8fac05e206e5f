-- Log records, OpenTelemetry events included.
{% import 'macros.jinja' as m with context %}

CREATE TABLE IF NOT EXISTS inbox_logs{{ m.on_cluster }} (
    workspace LowCardinality(String),
    received_unix_nano UInt64,
    request_id UInt64,
    logs Tuple(resource_logs Array(Tuple(
        resource {{ m.resource }},
        scope_logs Array(Tuple(
            scope {{ m.scope }},
            log_records Array(Tuple(
                time_unix_nano UInt64, severity_number Int32, severity_text String, body {{ m.any_value }},
                attributes {{ m.key_values }}, dropped_attributes_count UInt32, flags UInt32,
                trace_id String, span_id String, observed_time_unix_nano UInt64, event_name String)),
            schema_url String)),
        schema_url String)))
) ENGINE = Null;

{% set log_columns %}
    time DateTime64(9, 'UTC') COMMENT 'of the event; when it has none, of its observation, then of its arrival',
    observed_time DateTime64(9, 'UTC'),
    trace_id FixedString(16) COMMENT 'zeros when the record has none, or none that is valid',
    span_id FixedString(8),
    flags UInt32,
    severity_number UInt8,
    severity_text LowCardinality(String),
    event_name LowCardinality(String),
    body String,
    body_type {{ m.value_type }},
    attributes {{ m.attributes }},
    attribute_types {{ m.types }},
    dropped_attributes_count UInt32,
    session_id String,
    run_id String,
    request_id UInt64 COMMENT 'hash of the request that brought it',
    ordinal UInt64 COMMENT 'place in that request: with request_id, the identity of a record'
{%- endset %}

CREATE TABLE IF NOT EXISTS logs_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    {{ log_columns }},
    reject_reason LowCardinality(String),
    reject_record String
) ENGINE = Null;

-- Replacing by (request, ordinal): a request that a client sends again adds nothing, two equal lines do.
{% call m.table('logs', ('Replacing', ''), 'toYYYYMM(time)',
                'workspace, time, request_id, ordinal', 'cityHash64(trace_id, request_id)') %}
    {{ m.source_columns() }},
    {{ log_columns }},
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_unnest{{ m.on_cluster }} TO logs_in AS
SELECT
    {{ m.source_names() }},
    multiIf(record.time_unix_nano != 0, {{ m.at('record.time_unix_nano') }},
            record.observed_time_unix_nano != 0, {{ m.at('record.observed_time_unix_nano') }},
            received_time) AS time,
    {{ m.at('record.observed_time_unix_nano') }} AS observed_time,
    {{ m.trace_id('record.trace_id') }} AS trace_id,
    {{ m.span_id('record.span_id') }} AS span_id,
    record.flags AS flags,
    if(record.severity_number BETWEEN 0 AND 255, record.severity_number, 0) AS severity_number,
    record.severity_text AS severity_text,
    record.event_name AS event_name,
    {{ m.any_text('record.body') }} AS body,
    record.body.value AS body_type,
    {{ m.attribute_map('record.attributes') }} AS attributes,
    {{ m.attribute_types('record.attributes') }} AS attribute_types,
    record.dropped_attributes_count AS dropped_attributes_count,
    {{ m.promoted_text('session_id') }} AS session_id,
    {{ m.promoted_text('run_id') }} AS run_id,
    request_id,
    group_ordinal + record_ordinal AS ordinal,
    multiIf(
        record.time_unix_nano > {{ m.latest_ns }} OR record.observed_time_unix_nano > {{ m.latest_ns }}, 'time is out of range',
        '') AS reject_reason,
    if(reject_reason = '', '', toJSONString(map(
        'time_unix_nano', toString(record.time_unix_nano),
        'observed_time_unix_nano', toString(record.observed_time_unix_nano),
        'trace_id', lower(hex(record.trace_id)), 'span_id', lower(hex(record.span_id)),
        'severity_number', toString(record.severity_number), 'severity_text', record.severity_text,
        'event_name', record.event_name, 'body', body, 'attributes', toJSONString(attributes),
        'resource', toJSONString(resource_attributes), 'scope', scope_name))) AS reject_record
FROM (
{{ m.unnest('logs', 'resource_logs', 'scope_logs', 'log_records') }}
)
ARRAY JOIN log_records AS record, arrayEnumerate(log_records) AS record_ordinal;

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_store{{ m.on_cluster }} TO logs AS
SELECT * EXCEPT (reject_reason, reject_record) FROM logs_in WHERE reject_reason = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_reject{{ m.on_cluster }} TO rejects AS
SELECT workspace, received_time, 'logs' AS signal, reject_reason AS reason, service, reject_record AS record
FROM logs_in WHERE reject_reason != '';
