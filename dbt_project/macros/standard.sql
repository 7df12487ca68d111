{#- The numbers of the standard come from its data (seeds), never from SQL. Both macros give a scalar subquery. -#}

{#- A value of seeds/parameters.csv. -#}
{% macro parameter(name) -%}
    (select cast(value as decimal(18, 6)) from {{ ref('parameters') }} where parameter = '{{ name }}')
{%- endmacro %}

{#- The requirement of an indicator on the quarter's last day, in the unit that the marts sum (seconds for times). -#}
{% macro requirement_of(indicator_id) -%}
    (
        select cast(requirement * coalesce(unit_divisor, 1) as decimal(18, 6))
        from {{ ref('indicator_catalogue') }}
        where
            indicator_id = '{{ indicator_id }}'
            and {{ in_force('valid_from', 'valid_to', last_day()) }}
    )
{%- endmacro %}

{#- Half-open validity: start ≤ day < end, a null bound is open. -#}
{% macro in_force(start_column, end_column, day) -%}
    ({{ start_column }} is null or {{ start_column }} <= {{ day }}) and ({{ end_column }} is null or {{ day }} < {{ end_column }})
{%- endmacro %}
