{#- The calendar month of a timestamp, written 2025-01. -#}
{% macro month_of(timestamp) -%}
    concat(cast(extract(year from {{ timestamp }}) as {{ dbt.type_string() }}), '-', lpad(cast(extract(month from {{ timestamp }}) as {{ dbt.type_string() }}), 2, '0'))
{%- endmacro %}

{#- A duration in units of the given seconds, rounded to the given decimals: exact seconds would identify records. -#}
{% macro rounded_duration(seconds, unit_seconds, decimals) -%}
    cast(round({{ seconds }} / {{ unit_seconds }}.0, {{ decimals }}) as decimal(12, {{ decimals }}))
{%- endmacro %}

{#- The first day of the month of a date or timestamp: groups faster than the month's name. -#}
{% macro first_of_month(at) -%}
    cast({{ dbt.date_trunc('month', at) }} as date)
{%- endmacro %}

{#- The measures that have a value for each month: an indicator's own, and both parts of O4-1; no other readings, no counts and
    changes. -#}
{% macro monthly(measures) -%}
    {%- set chosen = measures | rejectattr('variant', 'defined') | rejectattr('id', 'in', ['I3-3', 'I4-1']) | list -%}
    {{- return(chosen + (measures | selectattr('id', 'equalto', 'O4-1') | selectattr('variant', 'in', ['services', 'incidents']) | list)) -}}
{%- endmacro %}
