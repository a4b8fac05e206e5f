-- Metric data points of all five kinds, with their exemplars, and the scalars of training runs.
{% import 'macros.jinja' as m with context %}

{% set exemplars %}Array(Tuple(filtered_attributes {{ m.key_values }}, time_unix_nano UInt64, value Enum8('none' = 0, 'as_double' = 3, 'as_int' = 6), as_double Float64, as_int Int64, span_id String, trace_id String)){% endset %}
{% set number_points %}Array(Tuple(attributes {{ m.key_values }}, start_time_unix_nano UInt64, time_unix_nano UInt64, value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6), as_double Float64, as_int Int64, exemplars {{ exemplars }}, flags UInt32)){% endset %}

{% set metric %}
Tuple(
        name String, description String, unit String,
        gauge Tuple(data_points {{ number_points }}),
        sum Tuple(data_points {{ number_points }}, aggregation_temporality Int32, is_monotonic Bool),
        histogram Tuple(data_points Array(Tuple(
            attributes {{ m.key_values }}, start_time_unix_nano UInt64, time_unix_nano UInt64,
            count UInt64, sum Nullable(Float64), min Nullable(Float64), max Nullable(Float64),
            bucket_counts Array(UInt64), explicit_bounds Array(Float64),
            exemplars {{ exemplars }}, flags UInt32)), aggregation_temporality Int32),
        exponential_histogram Tuple(data_points Array(Tuple(
            attributes {{ m.key_values }}, start_time_unix_nano UInt64, time_unix_nano UInt64,
            count UInt64, sum Nullable(Float64), min Nullable(Float64), max Nullable(Float64),
            scale Int32, zero_count UInt64, zero_threshold Float64,
            positive Tuple(offset Int32, bucket_counts Array(UInt64)),
            negative Tuple(offset Int32, bucket_counts Array(UInt64)),
            exemplars {{ exemplars }}, flags UInt32)), aggregation_temporality Int32),
        summary Tuple(data_points Array(Tuple(
            attributes {{ m.key_values }}, start_time_unix_nano UInt64, time_unix_nano UInt64,
            count UInt64, sum Float64, quantile_values Array(Tuple(quantile Float64, value Float64)),
            flags UInt32))))
{%- endset %}

CREATE TABLE IF NOT EXISTS inbox_metrics{{ m.on_cluster }} (
    workspace LowCardinality(String),
    received_unix_nano UInt64,
    request_id UInt64,
    metrics Tuple(resource_metrics Array(Tuple(
        resource {{ m.resource }},
        scope_metrics Array(Tuple(
            scope {{ m.scope }},
            metrics Array({{ metric }}),
            schema_url String)),
        schema_url String)))
) ENGINE = Null;

{% set temporality = "Enum8('unspecified' = 0, 'delta' = 1, 'cumulative' = 2)" %}
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
        value_type Enum8('none' = 0, 'double' = 3, 'int' = 6),
        value Float64,
        value_int Int64,
        trace_id String,
        span_id String,
        attributes {{ m.attributes }},
        types {{ m.types }})
{%- endset %}
{% set number_columns %}
    metric_type Enum8('gauge' = 1, 'sum' = 2),
    temporality {{ temporality }},
    is_monotonic Bool,
    value_type Enum8('none' = 0, 'double' = 4, 'int' = 6),
    value Float64,
    value_int Int64 COMMENT 'exact, where value_type is int'
{%- endset %}
{% set key = 'workspace, metric_name, series, time' %}
{% set shard = 'cityHash64(metric_name, series)' %}

