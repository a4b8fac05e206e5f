-- Metric data points of all five kinds, with their exemplars, and the scalars of training runs.
{% import 'macros.jinja' as m with context %}
{#- What the points of each kind have, as paths from the point. -#}
{% set exemplar_fields = [
    ('exemplars[].filtered_attributes', 'key_values'), ('exemplars[].time_unix_nano', 'UInt64'),
    ('exemplars[].value', "Enum8('none' = 0, 'as_double' = 3, 'as_int' = 6)"),
    ('exemplars[].as_double', 'Float64'), ('exemplars[].as_int', 'Int64'),
    ('exemplars[].span_id', 'String'), ('exemplars[].trace_id', 'String'),
] %}
{% set every_point = [
    ('time_unix_nano', 'UInt64'), ('start_time_unix_nano', 'UInt64'), ('attributes', 'key_values'), ('flags', 'UInt32'),
] %}
{% set number_point = every_point + exemplar_fields + [
    ('value', "Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6)"), ('as_double', 'Float64'), ('as_int', 'Int64'),
] %}
{% set distribution = every_point + exemplar_fields + [
    ('count', 'UInt64'), ('sum', 'Nullable(Float64)'), ('min', 'Nullable(Float64)'), ('max', 'Nullable(Float64)'),
] %}
{% set point_fields = {
    'gauge': number_point,
    'sum': number_point,
    'histogram': distribution + [('bucket_counts', 'Array(UInt64)'), ('explicit_bounds', 'Array(Float64)')],
    'exponential_histogram': distribution + [
        ('scale', 'Int32'), ('zero_count', 'UInt64'), ('zero_threshold', 'Float64'),
        ('positive.offset', 'Int32'), ('positive.bucket_counts', 'Array(UInt64)'),
        ('negative.offset', 'Int32'), ('negative.bucket_counts', 'Array(UInt64)'),
    ],
    'summary': every_point + [
        ('count', 'UInt64'), ('sum', 'Float64'),
        ('quantile_values[].quantile', 'Float64'), ('quantile_values[].value', 'Float64'),
    ],
} %}
{% set metric_fields = [
    ('name', 'String'), ('description', 'String'), ('unit', 'String'),
    ('sum.aggregation_temporality', 'Int32'), ('sum.is_monotonic', 'Bool'),
    ('histogram.aggregation_temporality', 'Int32'), ('exponential_histogram.aggregation_temporality', 'Int32'),
] %}
{% set fields = metric_fields | list %}
{% for kind, kind_fields in point_fields.items() %}{% for path, type in kind_fields %}
{%- set _ = fields.append((kind ~ '.data_points[].' ~ path, type)) -%}
{% endfor %}{% endfor %}

{{ m.inbox('metrics', 'resource_metrics', 'scope_metrics', 'metrics', fields) }};

-- One row a metric, on its way to the table of its kind. `metric_gauge.…` and not `metric.gauge.…`:
-- what stands before the first dot is one Nested to ClickHouse, whose arrays must be equally long.
CREATE TABLE IF NOT EXISTS metrics_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    {{ m.columns(fields, 'metric_', 0) }}
) ENGINE = Null;

