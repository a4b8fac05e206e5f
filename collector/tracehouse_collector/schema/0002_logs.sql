-- Log records, OpenTelemetry events included.
{% import 'macros.jinja' as m with context %}
{% set fields = [
    ('time_unix_nano', 'UInt64'), ('severity_number', 'Int32'), ('severity_text', 'String'), ('body', 'any_value'),
    ('attributes', 'key_values'), ('dropped_attributes_count', 'UInt32'), ('flags', 'UInt32'),
    ('trace_id', 'String'), ('span_id', 'String'), ('observed_time_unix_nano', 'UInt64'), ('event_name', 'String'),
] %}

{{ m.inbox('logs', 'resource_logs', 'scope_logs', 'log_records', fields) }};

{% set content %}
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
    request_id UInt64 COMMENT 'hash of the request that brought it',
    ordinal UInt64 COMMENT 'place in that request: with request_id, the identity of a record'
{%- endset %}
{% set content_names %}
    trace_id, span_id, flags, severity_number, severity_text, event_name, body, body_type,
    attributes, attribute_types, dropped_attributes_count, request_id, ordinal
{%- endset %}

CREATE TABLE IF NOT EXISTS logs_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    time_ns UInt64,
    observed_ns UInt64,
    {{ content }},
    reject_reason LowCardinality(String)
) ENGINE = Null;

-- Replacing by (request, ordinal): a request that a client sends again adds nothing, two equal lines do.
{% call m.table('logs', ('Replacing', ''), 'toYYYYMM(time)',
                'workspace, time, request_id, ordinal', 'cityHash64(trace_id, request_id)') %}
    {{ m.source_columns() }},
    time DateTime64(9, 'UTC') COMMENT 'of the event; when it has none, of its observation, then of its arrival',
    observed_time DateTime64(9, 'UTC') COMMENT '1970-01-01 when it was not sent',
    {{ content }},
    session_id String,
    run_id String,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_unnest{{ m.on_cluster }} TO logs_in AS
SELECT
    {{ m.source_names() }},
    `record.time_unix_nano` AS time_ns,
    `record.observed_time_unix_nano` AS observed_ns,
    {{ m.trace_id('`record.trace_id`') }} AS trace_id,
    {{ m.span_id('`record.span_id`') }} AS span_id,
    `record.flags` AS flags,
    if(`record.severity_number` BETWEEN 0 AND 255, `record.severity_number`, 0) AS severity_number,
    `record.severity_text` AS severity_text,
    `record.event_name` AS event_name,
    {{ m.any_text('record.body') }} AS body,
    `record.body.value` AS body_type,
    {{ m.attribute_map('record.attributes') }} AS attributes,
    `record.attributes.value.value` AS attribute_types,
    `record.dropped_attributes_count` AS dropped_attributes_count,
    request_id,
    {{ m.ordinal() }} AS ordinal,
    if(time_ns > {{ m.latest_ns }} OR observed_ns > {{ m.latest_ns }}, 'time is out of range', '') AS reject_reason
{{ m.unnested('logs', 'resource_logs', 'scope_logs', 'log_records', fields, 'record') }};

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_store{{ m.on_cluster }} TO logs AS
SELECT
    {{ m.source_names() }},
    {{ m.time_of_log() }} AS time,
    {{ m.at('observed_ns') }} AS observed_time,
    {{ content_names }},
    {{ m.session_of_log() }} AS session_id,
    {{ m.promoted_text('run_id') }} AS run_id
FROM logs_in WHERE reject_reason = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_reject{{ m.on_cluster }} TO rejects AS
SELECT
    workspace, received_time, 'logs' AS signal, reject_reason AS reason, service,
    toJSONString(map(
        'time_unix_nano', toString(time_ns), 'observed_time_unix_nano', toString(observed_ns),
        'trace_id', lower(hex(trace_id)), 'span_id', lower(hex(span_id)),
        'severity_number', toString(severity_number), 'severity_text', severity_text,
        'event_name', event_name, 'body', body, 'body_type', toString(body_type),
        'attributes', toJSONString(attributes), 'attribute_types', toJSONString(attribute_types),
        'resource', toJSONString(resource_attributes), 'scope', scope_name)) AS record
FROM logs_in WHERE reject_reason != '';
