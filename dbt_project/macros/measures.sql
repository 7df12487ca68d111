{#-
    Turns row-level facts into additive parts: one row per enterprise × quarter × scope × indicator × variant.

    relation  a relation with enterprise_id, the key, the scope columns and one row per case
    key       what the parts are summed by besides the enterprise: quarter or period
    scopes    the scopes besides the enterprise for which the relation has columns
    measures  a list of
        {id, variant, kind: 'rate', of: <population>, when: <fulfilled>}
        {id, variant, kind: 'mean', of: <population>, value: <number>, decimals: <of its square's factors, 6>, within: <boolean, share within the limit>}
        {id, variant, kind: 'ratio', numerator: <number>, denominator: <number>, of: <population>}
    A null condition counts as not fulfilled. 'unknown' of a rate or mean: cases of which the records do not tell whether they
    belong to the population; they are counted as cases without a value where there are no others.

    Parts: numerator, denominator, n (values used), cases (population), within_limit, sum_squares.
-#}
{% macro scope_column(scope) -%}
    {{- return({'region': 'region_code', 'outlet': 'outlet_id', 'staff': 'staff_id', 'channel': 'channel', 'product_category': 'product_category'}[scope]) -}}
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

{#- Number of cases of a population; if it is empty, of those that may belong to it. -#}
{% macro cases_of(population, unknown) -%}
    {%- if unknown -%}
    coalesce(nullif(count(case when {{ population }} then 1 end), 0), count(case when {{ unknown }} then 1 end))
    {%- else -%}
    count(case when {{ population }} then 1 end)
    {%- endif -%}
{%- endmacro %}

{% macro measure_parts(relation, scopes, measures, key='quarter') %}
with grouped as (
    select
        enterprise_id,
        {{ key }},
        {{ scope_keys(scopes) }},
        {%- for m in measures %}
        {%- set population = m.get('of', 'true') %}
        {%- set i = loop.index %}
        {%- if m.kind == 'rate' %}
        count(case when ({{ population }}) and ({{ m['when'] }}) then 1 end) as numerator_{{ i }},
        count(case when {{ population }} then 1 end) as denominator_{{ i }},
        {%- if m.get('unknown') %}
        {{ cases_of(population, m.unknown) }} as cases_{{ i }},
        {%- endif %}
        {%- elif m.kind == 'mean' %}
        sum(case when {{ population }} then {{ m.value }} end) as numerator_{{ i }},
        count(case when {{ population }} then {{ m.value }} end) as denominator_{{ i }},
        {{ cases_of(population, m.get('unknown')) }} as cases_{{ i }},
        sum(case when {{ population }} then {{ square(m.value, m.get('decimals', 6)) }} end) as sum_squares_{{ i }},
        {%- if m.get('within') %}
        count(case when ({{ population }}) and ({{ m.within }}) then 1 end) as within_limit_{{ i }},
        {%- endif %}
        {%- else %}
        sum(case when {{ population }} then {{ m.numerator }} end) as numerator_{{ i }},
        sum(case when {{ population }} then {{ m.denominator }} end) as denominator_{{ i }},
        sum(case when {{ population }} then {{ m.get('n', m.denominator) }} end) as n_{{ i }},
        count(case when {{ population }} then 1 end) as cases_{{ i }},
        {%- endif %}
        {%- endfor %}
        count(*) as rows_in_scope
    from {{ relation }}
    {{ scope_sets(['enterprise_id', key], scopes) }}
)

{% for m in measures -%}
{%- set i = loop.index %}
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
        cases='denominator_' ~ i if m.kind == 'rate' and not m.get('unknown') else 'cases_' ~ i,
        within_limit='within_limit_' ~ i if m.get('within') else 'null',
        sum_squares='sum_squares_' ~ i if m.kind == 'mean' else 'null'
    ) }}
from grouped
where scope_id is not null{% if m.get('scopes') %} and scope_type in ('{{ m.scopes | join("', '") }}'){% endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}
