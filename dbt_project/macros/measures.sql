{#-
    Turns row-level facts into additive parts: one row per enterprise × quarter × scope × indicator × variant.

    relation  a relation with enterprise_id, the key, the scope columns and one row per case
    key       what the parts are summed by besides the enterprise: quarter or period
    scopes    the scopes besides the enterprise for which the relation has columns
    measures  a list of
        {id, variant, kind: 'rate', of: <population>, when: <fulfilled>, cases: <all cases, if the population leaves some out>}
        {id, variant, kind: 'mean', of: <population>, value: <number>, decimals: <of its square's factors, 6>, within: <boolean, share within the limit>}
        {id, variant, kind: 'ratio', numerator: <number>, denominator: <number>, of: <population>}
    A null condition counts as not fulfilled. 'unknown' of a rate or mean: cases of which the records do not tell whether they
    belong to the population; they are counted as cases without a value where there are no others.

    Parts: numerator, denominator, n (values used), cases (population), within_limit, sum_squares.
-#}
{% macro scope_column(scope) -%}
    {{- return({'region': 'region_code', 'outlet': 'outlet_id', 'staff': 'staff_id', 'channel': 'channel', 'product_category': 'product_category', 'complexity': 'complexity', 'urgency': 'urgency'}[scope]) -}}
{%- endmacro %}

{#- Columns scope_type, scope_id of a query grouped by scope_sets(). -#}
{% macro scope_keys(scopes) -%}
    {%- if scopes %}
    case
        {%- for scope in scopes %}
        when grouping({{ scope_column(scope) }}) = 0 then '{{ scope }}'
        {%- endfor %}
        else 'enterprise'
    end as scope_type,
    case
        {%- for scope in scopes %}
        when grouping({{ scope_column(scope) }}) = 0 then {{ scope_column(scope) }}
        {%- endfor %}
        else enterprise_id
    end as scope_id
    {%- else %}
    'enterprise' as scope_type,
    enterprise_id as scope_id
    {%- endif %}
{%- endmacro %}

{#- Groups by the enterprise, and separately by every further scope. Cases without a place give rows without scope_id, which
    the outer query leaves out: Spark's having cannot use a grouping column that is not selected. -#}
{% macro scope_sets(keys, scopes) -%}
    group by grouping sets (
        ({{ keys | join(', ') }})
        {%- for scope in scopes %},
        ({{ keys | join(', ') }}, {{ scope_column(scope) }})
        {%- endfor %}
    )
{%- endmacro %}

{#-
    Sums by scope in two steps: cases that agree in every scope are summed first (a cell), then the cells scope by scope. There are
    far fewer cells than cases. Staff are too many for that: they are summed apart from the other scopes.

    with cells as (select <keys>, cell_keys(scopes) <sums> from … cell_sets(keys, scopes)),
    grouped as (cells_by_scope(keys, scopes, <names of the sums>))
-#}
{% macro _are_staff_apart(scopes) -%}
    {{- return('staff' in scopes and scopes | length > 1) -}}
{%- endmacro %}

{% macro _of_cells(scopes) -%}
    {{- return(scopes | reject('equalto', 'staff') | list if _are_staff_apart(scopes) else scopes) -}}
{%- endmacro %}

{% macro cell_keys(scopes) -%}
    {%- for scope in scopes %}
        {{ scope_column(scope) }},
    {%- endfor %}
    {%- if _are_staff_apart(scopes) %}
        grouping(staff_id) = 0 as is_of_staff,
    {%- endif %}
{%- endmacro %}

{% macro cell_sets(keys, scopes) -%}
    group by grouping sets (
        ({{ keys | join(', ') }}{% for scope in _of_cells(scopes) %}, {{ scope_column(scope) }}{% endfor %})
        {%- if _are_staff_apart(scopes) %},
        ({{ keys | join(', ') }}, staff_id)
        {%- endif %}
    )
{%- endmacro %}

{% macro cells_by_scope(keys, scopes, sums) -%}
    select
        {{- columns(keys) }},
        {{ scope_keys(_of_cells(scopes)) }},
        {%- for name in sums %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from cells
    {%- if _are_staff_apart(scopes) %}
    where not is_of_staff
    {%- endif %}
    {{ scope_sets(keys, _of_cells(scopes)) }}
    {%- if _are_staff_apart(scopes) %}
    union all
    select
        {{- columns(keys) }},
        'staff' as scope_type,
        staff_id as scope_id,
        {%- for name in sums %}
        sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from cells
    where is_of_staff
    group by {{ (keys + ['staff_id']) | join(', ') }}
    {%- endif %}
{%- endmacro %}

{#- Cases of a measure over its cells; where its population is empty, those that may belong to it. Cells without the population say
    nothing about the scope, so that this is decided after they are summed. -#}
{% macro cases_of(measure, place) -%}
    {%- if measure.get('unknown') -%}
    coalesce(nullif(cases_{{ place }}, 0), unknown_{{ place }})
    {%- elif measure.kind == 'rate' and not measure.get('cases') -%}
    denominator_{{ place }}
    {%- else -%}
    cases_{{ place }}
    {%- endif -%}
{%- endmacro %}

{% macro measure_parts(relation, scopes, measures, key='quarter') %}
with cells as (
    {{ measure_cells(relation, scopes, measures, ['enterprise_id', key]) }}
),

{{ _parts_of_cells(scopes, measures, measures, key) }}
{% endmacro %}

{#-
    The same in two steps, for cells that several relations sum: a relation of measure_cells(), and parts of it by one of its keys.

    keys    what the cells are apart by besides the scopes: enterprise_id and times
    among   the scopes of the cells, if more than those of the parts
    chosen  the measures of the parts, if not all of the cells
-#}
{% macro parts_of_cells(relation, scopes, measures, key='quarter', among=none, chosen=none) %}
with cells as (
    select *
    from {{ relation }}
    {%- if _are_staff_apart(among or scopes) and not _are_staff_apart(scopes) %}
    where not is_of_staff
    {%- endif %}
),

{{ _parts_of_cells(scopes, measures, chosen or measures, key) }}
{% endmacro %}

{% macro measure_cells(relation, scopes, measures, keys) %}
    select
        {{- columns(keys) }},
        {{- cell_keys(scopes) }}
        {%- for m in measures %}
        {%- set population = m.get('of', 'true') %}
        {%- set i = loop.index %}
        {%- if m.get('unknown') %}
        count(case when {{ m.unknown }} then 1 end) as unknown_{{ i }},
        {%- endif %}
        {%- if m.kind == 'rate' %}
        count(case when ({{ population }}) and ({{ m['when'] }}) then 1 end) as numerator_{{ i }},
        {%- if m.get('cases') or m.get('unknown') %}
        count(case when {{ m.get('cases', population) }} then 1 end) as cases_{{ i }},
        {%- endif %}
        count(case when {{ population }} then 1 end) as denominator_{{ i }}
        {%- elif m.kind == 'mean' %}
        sum(case when {{ population }} then {{ m.value }} end) as numerator_{{ i }},
        count(case when {{ population }} then {{ m.value }} end) as denominator_{{ i }},
        count(case when {{ population }} then 1 end) as cases_{{ i }},
        {%- if m.get('within') %}
        count(case when ({{ population }}) and ({{ m.within }}) then 1 end) as within_limit_{{ i }},
        {%- endif %}
        sum(case when {{ population }} then {{ square(m.value, m.get('decimals', 6)) }} end) as sum_squares_{{ i }}
        {%- else %}
        sum(case when {{ population }} then {{ m.numerator }} end) as numerator_{{ i }},
        sum(case when {{ population }} then {{ m.denominator }} end) as denominator_{{ i }},
        sum(case when {{ population }} then {{ m.get('n', m.denominator) }} end) as n_{{ i }},
        count(case when {{ population }} then 1 end) as cases_{{ i }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ cell_sets(keys, scopes) }}
{% endmacro %}

{#- The names of the sums of a measure at a place of the list. -#}
{% macro _sums_of(measure, place) -%}
    {%- set names = ['numerator', 'denominator'] %}
    {%- if measure.get('unknown') %}{% do names.append('unknown') %}{% endif %}
    {%- if measure.kind != 'rate' or measure.get('cases') or measure.get('unknown') %}{% do names.append('cases') %}{% endif %}
    {%- if measure.kind == 'mean' %}{% do names.append('sum_squares') %}{% endif %}
    {%- if measure.get('within') %}{% do names.append('within_limit') %}{% endif %}
    {%- if measure.kind == 'ratio' %}{% do names.append('n') %}{% endif %}
    {%- set numbered = [] %}
    {%- for name in names %}{% do numbered.append(name ~ '_' ~ place) %}{% endfor %}
    {{- return(numbered) -}}
{%- endmacro %}

{% macro _parts_of_cells(scopes, measures, chosen, key) %}
{%- set sums = [] %}
{%- for m in measures if m in chosen %}{% do sums.extend(_sums_of(m, measures.index(m) + 1)) %}{% endfor %}
grouped as (
    {{ cells_by_scope(['enterprise_id', key], scopes, sums) }}
)

{% for m in chosen -%}
{%- set i = measures.index(m) + 1 %}
select
    enterprise_id,
    {{ key }},
    scope_type,
    scope_id,
    '{{ m.id }}' as indicator_id,
    '{{ m.get("variant", "") }}' as variant,
    '' as part,
    {{ parts_of(
        'numerator_' ~ i,
        'denominator_' ~ i,
        n='n_' ~ i if m.kind == 'ratio' else 'denominator_' ~ i,
        cases=cases_of(m, i),
        within_limit='within_limit_' ~ i if m.get('within') else 'null',
        sum_squares='sum_squares_' ~ i if m.kind == 'mean' else 'null'
    ) }}
from grouped
where scope_id is not null{% if m.get('scopes') %} and scope_type in ('{{ m.scopes | join("', '") }}'){% endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}
