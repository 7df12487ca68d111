{#-
    Order statistics, which do not add up over quarters: smallest, median, P90, P95 and largest value of each measure, for the
    quarter at every scope and for longer periods at enterprise scope.

    relation  one row per case with enterprise_id, quarter and the scope columns
    measures  a list of {id, of: <population>, value: <number>, divisor: <units of the catalogue per unit of value>}
-#}
{% macro duration_statistics(relation, scopes, measures) %}
with quarter_statistics as (
    select
        enterprise_id,
        {{ quarter() }} as period,
        {{ scope_keys(scopes) }},
        {{ _order_statistics(measures) }}
    from {{ relation }}
    where quarter = {{ quarter() }}
    {{ scope_sets(['enterprise_id'], scopes) }}
),

longer_statistics as (
    select
        cases.enterprise_id,
        periods.period,
        'enterprise' as scope_type,
        cases.enterprise_id as scope_id,
        {{ _order_statistics(measures) }}
    from {{ relation }} as cases
    inner join {{ ref('int_period_quarters') }} as periods
        on
            cases.quarter = periods.quarter
            and periods.period_role = 'current'
            and periods.window_kind <> 'quarter'
    group by cases.enterprise_id, periods.period
),

grouped as (
    select * from quarter_statistics
    where scope_id is not null
    union all
    select * from longer_statistics
)

{% for m in measures -%}
{%- set i = loop.index %}
select
    enterprise_id,
    period,
    scope_type,
    scope_id,
    '{{ m.id }}' as indicator_id,
    cast(n_{{ i }} as bigint) as n,
    cast(min_{{ i }} as double) / {{ m.divisor }} as smallest,
    {{ element('percentiles_' ~ i, 1) }} / {{ m.divisor }} as p50,
    {{ element('percentiles_' ~ i, 2) }} / {{ m.divisor }} as p90,
    {{ element('percentiles_' ~ i, 3) }} / {{ m.divisor }} as p95,
    cast(max_{{ i }} as double) / {{ m.divisor }} as largest
from grouped
where n_{{ i }} > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}

{% macro _order_statistics(measures) -%}
    {%- for m in measures %}
    {%- set value = 'case when ' ~ m.get('of', 'true') ~ ' then ' ~ m.value ~ ' end' %}
        count({{ value }}) as n_{{ loop.index }},
        min({{ value }}) as min_{{ loop.index }},
        max({{ value }}) as max_{{ loop.index }},
        {{ percentiles(value, [0.5, 0.9, 0.95]) }} as percentiles_{{ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