{% set temporalities = ['unspecified', 'delta', 'cumulative'] %}
{% set number_type = "Enum8('none' = 0, 'double' = 4, 'int' = 6)" %}
{% set exemplar_type = "Enum8('none' = 0, 'double' = 3, 'int' = 6)" %}
{% set point_columns %}
    metric_name LowCardinality(String),
    description LowCardinality(String),
    unit LowCardinality(String),
    attributes {{ m.attributes }},
    attribute_types {{ m.types }},
    series UInt64 COMMENT 'hash of resource, scope and attributes',
    start_time DateTime64(9, 'UTC') COMMENT '1970-01-01 when it was not sent',
    time DateTime64(9, 'UTC'),
    flags UInt32
{%- endset %}
{% set exemplar_columns %}
    exemplars Nested(
        time_unix_nano UInt64,
        value_type {{ exemplar_type }},
        value Float64,
        value_int Int64,
        trace_id String,
        span_id String,
        attributes {{ m.attributes }},
        types {{ m.types }})
{%- endset %}
{% set number_columns %}
    metric_type Enum8('gauge' = 1, 'sum' = 2),
    temporality {{ m.enum_type(temporalities) }},
    is_monotonic Bool,
    value_type {{ number_type }},
    value Float64,
    value_int Int64 COMMENT 'exact, where value_type is int'
{%- endset %}
{% set distribution_columns %}
    temporality {{ m.enum_type(temporalities) }},
    count UInt64,
    sum Nullable(Float64),
    min Nullable(Float64),
    max Nullable(Float64)
{%- endset %}
{#- A point that is sent again, or replayed, replaces itself. -#}
{% set engine = ('Replacing', 'received_time') %}
{% set key = 'workspace, metric_name, series, time' %}
{% set shard = 'cityHash64(metric_name, series)' %}

{% call m.table('points', engine, 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    {{ number_columns }},
    {{ exemplar_columns }}
{%- endcall %}

{% call m.table('histograms', engine, 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    {{ distribution_columns }},
    bucket_counts Array(UInt64),
    explicit_bounds Array(Float64),
    {{ exemplar_columns }}
{%- endcall %}

{% call m.table('exponential_histograms', engine, 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    {{ distribution_columns }},
    scale Int32,
    zero_count UInt64,
    zero_threshold Float64,
    positive_offset Int32,
    positive_bucket_counts Array(UInt64),
    negative_offset Int32,
    negative_bucket_counts Array(UInt64),
    {{ exemplar_columns }}
{%- endcall %}

{% call m.table('summaries', engine, 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    count UInt64,
    sum Float64,
    quantiles Array(Float64),
    quantile_values Array(Float64)
{%- endcall %}

-- A scalar of a training run: any step, any order, the last write wins. Readings of the run's
-- machine are measured in time: their step is their time.
{% call m.table('run_metrics', ('Replacing', 'version'), "tuple()",
                'workspace, run_id, key, step', 'cityHash64(run_id)') %}
    workspace LowCardinality(String),
    project LowCardinality(String),
    run_id String,
    key LowCardinality(String),
    step Int64 COMMENT 'Unix nanoseconds where has_step is false',
    has_step Bool,
    time DateTime64(9, 'UTC'),
    value Float64,
    value_type {{ number_type }},
    value_int Int64,
    version UInt64
{%- endcall %}

CREATE TABLE IF NOT EXISTS points_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    {{ point_columns }},
    {{ number_columns }},
    {{ exemplar_columns }}
) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics_unnest{{ m.on_cluster }} TO metrics_in AS
SELECT {{ m.source_names() }}, {{ m.renamed(fields, 'metric.', 'metric_') }}
{{ m.unnested('metrics', 'resource_metrics', 'scope_metrics', 'metrics', fields, 'metric') }};

{#- What every data point has. -#}
{% macro point_select() -%}
    {{ m.source_names() }},
    `metric_name` AS metric_name,
    `metric_description` AS description,
    `metric_unit` AS unit,
    attributes,
    `point.attributes.value.value` AS attribute_types,
    cityHash64(resource_attributes, scope_name, scope_version, scope_attributes, attributes) AS series,
    {{ m.at('`point.start_time_unix_nano`') }} AS start_time,
    {{ m.at('`point.time_unix_nano`') }} AS time,
    `point.flags` AS flags
{%- endmacro %}
{% macro exemplar_select() -%}
    `point.exemplars.time_unix_nano` AS `exemplars.time_unix_nano`,
    CAST(arrayMap(v -> toInt8(v), `point.exemplars.value`), 'Array({{ exemplar_type | replace("'", "\\'") }})') AS `exemplars.value_type`,
    arrayMap((v, d, i) -> if(v = 'as_int', toFloat64(i), d), `point.exemplars.value`, `point.exemplars.as_double`, `point.exemplars.as_int`) AS `exemplars.value`,
    `point.exemplars.as_int` AS `exemplars.value_int`,
    `point.exemplars.trace_id` AS `exemplars.trace_id`,
    `point.exemplars.span_id` AS `exemplars.span_id`,
    {{ m.attribute_maps('point.exemplars.filtered_attributes') }} AS `exemplars.attributes`,
    `point.exemplars.filtered_attributes.value.value` AS `exemplars.types`
{%- endmacro %}
{% macro distribution_select(kind) -%}
    {{ m.enum('`metric_' ~ kind ~ '.aggregation_temporality`', temporalities) }} AS temporality,
    `point.count` AS count, `point.sum` AS sum, `point.min` AS min, `point.max` AS max
{%- endmacro %}
{#- The points of one kind as `point.…`; one without a storable time goes to the rejects instead. -#}
{% macro points_of(kind) -%}
FROM (
    SELECT
        {{ m.source_names() }}, {{ m.renamed(metric_fields, 'metric_', 'metric_') }},
        {{ m.passed(point_fields[kind], 'point') }},
        {{ m.attribute_map('point.attributes') }} AS attributes
    FROM metrics_in
    ARRAY JOIN {{ m.renamed(point_fields[kind], 'metric_' ~ kind ~ '.data_points.', 'point.') }}
    WHERE `point.time_unix_nano` BETWEEN 1 AND {{ m.latest_ns }} AND `point.start_time_unix_nano` <= {{ m.latest_ns }}
)
{%- endmacro %}

{% for kind in ['gauge', 'sum'] %}
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ kind }}s_unnest{{ m.on_cluster }} TO points_in AS
SELECT
    {{ point_select() }},
    '{{ kind }}' AS metric_type,
    {% if kind == 'sum' -%} {{ m.enum('`metric_sum.aggregation_temporality`', temporalities) }} {%- else -%} 'unspecified' {%- endif %} AS temporality,
    {% if kind == 'sum' -%} `metric_sum.is_monotonic` {%- else -%} false {%- endif %} AS is_monotonic,
    CAST(toInt8(`point.value`), '{{ number_type | replace("'", "\\'") }}') AS value_type,
    if(`point.value` = 'as_int', toFloat64(`point.as_int`), `point.as_double`) AS value,
    `point.as_int` AS value_int,
    {{ exemplar_select() }}
{{ points_of(kind) }};
{% endfor %}

CREATE MATERIALIZED VIEW IF NOT EXISTS points_store{{ m.on_cluster }} TO points AS
SELECT * FROM points_in;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_metrics_store{{ m.on_cluster }} TO run_metrics AS
SELECT
    workspace, project,
    {{ m.promoted_text('run_id') }} AS run_id,
    metric_name AS key,
    toInt64OrNull({{ m.promoted_text('step') }}) IS NOT NULL AS has_step,
    ifNull(toInt64OrNull({{ m.promoted_text('step') }}), toUnixTimestamp64Nano(time)) AS step,
    time, value, value_type, value_int,
    toUInt64(toUnixTimestamp64Nano(time)) AS version
FROM points_in
WHERE metric_type = 'gauge' AND value_type != 'none' AND {{ m.promoted_text('run_id') }} != '';

CREATE MATERIALIZED VIEW IF NOT EXISTS histograms_unnest{{ m.on_cluster }} TO histograms AS
SELECT
    {{ point_select() }},
    {{ distribution_select('histogram') }},
    `point.bucket_counts` AS bucket_counts, `point.explicit_bounds` AS explicit_bounds,
    {{ exemplar_select() }}
{{ points_of('histogram') }};

CREATE MATERIALIZED VIEW IF NOT EXISTS exponential_histograms_unnest{{ m.on_cluster }} TO exponential_histograms AS
SELECT
    {{ point_select() }},
    {{ distribution_select('exponential_histogram') }},
    `point.scale` AS scale, `point.zero_count` AS zero_count, `point.zero_threshold` AS zero_threshold,
    `point.positive.offset` AS positive_offset, `point.positive.bucket_counts` AS positive_bucket_counts,
    `point.negative.offset` AS negative_offset, `point.negative.bucket_counts` AS negative_bucket_counts,
    {{ exemplar_select() }}
{{ points_of('exponential_histogram') }};

CREATE MATERIALIZED VIEW IF NOT EXISTS summaries_unnest{{ m.on_cluster }} TO summaries AS
SELECT
    {{ point_select() }},
    `point.count` AS count, `point.sum` AS sum,
    `point.quantile_values.quantile` AS quantiles, `point.quantile_values.value` AS quantile_values
{{ points_of('summary') }};

{% macro unstorable(kind) -%}
arrayFilter((p, t, s) -> t NOT BETWEEN 1 AND {{ m.latest_ns }} OR s > {{ m.latest_ns }}, arrayZip(
        `metric_{{ kind }}.data_points.time_unix_nano`, `metric_{{ kind }}.data_points.start_time_unix_nano`,
        `metric_{{ kind }}.data_points.attributes.key`, `metric_{{ kind }}.data_points.attributes.value.string_value`,
        {% if kind in ('gauge', 'sum') -%} arrayMap((v, d, i) -> if(v = 'as_int', toString(i), toString(d)), `metric_{{ kind }}.data_points.value`, `metric_{{ kind }}.data_points.as_double`, `metric_{{ kind }}.data_points.as_int`)
        {%- else -%} arrayMap((c, s) -> concat('count ', toString(c), ', sum ', ifNull(toString(s), 'none')), `metric_{{ kind }}.data_points.count`, `metric_{{ kind }}.data_points.sum`) {%- endif %}),
        `metric_{{ kind }}.data_points.time_unix_nano`, `metric_{{ kind }}.data_points.start_time_unix_nano`)
{%- endmacro %}
CREATE MATERIALIZED VIEW IF NOT EXISTS metrics_reject{{ m.on_cluster }} TO rejects AS
SELECT
    workspace, received_time, 'metrics' AS signal,
    if(point.1 = 0, 'time_unix_nano is missing', 'time is out of range') AS reason,
    service,
    toJSONString(map('metric', `metric_name`, 'unit', `metric_unit`, 'time_unix_nano', toString(point.1),
        'start_time_unix_nano', toString(point.2), 'attribute_keys', toJSONString(point.3),
        'attribute_texts', toJSONString(point.4), 'value', point.5,
        'resource', toJSONString(resource_attributes), 'scope', scope_name)) AS record
FROM (
    SELECT * FROM metrics_in
    WHERE {% for kind in point_fields %}arrayExists((t, s) -> t NOT BETWEEN 1 AND {{ m.latest_ns }} OR s > {{ m.latest_ns }}, `metric_{{ kind }}.data_points.time_unix_nano`, `metric_{{ kind }}.data_points.start_time_unix_nano`){{ " OR " if not loop.last }}{% endfor %}
)
ARRAY JOIN arrayConcat(
    {% for kind in point_fields %}{{ unstorable(kind) }}{{ ",\n    " if not loop.last }}{% endfor %}) AS point;
