-- Spans: what comes in, the rows that stay, and the list of traces.
{% import 'macros.jinja' as m with context %}
{% set fields = [
    ('trace_id', 'String'), ('span_id', 'String'), ('trace_state', 'String'), ('parent_span_id', 'String'),
    ('name', 'String'), ('kind', 'Int32'), ('start_time_unix_nano', 'UInt64'), ('end_time_unix_nano', 'UInt64'),
    ('attributes', 'key_values'), ('dropped_attributes_count', 'UInt32'),
    ('events[].time_unix_nano', 'UInt64'), ('events[].name', 'String'), ('events[].attributes', 'key_values'),
    ('events[].dropped_attributes_count', 'UInt32'), ('dropped_events_count', 'UInt32'),
    ('links[].trace_id', 'String'), ('links[].span_id', 'String'), ('links[].trace_state', 'String'),
    ('links[].attributes', 'key_values'), ('links[].dropped_attributes_count', 'UInt32'), ('links[].flags', 'UInt32'),
    ('dropped_links_count', 'UInt32'), ('status.message', 'String'), ('status.code', 'Int32'), ('flags', 'UInt32'),
] %}
{% set span_kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] %}
{% set status_codes = ['unset', 'ok', 'error'] %}
{% set zero_trace = "toFixedString('', 16)" %}
{% set zero_span = "toFixedString('', 8)" %}

{{ m.inbox('traces', 'resource_spans', 'scope_spans', 'spans', fields) }};

