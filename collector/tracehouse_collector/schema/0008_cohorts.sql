-- What a comparison of cohorts asks of every span. Columns of their own, because a comparison would
-- otherwise read all attributes, whole messages among them. Older parts compute them when read.
{% import 'macros.jinja' as m with context %}
{#- Where emitters say what a tool was called with: see `content/content.py`. -#}
{% set arguments = [
    'gen_ai.tool.call.arguments', 'tool_arguments', 'ai.toolCall.args', 'tool_input', 'langfuse.observation.input',
    'mlflow.spanInputs', 'arguments', 'function_args', 'full_command', 'gcp.vertex.agent.tool_call_args',
    'traceloop.entity.input', 'gen_ai.prompt', 'gen_ai.input.messages', 'input.value',
] %}
{% for table in (['spans_local', 'spans'] if cluster else ['spans']) %}
ALTER TABLE {{ table }}{{ m.on_cluster }}
    ADD COLUMN IF NOT EXISTS outcome LowCardinality(String) MATERIALIZED attributes['tracehouse.outcome'],
    ADD COLUMN IF NOT EXISTS datapoint String
        MATERIALIZED {{ m.first_of('attributes', ['tracehouse.dataset.item.id', 'langfuse.experiment.item.id']) }}
        COMMENT 'the item of a dataset that is tried',
    ADD COLUMN IF NOT EXISTS tool_input UInt64
        MATERIALIZED if(kind = 'tool', cityHash64(arrayFirst(x -> x != '', [{% for key in arguments %}attributes['{{ key }}']{{ ', ' if not loop.last }}{% endfor %}])), 0)
        COMMENT 'a hash of what a tool was called with; that of nothing where it is not said';
{% endfor %}
