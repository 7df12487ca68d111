{#-
    Additive parts of the survey indicators, summed by respondent first: one row per enterprise × time × scope × indicator × variant ×
    part. One person may answer several questions of an indicator, so that n counts people and the squares are of their sums (D-35).

    answers  int_survey_measures, or a relation with its columns
    time     the columns of the quarter or period
-#}
{% macro survey_parts(answers, time) %}
{% set scopes = ['region', 'outlet', 'staff', 'channel', 'product_category'] -%}
{% set keys = ['enterprise_id'] + time + ['measures', 'variant', 'part'] -%}
{% set place = keys + ['scope_type', 'scope_id'] -%}
{% set readings = [
    {'steps': 'score - scale_min', 'name': 'score'},
    {'steps': 'expectation - scale_min', 'name': 'expectation'},
    {'steps': 'expectation - score', 'name': 'gap'},
] -%}
with of_people_and_scales as (
    select
        {{ columns(keys) }},
        respondent_id,
        scale_steps,
        {{ scope_keys(scopes) }},
        {%- for reading in readings %}
        sum({{ reading.steps }}) as {{ reading.name }}_steps,
        count({{ reading.steps }}) as {{ reading.name }}_count,
        {%- endfor %}
        count(case when score >= scale_max - 1 then 1 end) as top_two_count,
        count(*) as answer_count
    from {{ answers }}
    {{ scope_sets(keys + ['respondent_id', 'scale_steps'], scopes) }}
),

-- Answers are summed as whole steps of their scale, separately per scale length, and become points of 100 by one division per
-- sum, so that a mean can equal its requirement exactly on every scale
of_scales as (
    select
        {{ columns(place) }},
        scale_steps,
        {%- for reading in readings %}
        sum({{ reading.name }}_steps) as {{ reading.name }}_steps,
        {%- endfor %}
        sum(answer_count) as answer_count
    from of_people_and_scales
    where scope_id is not null
    group by {{ place | join(', ') }}, scale_steps
),

sums as (
    select
        {{ columns(place) }},
        {%- for reading in readings %}
        sum(cast({{ reading.name }}_steps * 100 / scale_steps as decimal(38, 9))) as {{ reading.name }}_sum,
        {%- endfor %}
        sum(answer_count) as answer_count
    from of_scales
    group by {{ place | join(', ') }}
),

of_people as (
    select
        {{ columns(place) }},
        respondent_id,
        {%- for reading in readings %}
        {{ summed_units(reading.name ~ '_steps', 'scale_steps') }} as {{ reading.name }}_units,
        cast(sum({{ reading.name }}_count) as bigint) as {{ reading.name }}_count,
        {%- endfor %}
        cast(sum(top_two_count) as bigint) as top_two_count
    from of_people_and_scales
    where scope_id is not null
    group by {{ place | join(', ') }}, respondent_id
),

squares as (
    select
        {{ columns(place) }},
        {%- for reading in readings %}
        count(case when {{ reading.name }}_count > 0 then 1 end) as {{ reading.name }}_people,
        sum({{ reading.name }}_count) as {{ reading.name }}_count,
        {{ in_points('sum(' ~ reading.name ~ '_units * ' ~ reading.name ~ '_units)', 2) }} as {{ reading.name }}_squares,
        {{ in_points('sum(' ~ reading.name ~ '_units * ' ~ reading.name ~ '_count)') }} as {{ reading.name }}_products,
        sum({{ reading.name }}_count * {{ reading.name }}_count) as {{ reading.name }}_count_squares,
        {%- endfor %}
        sum(top_two_count) as top_two_sum,
        sum(top_two_count * top_two_count) as top_two_squares,
        sum(top_two_count * score_count) as top_two_products
    from of_people
    group by {{ place | join(', ') }}
),

grouped as (
    select
        squares.*,
        {%- for reading in readings %}
        sums.{{ reading.name }}_sum,
        {%- endfor %}
        sums.answer_count
    from squares
    inner join sums on {{ same(place, 'squares', 'sums') }}
)

{% for kind in [
    {'suffix': '', 'of': 'score', 'by': 'score'},
    {'suffix': 'top_two_box', 'of': 'top_two', 'by': 'score'},
    {'suffix': 'expectation', 'of': 'expectation', 'by': 'expectation'},
    {'suffix': 'gap', 'of': 'gap', 'by': 'gap'},
] -%}
select
    enterprise_id,
    {{ columns(time) }},
    scope_type,
    scope_id,
    measures as indicator_id,
    {% if kind.suffix %}case when variant = '' then '{{ kind.suffix }}' else variant || '_{{ kind.suffix }}' end{% else %}variant{% endif %} as variant,
    part,
    {{ parts_of(
        kind.of ~ '_sum',
        kind.by ~ '_count',
        kind.by ~ '_people',
        'answer_count',
        sum_squares=kind.of ~ '_squares',
        sum_products=kind.of ~ '_products',
        count_squares=kind.by ~ '_count_squares'
    ) }}
from grouped
{%- if kind.suffix %}
where variant <> 'valid_only'
{%- endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}

{#- The components of the index O2-5, of which O2-2 has one per touchpoint. -#}
{% macro index_components() -%}
    {{- return(['O2-1', 'O2-3', 'O2-4', 'O2-2 phone', 'O2-2 online', 'O2-2 outlet', 'O2-2 onsite', 'O2-2 other']) -}}
{%- endmacro %}

{% macro index_component(measures, part) -%}
    case when {{ measures }} = 'O2-2' then 'O2-2 ' || {{ part }} else {{ measures }} end
{%- endmacro %}

{#- Points of 100 are counted in units that every usual scale divides evenly: 1 to 10 steps, and 100. Sums of products stay exact. -#}
{% macro units_of(steps, scale_steps) -%}
    cast({{ steps }} * 25200 / {{ scale_steps }} as decimal(38, 6))
{%- endmacro %}

{% macro summed_units(steps, scale_steps) -%}
    cast(sum({{ units_of(steps, scale_steps) }}) as decimal(19, 6))
{%- endmacro %}

{#- Units, or products of two of them, as points. -#}
{% macro in_points(units, power=1) -%}
    ({{ units }}) / {{ 252 ** power }}
{%- endmacro %}

{#- Columns value_<i>, count_<i> per component: a respondent's points of 100, in units, and number of answers. -#}
{% macro component_sums() -%}
    {%- for component in index_components() %}
    cast(coalesce(sum(case when component = '{{ component }}' then units end), 0) as decimal(19, 6)) as value_{{ loop.index }},
    count(case when component = '{{ component }}' then units end) as count_{{ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Sums over respondents of the products of two components, from component_sums(). -#}
{% macro pair_sums() -%}
    {%- for one in range(1, index_components() | length + 1) %}
    {%- for other in range(one, index_components() | length + 1) %}
    sum(value_{{ one }} * value_{{ other }}) as values_{{ one }}_{{ other }},
    sum(value_{{ one }} * count_{{ other }}) as value_count_{{ one }}_{{ other }},
    sum(count_{{ one }} * value_{{ other }}) as count_value_{{ one }}_{{ other }},
    sum(count_{{ one }} * count_{{ other }}) as counts_{{ one }}_{{ other }},
    {%- endfor %}
    sum(value_{{ one }}) as value_{{ one }},
    sum(count_{{ one }}) as count_{{ one }},
    count(case when count_{{ one }} > 0 then 1 end) as people_{{ one }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Per touchpoint of O2-2, whether a relation with the column channel has it: has_hotline, … -#}
{% macro touchpoint_flags(relation) -%}
    {%- for component in index_components()[3:] %}
    max(case when {{ relation }}.channel = '{{ component[5:] }}' then 1 else 0 end) as has_{{ component[5:] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- One row per key × pair of components that were both answered, from pair_sums(). -#}
{% macro pair_rows(relation, keys) -%}
    {%- for one in range(1, index_components() | length + 1) %}
    {%- set outer = loop %}
    {%- for other in range(one, index_components() | length + 1) %}
select
    {{ columns(keys) }},
    '{{ index_components()[one - 1] }}' as component,
    '{{ index_components()[other - 1] }}' as other_component,
    cast({{ 'people_' ~ one if one == other else 'null' }} as bigint) as respondents,
    cast({{ in_points('value_' ~ one) if one == other else 'null' }} as decimal(38, 9)) as numerator,
    cast({{ 'count_' ~ one if one == other else 'null' }} as bigint) as denominator,
    cast({{ in_points('values_' ~ one ~ '_' ~ other, 2) }} as decimal(38, 9)) as sum_products,
    cast({{ in_points('value_count_' ~ one ~ '_' ~ other) }} as decimal(38, 9)) as value_counts,
    cast({{ in_points('count_value_' ~ one ~ '_' ~ other) }} as decimal(38, 9)) as count_values,
    cast(counts_{{ one }}_{{ other }} as bigint) as count_products
from {{ relation }}
where count_{{ one }} > 0 and count_{{ other }} > 0
{{ 'union all' if not (loop.last and outer.last) }}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}