{% call m.table('points', ('Replacing', 'received_time'), 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    {{ number_columns }},
    {{ exemplar_columns }}
{%- endcall %}

{% call m.table('histograms', ('Replacing', 'received_time'), 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    temporality {{ temporality }},
    count UInt64,
    sum Nullable(Float64),
    min Nullable(Float64),
    max Nullable(Float64),
    bucket_counts Array(UInt64),
    explicit_bounds Array(Float64),
    {{ exemplar_columns }}
{%- endcall %}

{% call m.table('exponential_histograms', ('Replacing', 'received_time'), 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    temporality {{ temporality }},
    count UInt64,
    sum Nullable(Float64),
    min Nullable(Float64),
    max Nullable(Float64),
    scale Int32,
    zero_count UInt64,
    zero_threshold Float64,
    positive_offset Int32,
    positive_bucket_counts Array(UInt64),
    negative_offset Int32,
    negative_bucket_counts Array(UInt64),
    {{ exemplar_columns }}
{%- endcall %}

{% call m.table('summaries', ('Replacing', 'received_time'), 'toYYYYMM(time)', key, shard) %}
    {{ m.source_columns() }},
    {{ point_columns }},
    count UInt64,
    sum Float64,
    quantiles Array(Float64),
    quantile_values Array(Float64)
{%- endcall %}

-- A scalar of a training run: any step, any order, the last write wins.
{% call m.table('run_metrics', ('Replacing', 'version'), "tuple()",
                'workspace, run_id, key, step', 'cityHash64(run_id)') %}
    workspace LowCardinality(String),
    project LowCardinality(String),
    run_id String,
    key LowCardinality(String),
    step Int64,
    time DateTime64(9, 'UTC'),
    value Float64,
    value_type Enum8('none' = 0, 'double' = 4, 'int' = 6),
    value_int Int64,
    version UInt64
{%- endcall %}

-- One row a metric, on its way to the table of its kind.
CREATE TABLE IF NOT EXISTS metrics_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    metric {{ metric }}
) ENGINE = Null;

CREATE TABLE IF NOT EXISTS points_in{{ m.on_cluster }} (
    {{ m.source_columns() }},
    {{ point_columns }},
    {{ number_columns }},
    {{ exemplar_columns }}
) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS metrics_unnest{{ m.on_cluster }} TO metrics_in AS
SELECT {{ m.source_names() }}, metric
FROM (
{{ m.unnest('metrics', 'resource_metrics', 'scope_metrics', 'metrics') }}
)
ARRAY JOIN metrics AS metric;

{#- What every data point has, from `metric` and `point`. -#}
{% macro point_select() -%}
    {{ m.source_names() }},
    metric.name AS metric_name,
    metric.description AS description,
    metric.unit AS unit,
    {{ m.attribute_map('point.attributes') }} AS attributes,
    {{ m.attribute_types('point.attributes') }} AS attribute_types,
    cityHash64(resource_attributes, scope_name, scope_version, scope_attributes, attributes) AS series,
    {{ m.at('point.start_time_unix_nano') }} AS start_time,
    {{ m.at('point.time_unix_nano') }} AS time,
    point.flags AS flags
{%- endmacro %}
{% macro exemplar_select() -%}
    point.exemplars.time_unix_nano AS `exemplars.time_unix_nano`,
    CAST(arrayMap(v -> toInt8(v), point.exemplars.value), 'Array(Enum8(\'none\' = 0, \'double\' = 3, \'int\' = 6))') AS `exemplars.value_type`,
    arrayMap((v, d, i) -> if(v = 'as_int', toFloat64(i), d), point.exemplars.value, point.exemplars.as_double, point.exemplars.as_int) AS `exemplars.value`,
    point.exemplars.as_int AS `exemplars.value_int`,
    point.exemplars.trace_id AS `exemplars.trace_id`,
    point.exemplars.span_id AS `exemplars.span_id`,
    {{ m.attribute_maps('point.exemplars.filtered_attributes') }} AS `exemplars.attributes`,
    {{ m.attribute_typess('point.exemplars.filtered_attributes') }} AS `exemplars.types`
{%- endmacro %}
{% macro temporality_of(kind) -%}
CAST(if(metric.{{ kind }}.aggregation_temporality BETWEEN 0 AND 2, metric.{{ kind }}.aggregation_temporality, 0), '{{ temporality | replace("'", "\\'") }}')
{%- endmacro %}
{#- Rows of one kind of metric; a point without a storable time goes to the rejects instead. -#}
{% macro points_of(kind) -%}
FROM (SELECT * FROM metrics_in WHERE notEmpty(metric.{{ kind }}.data_points))
ARRAY JOIN metric.{{ kind }}.data_points AS point
WHERE point.time_unix_nano BETWEEN 1 AND {{ m.latest_ns }} AND point.start_time_unix_nano <= {{ m.latest_ns }}
{%- endmacro %}

{% for kind in ['gauge', 'sum'] %}
CREATE MATERIALIZED VIEW IF NOT EXISTS {{ kind }}s_unnest{{ m.on_cluster }} TO points_in AS
SELECT
    {{ point_select() }},
    '{{ kind }}' AS metric_type,
    {% if kind == 'sum' -%} {{ temporality_of('sum') }} {%- else -%} 'unspecified' {%- endif %} AS temporality,
    {% if kind == 'sum' -%} metric.sum.is_monotonic {%- else -%} false {%- endif %} AS is_monotonic,
    CAST(toInt8(point.value), 'Enum8(\'none\' = 0, \'double\' = 4, \'int\' = 6)') AS value_type,
    if(point.value = 'as_int', toFloat64(point.as_int), point.as_double) AS value,
    point.as_int AS value_int,
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
    toInt64OrZero({{ m.promoted_text('step') }}) AS step,
    time, value, value_type, value_int,
    toUInt64(toUnixTimestamp64Nano(time)) AS version
FROM points_in
WHERE metric_type = 'gauge' AND value_type != 'none' AND {{ m.promoted_text('run_id') }} != '';

CREATE MATERIALIZED VIEW IF NOT EXISTS histograms_unnest{{ m.on_cluster }} TO histograms AS
SELECT
    {{ point_select() }},
    {{ temporality_of('histogram') }} AS temporality,
    point.count AS count, point.sum AS sum, point.min AS min, point.max AS max,
    point.bucket_counts AS bucket_counts, point.explicit_bounds AS explicit_bounds,
    {{ exemplar_select() }}
{{ points_of('histogram') }};

CREATE MATERIALIZED VIEW IF NOT EXISTS exponential_histograms_unnest{{ m.on_cluster }} TO exponential_histograms AS
SELECT
    {{ point_select() }},
    {{ temporality_of('exponential_histogram') }} AS temporality,
    point.count AS count, point.sum AS sum, point.min AS min, point.max AS max,
    point.scale AS scale, point.zero_count AS zero_count, point.zero_threshold AS zero_threshold,
    point.positive.offset AS positive_offset, point.positive.bucket_counts AS positive_bucket_counts,
    point.negative.offset AS negative_offset, point.negative.bucket_counts AS negative_bucket_counts,
    {{ exemplar_select() }}
{{ points_of('exponential_histogram') }};

CREATE MATERIALIZED VIEW IF NOT EXISTS summaries_unnest{{ m.on_cluster }} TO summaries AS
SELECT
    {{ point_select() }},
    point.count AS count, point.sum AS sum,
    point.quantile_values.quantile AS quantiles, point.quantile_values.value AS quantile_values
{{ points_of('summary') }};

{% set kinds = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] %}
{% set unstorable = "(p.time_unix_nano NOT BETWEEN 1 AND " ~ m.latest_ns ~ ") OR p.start_time_unix_nano > " ~ m.latest_ns %}
CREATE MATERIALIZED VIEW IF NOT EXISTS metrics_reject{{ m.on_cluster }} TO rejects AS
SELECT
    workspace, received_time, 'metrics' AS signal,
    if(point.1 = 0, 'time_unix_nano is missing', 'time is out of range') AS reason,
    service,
    toJSONString(map('metric', metric.name, 'unit', metric.unit, 'kind', point.2, 'point', point.3,
        'resource', toJSONString(resource_attributes), 'scope', scope_name)) AS record
FROM metrics_in
ARRAY JOIN arrayConcat(
{%- for kind in kinds %}
    arrayMap(p -> (p.time_unix_nano, '{{ kind }}', toJSONString(p)), arrayFilter(p -> {{ unstorable }}, metric.{{ kind }}.data_points)){{ "," if not loop.last }}
{%- endfor %}) AS point;
