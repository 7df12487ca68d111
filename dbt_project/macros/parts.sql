{#- What every part is made of: sums that add up over quarters and records. -#}
{% macro part_columns(relation='') -%}
    {{ columns(['numerator', 'denominator', 'n', 'cases', 'within_limit', 'sum_squares'], relation) }}
{%- endmacro %}

{#- The same columns computed, in the types that all parts have. -#}
{% macro parts_of(numerator, denominator, n, cases, within_limit='null', sum_squares='null') -%}
    cast({{ numerator }} as decimal(38, 9)) as numerator,
    cast({{ denominator }} as decimal(38, 9)) as denominator,
    cast({{ n }} as bigint) as n,
    cast({{ cases }} as bigint) as cases,
    cast({{ within_limit }} as bigint) as within_limit,
    cast({{ sum_squares }} as decimal(38, 9)) as sum_squares
{%- endmacro %}

{#- What a value of a period is a value of. -#}
{% macro period_key() -%}
    {{- return(['enterprise_id', 'period', 'period_role', 'scope_type', 'scope_id', 'indicator_id', 'variant', 'part']) -}}
{%- endmacro %}

{#- Columns by name, of a relation where one is named. -#}
{% macro columns(names, relation='') -%}
    {%- for name in names %}
    {{ relation ~ '.' if relation }}{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- That two relations agree in columns. -#}
{% macro same(names, one, other) -%}
    {%- for name in names %}
    {{ 'and ' if not loop.first }}{{ one }}.{{ name }} = {{ other }}.{{ name }}
    {%- endfor %}
{%- endmacro %}
