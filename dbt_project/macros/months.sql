{#- The calendar month of a timestamp, written 2025-01. -#}
{% macro month_of(timestamp) -%}
    concat(cast(extract(year from {{ timestamp }}) as {{ dbt.type_string() }}), '-', lpad(cast(extract(month from {{ timestamp }}) as {{ dbt.type_string() }}), 2, '0'))
{%- endmacro %}

{#- A duration in whole units of so many seconds, to so many decimals: exact seconds would tell records apart. -#}
{% macro rounded_duration(seconds, unit_seconds, decimals) -%}
    cast(round({{ seconds }} / {{ unit_seconds }}.0, {{ decimals }}) as decimal(12, {{ decimals }}))
{%- endmacro %}
