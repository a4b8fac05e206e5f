-- One row a call of a model that used tokens. Whatever instruments a call, and however often, it is
-- one row, since they have the response's id in common: usage is a sum over this table.
{% import 'macros.jinja' as m with context %}
{% set beside_midnight = 600 %}  {#- seconds -#}
{% set tokens = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens', 'reasoning_tokens', 'total_tokens'] %}

{% call m.table('calls', ('Replacing', 'version'), 'toYYYYMM(day)', 'workspace, day, call_id', 'call_id') %}
    workspace LowCardinality(String),
    day Date,
    call_id UInt64,
    project LowCardinality(String),
    service LowCardinality(String),
    environment LowCardinality(String),
    dialect LowCardinality(String),
    from_log Bool,
    by_span Bool COMMENT 'it has no id of its own: what reports it again cannot be known by that',
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    start_time DateTime64(9, 'UTC'),
    duration_ns UInt64,
    provider LowCardinality(String),
    model LowCardinality(String) COMMENT 'the one served, else the one requested',
    session_id String,
    user_id String,
    agent_name LowCardinality(String),
    prompt_name LowCardinality(String),
    prompt_version LowCardinality(String),
    {% for name in tokens %}{{ name }} UInt64,
    {% endfor %}cost_usd Nullable(Float64) COMMENT 'as sent',
    beside_midnight Int8 MATERIALIZED
        (toUnixTimestamp(start_time) % 86400 < {{ beside_midnight }}) - (toUnixTimestamp(start_time) % 86400 >= 86400 - {{ beside_midnight }})
        COMMENT '1 in the first minutes of a day, -1 in the last: what reports it too may be on the other side',
    version UInt64 COMMENT 'what knows more beats what knows less, then later beats earlier'
{%- endcall %}

CREATE MATERIALIZED VIEW IF NOT EXISTS calls_store{{ m.on_cluster }} TO calls AS
SELECT
    workspace, toDate({{ m.at('start_ns') }}) AS day, call_id, project, service, environment, dialect,
    false AS from_log, response_id = '' AS by_span,
    {{ m.trace_id('raw_trace_id') }} AS trace_id,
    {{ m.span_id('raw_span_id') }} AS span_id,
    {{ m.span_id('raw_parent_span_id') }} AS parent_span_id,
    {{ m.at('start_ns') }} AS start_time,
    if(end_ns = 0, 0, end_ns - start_ns) AS duration_ns,
    provider, if(response_model != '', response_model, request_model) AS model,
    session_id, user_id, agent_name, prompt_name, prompt_version,
    {{ tokens | join(', ') }}, cost_usd,
    bitShiftLeft(toUInt64(end_ns != 0), 63) + bitShiftLeft(toUInt64(session_id != '' OR user_id != ''), 62)
        + bitShiftLeft(toUInt64(dialect = 'anthropic_native'), 61)
        + bitAnd(toUInt64(toUnixTimestamp64Nano(received_time)), 2305843009213693951) AS version
FROM spans_in WHERE reject_reason = '' AND call_id != 0;

-- The coding agents say in log records what a call used. Claude Code's have the id that its spans
-- have; the others' have none: see `usage/calls.py` for how they are told from spans.
{% set agents = {
    'api_request': ('claude_code', 'anthropic'), 'codex.sse_event': ('codex', 'openai'),
    'gemini_cli.api_response': ('gemini_cli', 'gcp.gemini'), 'qwen-code.api_response': ('qwen_code', ''),
} %}
{% set claude = "dialect = 'claude_code'" %}
{%- macro count(keys) -%} toUInt64OrZero({{ m.first_of('attributes', keys) }}) {%- endmacro %}
CREATE MATERIALIZED VIEW IF NOT EXISTS logged_calls_store{{ m.on_cluster }} TO calls AS
SELECT
    workspace, toDate(start_time) AS day,
    if({{ claude }} AND attributes['request_id'] != '', cityHash64(service, attributes['request_id']), cityHash64(request_id, ordinal)) AS call_id,
    project, service, environment, dialect,
    true AS from_log, attributes['request_id'] = '' AS by_span, trace_id, span_id, start_time,
    toUInt64OrZero(attributes['duration_ms']) * 1000000 AS duration_ns,
    transform(dialect, {{ agents.values() | map('first') | list }}, {{ agents.values() | map('last') | list }}, '') AS provider,
    attributes['model'] AS model,
    {{ m.session_of_log() }} AS session_id,
    attributes['user.id'] AS user_id,
    '' AS agent_name, '' AS prompt_name, '' AS prompt_version,
    {{ count(['input_tokens', 'input_token_count']) }} + if({{ claude }}, cache_read_tokens + cache_write_tokens, 0) AS input_tokens,
    {{ count(['output_tokens', 'output_token_count']) }} + if(dialect IN ('gemini_cli', 'qwen_code'), reasoning_tokens, 0) AS output_tokens,
    {{ count(['cache_read_tokens', 'cached_token_count', 'cached_content_token_count']) }} AS cache_read_tokens,
    {{ count(['cache_creation_tokens', 'cache_write_token_count']) }} AS cache_write_tokens,
    {{ count(['thoughts_token_count', 'reasoning_token_count']) }} AS reasoning_tokens,
    input_tokens + output_tokens AS total_tokens,
    arrayFirstOrNull(x -> x BETWEEN 0 AND 1e9, [toFloat64OrNull(attributes['cost_usd'])]) AS cost_usd,
    -- Claude Code's records have what its spans have, and the cost.
    bitShiftLeft(toUInt64({{ claude }} AND cost_usd IS NOT NULL) * 7, 61)
        + bitAnd(toUInt64(toUnixTimestamp64Nano(received_time)), 2305843009213693951) AS version
FROM (
    SELECT
        * EXCEPT attributes, CAST(attributes, 'Map(String, String)') AS attributes,
        transform(attributes['event.name'], {{ agents | list }}, {{ agents.values() | map('first') | list }}, '') AS dialect,
        {{ m.time_of_log() }} AS start_time
    -- Few records are of these: the others are left out before their maps are copied.
    FROM (SELECT * FROM logs_in WHERE reject_reason = '' AND attributes['event.name'] IN ({% for name in agents %}{{ ', ' if not loop.first }}'{{ name }}'{% endfor %}))
)
WHERE (dialect != 'claude_code' OR scope_name = 'com.anthropic.claude_code.events')
    AND input_tokens + output_tokens > 0;
