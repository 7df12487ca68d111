{#-
    Additive parts of the survey indicators, summed by respondent first: one row per enterprise × time × scope × indicator × variant ×
    part. One person may answer several questions of an indicator, so that n counts people and the squares are of their sums (D-35).

    people   int_survey_people, or a relation with its columns
    time     the columns of the month, quarter or period
    scopes   the scopes besides the enterprise
    readings score, and expectation and gap (with the share of the two best levels) where other readings than the score are wanted
-#}
{% macro survey_parts(
    people, time, scopes=['region', 'outlet', 'staff', 'channel', 'product_category'], readings=['score', 'expectation', 'gap']
) %}
{% set keys = ['enterprise_id'] + time + ['measures', 'variant', 'part'] -%}
{% set place = keys + ['scope_type', 'scope_id'] -%}
with {{ people_of_one_place(people, time) }},

people as (
    select
        {{ columns(keys, 'people') }},
        people.respondent,
        people.scale_steps,
        {%- for scope in scopes %}
        people.{{ scope_column(scope) }},
        {%- endfor %}
        {%- for reading in readings %}
        people.{{ reading }}_steps,
        people.{{ reading }}_count,
        cast({{ units_of('people.' ~ reading ~ '_steps', 'people.scale_steps') }} as decimal(19, 6)) as {{ reading }}_units,
        {%- endfor %}
        people.top_two_count,
        people.answer_count,
        of_one_place.respondent is not null and scales.measures is not null as is_one_row
    from {{ people }} as people
    left join of_one_place on {{ same(time + ['respondent'], 'people', 'of_one_place') }}
    left join (
        select
            measures,
            part
        from {{ people }} as people
        group by measures, part
        having min(scale_steps) = max(scale_steps)
    ) as scales on {{ same(['measures', 'part'], 'people', 'scales') }}
),

-- Answers are summed as whole steps of their scale, separately per scale length, and become points of 100 by one division per
-- sum, so that a mean can equal its requirement exactly on every scale
of_scales as (
    select
        {{ columns(keys) }},
        scale_steps,
        {{ scope_keys(scopes) }},
        {%- for reading in readings %}
        sum({{ reading }}_steps) as {{ reading }}_steps,
        {%- endfor %}
        sum(answer_count) as answer_count
    from people
    {{ scope_sets(keys + ['scale_steps'], scopes) }}
),

sums as (
    select
        {{ columns(place) }},
        {%- for reading in readings %}
        sum(cast({{ reading }}_steps * 100 / scale_steps as decimal(38, 9))) as {{ reading }}_sum,
        {%- endfor %}
        sum(answer_count) as answer_count
    from of_scales
    where scope_id is not null
    group by {{ place | join(', ') }}
),

several_rows as (
    select
        {{ columns(keys) }},
        respondent,
        {{ scope_keys(scopes) }},
        {%- for reading in readings %}
        cast(sum({{ reading }}_units) as decimal(19, 6)) as {{ reading }}_units,
        cast(sum({{ reading }}_count) as bigint) as {{ reading }}_count,
        {%- endfor %}
        cast(sum(top_two_count) as bigint) as top_two_count
    from people
    where not is_one_row
    {{ scope_sets(keys + ['respondent'], scopes) }}
),

squares as (
    select
        {{ columns(keys) }},
        {{ scope_keys(scopes) }},
        {{ _person_sums(readings) }}
    from people
    where is_one_row
    {{ scope_sets(keys, scopes) }}
    union all
    select
        {{ columns(place) }},
        {{ _person_sums(readings) }}
    from several_rows
    where scope_id is not null
    group by {{ place | join(', ') }}
),

of_people as (
    select
        {{ columns(place) }},
        {%- for reading in readings %}
        sum({{ reading }}_people) as {{ reading }}_people,
        sum({{ reading }}_count) as {{ reading }}_count,
        {{ in_points('sum(' ~ reading ~ '_squares)', 2) }} as {{ reading }}_squares,
        {{ in_points('sum(' ~ reading ~ '_products)') }} as {{ reading }}_products,
        sum({{ reading }}_count_squares) as {{ reading }}_count_squares,
        {%- endfor %}
        sum(top_two_sum) as top_two_sum,
        sum(top_two_squares) as top_two_squares,
        sum(top_two_products) as top_two_products
    from squares
    where scope_id is not null
    group by {{ place | join(', ') }}
),

grouped as (
    select
        of_people.*,
        {%- for reading in readings %}
        sums.{{ reading }}_sum,
        {%- endfor %}
        sums.answer_count
    from of_people
    inner join sums on {{ same(place, 'of_people', 'sums') }}
)

{%- set kinds = [
    {'suffix': '', 'of': 'score', 'by': 'score'},
    {'suffix': 'top_two_box', 'of': 'top_two', 'by': 'score'},
    {'suffix': 'expectation', 'of': 'expectation', 'by': 'expectation'},
    {'suffix': 'gap', 'of': 'gap', 'by': 'gap'},
] -%}
{% for kind in (kinds if readings | length > 1 else kinds[:1]) -%}
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

{#- Sums over people of their answers, and of the squares and products of these. -#}
{% macro _person_sums(readings) -%}
    {%- for reading in readings %}
    count(case when {{ reading }}_count > 0 then 1 end) as {{ reading }}_people,
    sum({{ reading }}_count) as {{ reading }}_count,
    sum({{ reading }}_units * {{ reading }}_units) as {{ reading }}_squares,
    sum({{ reading }}_units * {{ reading }}_count) as {{ reading }}_products,
    sum({{ reading }}_count * {{ reading }}_count) as {{ reading }}_count_squares,
    {%- endfor %}
    sum(top_two_count) as top_two_sum,
    sum(top_two_count * top_two_count) as top_two_squares,
    sum(top_two_count * score_count) as top_two_products
{%- endmacro %}

{#-
    The relation of_one_place: respondents whose answers of the time were all given in one month at one place. Their rows of
    int_survey_people are the same people in every scope, and need not be summed by person scope by scope.
-#}
{% macro people_of_one_place(people, time) -%}
of_one_place as (
    select
        {{ columns(time) }},
        respondent
    from {{ people }} as people
    group by {{ time | join(', ') }}, respondent
    having min(month_start) = max(month_start) and min(place) = max(place)
)
{%- endmacro %}

{#- The components of the index O2-5, of which O2-2 has one per touchpoint. -#}
{% macro index_components() -%}
    {{- return(['O2-1', 'O2-3', 'O2-4', 'O2-2 phone', 'O2-2 online', 'O2-2 outlet', 'O2-2 onsite', 'O2-2 other']) -}}
{%- endmacro %}

{#- The number of a component in this list; null for another. -#}
{% macro index_component(measures, part) -%}
    case case when {{ measures }} = 'O2-2' then 'O2-2 ' || {{ part }} else {{ measures }} end
        {%- for component in index_components() %}
        when '{{ component }}' then {{ loop.index }}
        {%- endfor %}
    end
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

{#- Of a respondent and component: the points of 100, in units, and the number of answers. -#}
{% macro component_sums() -%}
    cast(sum(units) as decimal(19, 6)) as points,
    cast(sum(answers) as bigint) as answers
{%- endmacro %}

{#- Whether a respondent answered for a touchpoint, or for one of the other components: of a respondent's components. -#}
{% macro answered_components() -%}
    max(case when component <= 3 then 1 else 0 end) as answered_others,
    {%- for component in index_components()[3:] %}
    max(case when component = {{ loop.index + 3 }} then 1 else 0 end) as answered_{{ component[5:] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Every two components that one person answered for, a component with itself too.

    relation  one row per person × component, with component_sums()
    person    the columns that a person's rows agree in
    kept      further columns, of the first
-#}
{% macro pairs_of_components(relation, person, kept) -%}
    select
        {{ columns(kept, 'one') }},
        one.component,
        other.component as other_component,
        one.points,
        one.answers,
        other.points as other_points,
        other.answers as other_answers
    from {{ relation }} as one
    inner join {{ relation }} as other on {{ same(person, 'one', 'other') }} and one.component <= other.component
{%- endmacro %}

{#- Sums over people, from pairs_of_components(); the first three are asked of a component with itself. -#}
{% macro _pair_sums() -%}
    {{- return({
        'people': '1',
        'points': 'points',
        'answers': 'answers',
        'sum_products': 'points * other_points',
        'value_counts': 'points * other_answers',
        'count_values': 'answers * other_points',
        'count_products': 'answers * other_answers',
    }) -}}
{%- endmacro %}

{% macro pair_sums() -%}
    {%- for name, summed in _pair_sums().items() %}
    sum({{ summed }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The same of groups that have them already. -#}
{% macro added_pair_sums() -%}
    {%- for name in _pair_sums() %}
    sum({{ name }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Per touchpoint of O2-2, whether a relation with the column channel has it: has_hotline, … -#}
{% macro touchpoint_flags(relation) -%}
    {%- for component in index_components()[3:] %}
    max(case when {{ relation }}.channel = '{{ component[5:] }}' then 1 else 0 end) as has_{{ component[5:] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro pair_columns() -%}
    {{- return([
        'component', 'other_component', 'respondents', 'numerator', 'denominator', 'sum_products', 'value_counts', 'count_values',
        'count_products',
    ]) -}}
{%- endmacro %}

{#- One row per key × pair of components that were both answered, if by different people. From pair_sums(). -#}
{% macro pair_rows(relation, keys) -%}
    select
        {{ columns(keys, 'one') }},
        {{ _component_name('one.component') }} as component,
        {{ _component_name('other.component') }} as other_component,
        cast(case when one.component = other.component then one.people end as bigint) as respondents,
        cast(case when one.component = other.component then {{ in_points('one.points') }} end as decimal(38, 9)) as numerator,
        cast(case when one.component = other.component then one.answers end as bigint) as denominator,
        cast({{ in_points('coalesce(pairs.sum_products, 0)', 2) }} as decimal(38, 9)) as sum_products,
        cast({{ in_points('coalesce(pairs.value_counts, 0)') }} as decimal(38, 9)) as value_counts,
        cast({{ in_points('coalesce(pairs.count_values, 0)') }} as decimal(38, 9)) as count_values,
        cast(coalesce(pairs.count_products, 0) as bigint) as count_products
    from {{ relation }} as one
    inner join {{ relation }} as other on {{ same_or_null(keys, 'one', 'other') }} and one.component <= other.component
    left join {{ relation }} as pairs
        on
            {{ same_or_null(keys, 'one', 'pairs') }}
            and one.component = pairs.component
            and other.component = pairs.other_component
    where one.component = one.other_component and other.component = other.other_component
{%- endmacro %}

{% macro _component_name(number) -%}
    case {{ number }}
        {%- for component in index_components() %}
        when {{ loop.index }} then '{{ component }}'
        {%- endfor %}
    end
{%- endmacro %}
