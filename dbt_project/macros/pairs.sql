{#- Figures of a request that may be correlated (schemas/expectations/pairs.py): name, SQL over int_request_measures as requests,
    answers and visits, and bins per unit. Times are logarithms, in bins of two per cent. -#}
{% macro pair_measures() -%}
    {{- return([
        ('response_seconds', 'ln(1 + greatest(cast(requests.response_seconds as double), 0))', 50),
        ('resolution_seconds', 'ln(1 + greatest(cast(requests.resolution_seconds as double), 0))', 50),
        ('visits', 'coalesce(visits.visit_count, 0)', 1),
        ('is_repeated', 'case requests.is_repeated when true then 1 when false then 0 end', 1),
        ('is_first_contact_resolution', 'case requests.is_first_contact_resolution when true then 1 when false then 0 end', 1),
        ('satisfaction', 'answers.satisfaction', 1),
    ]) -}}
{%- endmacro %}

{#- Of the measure that a column names: its value, and its bins per unit. -#}
{% macro pair_value(named) -%}
    case {{ named }}
        {%- for name, _, _ in pair_measures() %}
        when '{{ name }}' then figures.{{ name }}
        {%- endfor %}
    end
{%- endmacro %}
{% macro bins_per_unit(named) -%}
    case {{ named }}
        {%- for name, _, bins in pair_measures() %}
        when '{{ name }}' then {{ bins }}
        {%- endfor %}
    end
{%- endmacro %}

{#- Sums over the rows of a cell that have both values; excluded are those that have one of them. Exact: decimals of six places. -#}
{% macro pair_sums_of_cell() -%}
    cast(count(case when x is not null then y end) as bigint) as n,
    sum(case when y is not null then x end) as sum_x,
    sum(case when x is not null then y end) as sum_y,
    sum(case when y is not null then {{ square('x') }} end) as sum_xx,
    sum(case when x is not null then {{ square('y') }} end) as sum_yy,
    sum(cast(x as decimal(19, 6)) * cast(y as decimal(19, 6))) as sum_xy,
    cast(count(case when (x is null) <> (y is null) then 1 end) as bigint) as excluded
{%- endmacro %}
