{#- Columns of every part: sums that add up over quarters and records. Where one person may give several values, n is the number of
    people and sum_squares is of each person's sum; sum_products (of sum and number of values) and count_squares (of the number of
    values) are then given too, for errors by respondent (D-35). -#}
{% macro part_columns(relation='') -%}
    {{ columns(['numerator', 'denominator', 'n', 'cases', 'within_limit', 'sum_squares', 'sum_products', 'count_squares'], relation) }}
{%- endmacro %}

{#- The same columns computed, in the common types of all parts. -#}
{% macro parts_of(numerator, denominator, n, cases, within_limit='null', sum_squares='null', sum_products='null', count_squares='null') -%}
    cast({{ numerator }} as decimal(38, 9)) as numerator,
    cast({{ denominator }} as decimal(38, 9)) as denominator,
    cast({{ n }} as bigint) as n,
    cast({{ cases }} as bigint) as cases,
    cast({{ within_limit }} as bigint) as within_limit,
    cast({{ sum_squares }} as decimal(38, 9)) as sum_squares,
    cast({{ sum_products }} as decimal(38, 9)) as sum_products,
    cast({{ count_squares }} as bigint) as count_squares
{%- endmacro %}

{#- Key columns of a period's value. -#}
{% macro period_key() -%}
    {{- return(['enterprise_id', 'period', 'period_role', 'scope_type', 'scope_id', 'indicator_id', 'variant', 'part']) -}}
{%- endmacro %}

{#- Columns by name, with the relation's prefix if one is given. -#}
{% macro columns(names, relation='') -%}
    {%- for name in names %}
    {{ relation ~ '.' if relation }}{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Condition that two relations agree in the given columns. -#}
{% macro same(names, one, other) -%}
    {%- for name in names %}
    {{ 'and ' if not loop.first }}{{ one }}.{{ name }} = {{ other }}.{{ name }}
    {%- endfor %}
{%- endmacro %}

{#- The same where columns may be null: nulls agree. -#}
{% macro same_or_null(names, one, other) -%}
    {%- for name in names %}
    {{ 'and ' if not loop.first }}{{ one }}.{{ name }} is not distinct from {{ other }}.{{ name }}
    {%- endfor %}
{%- endmacro %}