{#- What a span has that is neither an id nor a time. -#}
{% set content %}
    trace_state String,
    flags UInt32,
    name LowCardinality(String),
    span_kind {{ m.enum_type(span_kinds) }},
    status_code {{ m.enum_type(status_codes) }},
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
    dropped_links_count UInt32
{%- endset %}
{% set content_names %}
    trace_state, flags, name, span_kind, status_code, status_message,
    attributes, attribute_types, dropped_attributes_count,
    `events.time_unix_nano`, `events.name`, `events.attributes`, `events.types`,
    `events.dropped_attributes_count`, dropped_events_count,
    `links.trace_id`, `links.span_id`, `links.trace_state`, `links.attributes`, `links.types`,
    `links.dropped_attributes_count`, `links.flags`, dropped_links_count
{%- endset %}

{#- What a span means, whichever dialect it is in: see semconv/tracehouse_semconv/dialects.py. -#}
{% set canonical_types = {
    'dialect': 'LowCardinality(String)', 'kind': 'LowCardinality(String)',
    'provider': 'LowCardinality(String)', 'framework': 'LowCardinality(String)',
    'request_model': 'LowCardinality(String)', 'response_model': 'LowCardinality(String)',
    'input_tokens': "UInt64 COMMENT 'of the cache included'", 'output_tokens': "UInt64 COMMENT 'reasoning included'",
    'cache_read_tokens': 'UInt64', 'cache_write_tokens': 'UInt64',
    'cache_write_1h_tokens': "UInt64 COMMENT 'of what was written to the cache, that which stays for an hour'",
    'reasoning_tokens': 'UInt64',
    'total_tokens': "UInt64 COMMENT 'input and output; where neither was sent, the total that was'",
    'cost_usd': "Nullable(Float64) COMMENT 'as sent'", 'finish_reason': 'LowCardinality(String)',
    'ttft_ms': 'Nullable(Float64)', 'response_id': 'String', 'session_id': 'String', 'user_id': 'String',
    'agent_name': 'LowCardinality(String)', 'tool_name': 'LowCardinality(String)', 'tool_call_id': 'String',
    'prompt_name': 'LowCardinality(String)', 'prompt_version': 'LowCardinality(String)',
    'error_type': 'LowCardinality(String)', 'tags': 'Array(LowCardinality(String))',
} %}
{% set canonical_columns -%}
{% for column, type in canonical_types.items() %}
    {{ column }} {{ type }},
{%- endfor %}
    call_id UInt64 COMMENT 'the same for every span and log record of one call of a model; 0: it is none, or has no usage'
{%- endset %}
{% set canonical_names -%}
{% for column in canonical_types %}{{ column }}, {% endfor %}call_id
{%- endset %}

{% set sent_columns %}
    {{ m.source_columns() }},
    raw_trace_id String,
    raw_span_id String,
    raw_parent_span_id String,
    start_ns UInt64,
    end_ns UInt64,
    {{ content }},
    reject_reason LowCardinality(String)
{%- endset %}

-- One row a span on its way: ids and times as they were sent, and whether they can be stored.
CREATE TABLE IF NOT EXISTS spans_sent{{ m.on_cluster }} ({{ sent_columns }}) ENGINE = Null;

-- The same with what it means. A step of its own: within the view that unnests, the expressions
-- took four times as long to plan.
CREATE TABLE IF NOT EXISTS spans_in{{ m.on_cluster }} (
    {{ sent_columns }},
    {{ canonical_columns }}
) ENGINE = Null;

{% call m.table('spans', ('Replacing', 'version'), 'toYYYYMM(start_time)',
                'workspace, toStartOfHour(start_time), trace_id, span_id', 'cityHash64(trace_id)', 2048) %}
    {{ m.source_columns() }},
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8) COMMENT 'zeros for a root',
    start_time DateTime64(9, 'UTC'),
    end_time DateTime64(9, 'UTC') COMMENT '1970-01-01 while the span is pending',
    duration_ns UInt64,
    pending Bool,
    {{ content }},
    {{ canonical_columns }},
    run_id String,
    step Nullable(Int64),
    subject_id String,
    experiment LowCardinality(String),
    variant LowCardinality(String),
    version UInt64 COMMENT 'finished beats pending, then later beats earlier',
    INDEX by_attribute_value mapValues(attributes) TYPE bloom_filter(0.025) GRANULARITY 1,
    INDEX by_array_key {{ m.array_keys }} TYPE bloom_filter(0.025) GRANULARITY 1
{%- endcall %}

-- One row a trace, insert and hour: the trace's root, or, while that has not come, its earliest span
-- of the hour. A list of traces reads this and not the spans; and since every hour in which a trace
-- has spans has a row here, it tells where in the key of `spans` a trace is found.
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
    duration_ns UInt64,
    pending Bool,
    status_code {{ m.enum_type(status_codes) }},
    session_id String,
    user_id String,
    model LowCardinality(String) COMMENT 'one that its spans name: what a call that names none has used',
    tags Array(LowCardinality(String)) COMMENT 'of any of its spans',
    is_noise Bool COMMENT 'nothing but the inner workings of an agent',
    run_id String,
    version UInt64,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    -- What came lately is looked for again and again: older parts are left out by when they were received.
    INDEX by_received bitAnd(version, 9223372036854775807) TYPE minmax GRANULARITY 1
{%- endcall %}

-- What could not be stored as what it claims to be, kept whole with the reason.
{% call m.table('rejects', ('Replacing', ''), 'toYYYYMM(received_time)',
                'workspace, received_time, signal, reason, cityHash64(record)', 'cityHash64(record)') %}
    workspace LowCardinality(String),
    received_time DateTime64(9, 'UTC'),
    signal LowCardinality(String),
    reason LowCardinality(String),
    service LowCardinality(String),
    record String COMMENT 'JSON; ids in hex'
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_unnest{{ m.on_cluster }} TO spans_sent AS
SELECT
    {{ m.source_names() }},
    `span.trace_id` AS raw_trace_id,
    `span.span_id` AS raw_span_id,
    `span.parent_span_id` AS raw_parent_span_id,
    `span.start_time_unix_nano` AS start_ns,
    `span.end_time_unix_nano` AS end_ns,
    `span.trace_state` AS trace_state,
    `span.flags` AS flags,
    `span.name` AS name,
    {{ m.enum('`span.kind`', span_kinds) }} AS span_kind,
    {{ m.enum('`span.status.code`', status_codes) }} AS status_code,
    `span.status.message` AS status_message,
    {{ m.attribute_map('span.attributes') }} AS attributes,
    `span.attributes.value.value` AS attribute_types,
    `span.dropped_attributes_count` AS dropped_attributes_count,
    `span.events.time_unix_nano` AS `events.time_unix_nano`,
    `span.events.name` AS `events.name`,
    {{ m.attribute_maps('span.events.attributes') }} AS `events.attributes`,
    `span.events.attributes.value.value` AS `events.types`,
    `span.events.dropped_attributes_count` AS `events.dropped_attributes_count`,
    `span.dropped_events_count` AS dropped_events_count,
    `span.links.trace_id` AS `links.trace_id`,
    `span.links.span_id` AS `links.span_id`,
    `span.links.trace_state` AS `links.trace_state`,
    {{ m.attribute_maps('span.links.attributes') }} AS `links.attributes`,
    `span.links.attributes.value.value` AS `links.types`,
    `span.links.dropped_attributes_count` AS `links.dropped_attributes_count`,
    `span.links.flags` AS `links.flags`,
    `span.dropped_links_count` AS dropped_links_count,
    multiIf(
        length(raw_trace_id) != 16, 'trace_id is not 16 bytes long',
        raw_trace_id = {{ zero_trace }}, 'trace_id is all zeros',
        length(raw_span_id) != 8, 'span_id is not 8 bytes long',
        raw_span_id = {{ zero_span }}, 'span_id is all zeros',
        length(raw_parent_span_id) NOT IN (0, 8), 'parent_span_id is not 8 bytes long',
        start_ns = 0, 'start_time_unix_nano is missing',
        start_ns > {{ m.latest_ns }} OR end_ns > {{ m.latest_ns }}, 'time is out of range',
        end_ns != 0 AND end_ns < start_ns, 'end time is before start time',
        '') AS reject_reason
{{ m.unnested('traces', 'resource_spans', 'scope_spans', 'spans', fields, 'span') }};

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_mean{{ m.on_cluster }} TO spans_in AS
SELECT
    -- Not by an if: branches are evaluated row by row, and this one cost 6 µs a span so.
    * REPLACE (input_tokens + output_tokens + total_tokens * (input_tokens + output_tokens = 0) AS total_tokens),
    multiIf(
        kind NOT IN ('generation', 'embedding') OR input_tokens + output_tokens + total_tokens = 0 AND cost_usd IS NULL, 0,
        response_id != '', cityHash64(service, response_id),
        cityHash64(raw_trace_id, raw_span_id)) AS call_id
FROM (
    SELECT
        {{ m.names(m.source_fields[:4]) }},
        if({{ of_span.columns.environment }} != '', {{ of_span.columns.environment }}, staged.environment) AS environment,
        if({{ of_span.columns.release }} != '', {{ of_span.columns.release }}, staged.release) AS release,
        {{ m.names(m.source_fields[6:]) }},
        raw_trace_id, raw_span_id, raw_parent_span_id, start_ns, end_ns,
        {{ content_names }},
        {%- for column in canonical_types %}
        {{ of_span.columns[column] }} AS {{ column }},
        {%- endfor %}
        reject_reason
    FROM
    {%- for stage in of_span.stages | reverse %}
    (SELECT *{% for name, expression in stage.items() %}, {{ expression }} AS {{ name }}{% endfor %} FROM
    {%- endfor %}
    spans_sent{{ ')' * of_span.stages | length }} AS staged
);

{#- From what a span in `spans_in` was sent as to what is stored. -#}
{% macro stored() -%}
    {{ m.trace_id('raw_trace_id') }} AS trace_id,
    {{ m.span_id('raw_span_id') }} AS span_id,
    {{ m.span_id('raw_parent_span_id') }} AS parent_span_id,
    {{ m.at('start_ns') }} AS start_time,
    end_ns = 0 AS pending,
    if(end_ns = 0, 0, end_ns - start_ns) AS duration_ns,
    bitShiftLeft(toUInt64(end_ns != 0), 63) + toUInt64(toUnixTimestamp64Nano(received_time)) AS version
{%- endmacro %}

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_store{{ m.on_cluster }} TO spans AS
SELECT
    {{ m.source_names() }},
    {{ stored() }},
    {{ m.at('end_ns') }} AS end_time,
    {{ content_names }},
    {{ canonical_names }},
    {{ m.promoted_text('run_id') }} AS run_id,
    toInt64OrNull({{ m.promoted_text('step') }}) AS step,
    {{ m.promoted_text('subject_id') }} AS subject_id,
    {{ m.promoted_text('experiment') }} AS experiment,
    {{ m.promoted_text('variant') }} AS variant
FROM spans_in WHERE reject_reason = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS spans_reject{{ m.on_cluster }} TO rejects AS
SELECT
    workspace, received_time, 'traces' AS signal, reject_reason AS reason, service,
    toJSONString(map(
        'trace_id', lower(hex(raw_trace_id)), 'span_id', lower(hex(raw_span_id)),
        'parent_span_id', lower(hex(raw_parent_span_id)), 'name', name, 'kind', toString(span_kind),
        'start_time_unix_nano', toString(start_ns), 'end_time_unix_nano', toString(end_ns),
        'status', toString(status_code), 'status_message', status_message, 'trace_state', trace_state,
        'attributes', toJSONString(attributes), 'attribute_types', toJSONString(attribute_types),
        'events', toJSONString(arrayZip(`events.time_unix_nano`, `events.name`, `events.attributes`)),
        'links', toJSONString(arrayZip(arrayMap(i -> hex(i), `links.trace_id`), arrayMap(i -> hex(i), `links.span_id`), `links.attributes`)),
        'resource', toJSONString(resource_attributes), 'scope', scope_name)) AS record
FROM spans_in WHERE reject_reason != '';

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_roots_store{{ m.on_cluster }} TO trace_roots AS
SELECT
    workspace, trace_id,
    best.1 AS project, best.2 AS service, best.3 AS span_id, best.4 AS is_root, best.5 AS name,
    best.6 AS start_time, best.7 AS duration_ns, best.8 AS pending, best.9 AS status_code,
    session_id, user_id, model, tags, is_noise, run_id, best.10 AS version
FROM (
    SELECT
        workspace, trace_id,
        argMin(
            (project, service, span_id, parent_span_id = {{ zero_span }}, name, start_time, duration_ns,
             pending, status_code, version),
            (parent_span_id != {{ zero_span }}, start_time, pending, span_id)) AS best,
        max(session) AS session_id,
        max(of_user) AS user_id,
        max(of_model) AS model,
        groupUniqArrayArray(of_tags) AS tags,
        min(noise) AS is_noise,
        max(run) AS run_id
    FROM (
        SELECT
            workspace, project, service, name, status_code,
            {{ stored() }},
            session_id AS session, user_id AS of_user, request_model AS of_model, tags AS of_tags,
            scope_name LIKE 'codex\\_%' AND kind = 'span' AS noise,
            {{ m.promoted_text('run_id') }} AS run
        FROM spans_in WHERE reject_reason = ''
    )
    GROUP BY workspace, trace_id, toStartOfHour(start_time)
);
