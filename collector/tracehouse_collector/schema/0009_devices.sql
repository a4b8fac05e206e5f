-- Devices: the machines that telemetry comes from, and what came last from each. Read from requests
-- and not from rows: one look at a resource, however many spans it has.
{% import 'macros.jinja' as m with context %}
{% set resources = {'traces': 'resource_spans', 'logs': 'resource_logs', 'metrics': 'resource_metrics'} %}

{% call m.table('devices', ('Aggregating', ''), 'tuple()',
                'workspace, machine, project, service, signal', 'cityHash64(machine)') %}
    workspace LowCardinality(String),
    machine String,
    project LowCardinality(String),
    service LowCardinality(String),
    signal LowCardinality(String),
    first_time SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    last SimpleAggregateFunction(max, Tuple(time DateTime64(9, 'UTC'), host String, agent_version String)) COMMENT 'what its latest request said'
{%- endcall %}

{% for signal, resource in resources.items() %}
{% set attributes = signal ~ '.' ~ resource ~ '.resource.attributes' %}
CREATE MATERIALIZED VIEW IF NOT EXISTS devices_of_{{ signal }}{{ m.on_cluster }} TO devices AS
SELECT
    workspace,
    {{ m.first_of('resource', ['tracehouse.machine.id', 'host.id']) }} AS machine,
    multiIf(of_key != '', of_key, resource['tracehouse.project'] = '', 'default', resource['tracehouse.project']) AS project,
    resource['service.name'] AS service,
    '{{ signal }}' AS signal,
    min(at) AS first_time,
    max((at, resource['host.name'], resource['service.version'])) AS last
FROM (
    SELECT
        workspace, project AS of_key, {{ m.at('received_unix_nano') }} AS at,
        CAST(mapFromArrays(keys, texts), 'Map(String, String)') AS resource
    FROM inbox_{{ signal }}
    ARRAY JOIN `{{ attributes }}.key` AS keys, `{{ attributes }}.value.string_value` AS texts
)
WHERE machine NOT IN ('', 'unknown')
GROUP BY workspace, machine, project, service;
{% endfor %}
