-- Cohorts: which traces are of which subject, experiment and variant, whichever of their spans says
-- so. A row that comes again changes nothing, so what is counted here is exact. The spans of runs are
-- left out: these are in `run_spans`.
{% import 'macros.jinja' as m with context %}

{% call m.table('trace_cohorts', ('Aggregating', ''), 'tuple()',
                'workspace, subject_id, project, experiment, variant, trace_id', 'cityHash64(trace_id)') %}
    workspace LowCardinality(String),
    subject_id String,
    project LowCardinality(String),
    experiment LowCardinality(String),
    variant LowCardinality(String),
    trace_id FixedString(16),
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')) COMMENT 'when the first span that says so started',
    last_time SimpleAggregateFunction(max, DateTime64(9, 'UTC'))
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_cohorts_store{{ m.on_cluster }} TO trace_cohorts AS
SELECT
    workspace,
    {{ m.promoted_text('subject_id') }} AS subject_id,
    project,
    {{ m.promoted_text('experiment') }} AS experiment,
    {{ m.promoted_text('variant') }} AS variant,
    {{ m.trace_id('raw_trace_id') }} AS trace_id,
    min({{ m.at('start_ns') }}) AS first_time,
    max({{ m.at('start_ns') }}) AS last_time
FROM spans_in
WHERE reject_reason = '' AND name != 'tracehouse.run' AND (subject_id != '' OR experiment != '')
GROUP BY workspace, subject_id, project, experiment, variant, trace_id;
