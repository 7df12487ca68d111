{#-
    Order statistics, which do not add up over quarters: smallest, median, P90, P95 and largest value of each measure, for the
    quarter at every scope and for longer periods at enterprise scope.

    relation  one row per case with enterprise_id, quarter and the scope columns
    measures  a list of {id, of: <population>, value: <number>, divisor: <units of the catalogue per unit of value>}
-#}
{% macro duration_statistics(relation, scopes, measures) %}
-- One measure after the other, because the values of all its groups are in memory until their order is known
{% for m in measures -%}
select
    enterprise_id,
    period,
    scope_type,
    scope_id,
    '{{ m.id }}' as indicator_id,
    {{ _in_units_of_the_catalogue(m.divisor) }}
from (
    select
        enterprise_id,
        {{ quarter() }} as period,
        {{ scope_keys(scopes) }},
        {{ _order_statistics(m.value) }}
    from {{ relation }}
    where quarter = {{ quarter() }} and {{ m.get('of', 'true') }} and {{ m.value }} is not null
    {{ scope_sets(['enterprise_id'], scopes) }}
) as quarter_statistics
where scope_id is not null
union all
select
    enterprise_id,
    period,
    'enterprise' as scope_type,
    enterprise_id as scope_id,
    '{{ m.id }}' as indicator_id,
    {{ _in_units_of_the_catalogue(m.divisor) }}
from (
    select
        cases.enterprise_id,
        periods.period,
        {{ _order_statistics(m.value) }}
    from {{ relation }} as cases
    inner join {{ ref('int_period_quarters') }} as periods
        on
            cases.quarter = periods.quarter
            and periods.period_role = 'current'
            and periods.window_kind <> 'quarter'
    where {{ m.get('of', 'true') }} and {{ m.value }} is not null
    group by cases.enterprise_id, periods.period
) as longer_statistics
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}

{% macro _order_statistics(value) -%}
        count({{ value }}) as n,
        min({{ value }}) as smallest,
        max({{ value }}) as largest,
        {{ percentiles(value, [0.5, 0.9, 0.95]) }} as percentiles
{%- endmacro %}

{% macro _in_units_of_the_catalogue(divisor) -%}
    cast(n as bigint) as n,
    cast(smallest as double) / {{ divisor }} as smallest,
    {{ element('percentiles', 1) }} / {{ divisor }} as p50,
    {{ element('percentiles', 2) }} / {{ divisor }} as p90,
    {{ element('percentiles', 3) }} / {{ divisor }} as p95,
    cast(largest as double) / {{ divisor }} as largest
{%- endmacro %}
