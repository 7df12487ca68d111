{#- Figures of a request that may be correlated (schemas/expectations/pairs.py): name, SQL over a row of requests with its answers and
    visits, bins per unit, and the column of int_request_measures without which there is no figure; none of what answers tell. Times are
    logarithms, in bins of two per cent. -#}
{% macro pair_measures() -%}
    {{- return([
        ('response_seconds', 'ln(1 + greatest(cast(figures.response_seconds as double), 0))', 50, 'response_seconds'),
        ('resolution_seconds', 'ln(1 + greatest(cast(figures.resolution_seconds as double), 0))', 50, 'resolution_seconds'),
        ('visits', 'coalesce(visits.visit_count, 0)', 1, 'request_id'),
        ('is_repeated', 'case when figures.is_repeated then 1 else 0 end', 1, 'is_repeated'),
        ('is_first_contact_resolution', 'case when figures.is_first_contact_resolution then 1 else 0 end', 1, 'is_first_contact_resolution'),
        ('satisfaction', 'figures.satisfaction', 1, none),
    ]) -}}
{%- endmacro %}

{#- Of the measure that a column names: its value, its bins per unit, and whether the request has it. -#}
{% macro pair_value(named) -%}
    case {{ named }}
        {%- for name, value, _, _ in pair_measures() %}
        when '{{ name }}' then cast({{ value }} as decimal(18, 6))
        {%- endfor %}
    end
{%- endmacro %}
{% macro bins_per_unit(named) -%}
    case {{ named }}
        {%- for name, _, bins, _ in pair_measures() %}
        when '{{ name }}' then {{ bins }}
        {%- endfor %}
    end
{%- endmacro %}
{% macro has_pair_value(named) -%}
    case {{ named }}
        {%- for name, _, _, given in pair_measures() %}
        when '{{ name }}' then figures.{{ given or name }} is not null
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
