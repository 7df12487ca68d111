{#-
    The records behind the parts of measure_parts(): one row per record × measure, whether it counts or not. Analyses of this project
    use it (dbt compiles them and builds nothing of them); `asq explain --records` runs their SQL.

    relation  as for measure_parts(), with _row_id, or with the column `record` in its place
    table     SQL: the table of the contract that a row comes from
    key       quarter, or period for people counted by period
-#}
{% macro measure_records(relation, table, measures, key='quarter', record=none) %}
{%- for m in measures %}
{%- set population = m.get('of', 'true') %}
select
    '{{ m.id }}' as indicator_id,
    '{{ m.get("variant", "") }}' as variant,
    '' as part,
    enterprise_id,
    {{ 'period' if key == 'period' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as period,
    quarter,
    {{ table }} as source_table,
    {{ 'cast(null as bigint)' if record else '_row_id' }} as _row_id,
    {{ record if record else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as record,
    {%- if m.kind == 'rate' %}
    {{ _if_counted(population, 'case when ' ~ m['when'] ~ ' then 1 else 0 end') }} as numerator,
    {{ _if_counted(population, '1') }} as denominator,
    {{ _record_status(m, population, 'true') }} as status,
    {%- elif m.kind == 'mean' %}
    {{ _if_counted(population, m.value) }} as numerator,
    {{ _if_counted(population, 'case when (' ~ m.value ~ ') is null then 0 else 1 end') }} as denominator,
    {{ _record_status(m, population, '(' ~ m.value ~ ') is not null') }} as status,
    {%- else %}
    {{ _if_counted(population, m.numerator) }} as numerator,
    {{ _if_counted(population, m.denominator) }} as denominator,
    {{ _record_status(m, population, 'true') }} as status,
    {%- endif %}
    {{ _as_text(population) }} as counted_where,
    {{ _as_text(
        'share with ' ~ m['when'] if m.kind == 'rate' else 'mean of ' ~ m.value if m.kind == 'mean' else m.numerator ~ ' ÷ ' ~ m.denominator
    ) }} as counts
from {{ relation }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}

{% macro _if_counted(population, value) -%}
    cast(coalesce(case when {{ population }} then {{ value }} end, 0) as decimal(38, 9))
{%- endmacro %}

{% macro _record_status(measure, population, has_value) -%}
    case
        when ({{ population }}) and {{ has_value }} then 'counted'
        when {{ population }} then 'no_value'
        {%- if measure.get('unknown') %}
        when {{ measure.unknown }} then 'unknown'
        {%- endif %}
        else 'not_of_population'
    end
{%- endmacro %}

{% macro _as_text(expression) -%}
    '{{ (expression | string).replace("'", "''") }}'
{%- endmacro %}

{#- The indicators of measures, for the config of an analysis. -#}
{% macro indicators_of(measures) -%}
    {{- return(measures | map(attribute='id') | unique | list) -}}
{%- endmacro %}

{#- The columns of measure_records() that rows made by hand have, too. -#}
{% macro record_row(indicator, numerator, denominator, table, where, counts, variant='', part="''", row='_row_id', record=none, status="'counted'", quarter='quarter', period=none) -%}
    '{{ indicator }}' as indicator_id,
    '{{ variant }}' as variant,
    {{ part }} as part,
    enterprise_id,
    {{ period if period else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as period,
    {{ quarter }} as quarter,
    {{ "'" ~ table ~ "'" if table else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as source_table,
    {{ row if row else 'cast(null as bigint)' }} as _row_id,
    {{ record if record else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as record,
    cast({{ numerator }} as decimal(38, 9)) as numerator,
    cast({{ denominator }} as decimal(38, 9)) as denominator,
    {{ status }} as status,
    {{ _as_text(where) }} as counted_where,
    {{ _as_text(counts) }} as counts
{%- endmacro %}
