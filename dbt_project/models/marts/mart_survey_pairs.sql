{% set scopes = ['region', 'outlet', 'staff', 'channel', 'product_category'] -%}
{% set time = ['period', 'period_role'] -%}
{% set keys = ['enterprise_id'] + time + ['variant'] -%}
{% set place = keys + ['scope_type', 'scope_id'] -%}
{% set places = [] -%}
{% for scope in scopes %}{% do places.append(scope_column(scope)) %}{% endfor -%}
{% set answered = ['answered_others'] -%}
{% for component in index_components()[3:] %}{% do answered.append('answered_' ~ component[5:]) %}{% endfor -%}
{% set people -%}
    (
        select
            people.*,
            quarters.period,
            quarters.period_role
        from {{ ref('int_survey_people') }} as people
        inner join {{ ref('int_period_quarters') }} as quarters on people.quarter = quarters.quarter
        where
            people.measures in ('O2-1', 'O2-2', 'O2-3', 'O2-4')
            and people.variant in ('', 'valid_only')
            and people.score_count > 0
    )
{%- endset %}
with {{ people_of_one_place(people, time) }},

answers as (
    select
        {{ columns(keys + ['respondent'] + places, 'people') }},
        {{ index_component('people.measures', 'people.part') }} as component,
        {{ units_of('people.score_steps', 'people.scale_steps') }} as units,
        people.score_count,
        of_one_place.respondent is not null as is_of_one_place
    from {{ people }} as people
    left join of_one_place on {{ same(time + ['respondent'], 'people', 'of_one_place') }}
),

one_place as (
    select
        {{ columns(keys + places) }},
        {{ component_sums('score_count') }}
    from answers
    where is_of_one_place
    group by {{ (keys + ['respondent'] + places) | join(', ') }}
),

several_places as (
    select
        {{ columns(keys) }},
        {{ scope_keys(scopes) }},
        {{ component_sums('score_count') }}
    from answers
    where not is_of_one_place
    {{ scope_sets(keys + ['respondent'], scopes) }}
),

sums as (
    select
        {{ columns(keys) }},
        {{ scope_keys(scopes) }},
        {{ pair_sums() }}
    from one_place
    {{ scope_sets(keys, scopes) }}
    union all
    select
        {{ columns(place) }},
        {{ pair_sums() }}
    from several_places
    group by {{ place | join(', ') }}
),

grouped as (
    select
        {{ columns(place) }},
        {{ added_pair_sums() }}
    from sums
    where scope_id is not null
    group by {{ place | join(', ') }}
),

-- Touchpoints without a request weigh nothing in O2-2
touchpoints as (
    select
        volumes.enterprise_id,
        quarters.period,
        quarters.period_role,
        volumes.scope_type,
        volumes.scope_id,
        {{ touchpoint_flags('volumes') }}
    from {{ ref('int_touchpoint_volumes') }} as volumes
    inner join {{ ref('int_period_quarters') }} as quarters on volumes.quarter = quarters.quarter
    group by volumes.enterprise_id, quarters.period, quarters.period_role, volumes.scope_type, volumes.scope_id
),

-- People by what they answered for
patterns as (
    select
        {{ columns(keys) }},
        {{ scope_keys(scopes) }},
        {{ columns(answered) }},
        count(*) as people
    from (
        select
            {{ columns(keys + places) }},
            {{ answered_components() }}
        from one_place
    ) as people
    {{ scope_sets(keys + answered, scopes) }}
    union all
    select
        {{ columns(place) }},
        {{ answered_components() }},
        1 as people
    from several_places
),

-- Those who answered for a usable touchpoint (O2-2), or for any component of the index (O2-5)
people as (
    select
        {{ columns(place, 'patterns') }},
        patterns.people,
        patterns.answered_others,
        {%- for component in index_components()[3:] %}
        {{ '+ ' if not loop.first }}patterns.answered_{{ component[5:] }} * coalesce(touchpoints.has_{{ component[5:] }}, 0)
        {%- endfor %} as answered_touchpoints
    from patterns
    left join touchpoints
        on {{ same(['enterprise_id', 'period', 'period_role', 'scope_type', 'scope_id'], 'patterns', 'touchpoints') }}
    where patterns.scope_id is not null
),

respondents as (
    select
        {{ columns(place) }},
        sum(case when answered_touchpoints > 0 then people else 0 end) as of_touchpoints,
        sum(case when answered_touchpoints + answered_others > 0 then people else 0 end) as of_index
    from people
    group by {{ place | join(', ') }}
)

{{ pair_rows('grouped', place) }}
{% for indicator, counted in [('O2-2', 'of_touchpoints'), ('O2-5', 'of_index')] -%}
union all
select
    {{ columns(place) }},
    '{{ indicator }}' as component,
    '{{ indicator }}' as other_component,
    cast({{ counted }} as bigint) as respondents,
    cast(null as decimal(38, 9)) as numerator,
    cast(null as bigint) as denominator,
    cast(null as decimal(38, 9)) as sum_products,
    cast(null as decimal(38, 9)) as value_counts,
    cast(null as decimal(38, 9)) as count_values,
    cast(null as bigint) as count_products
from respondents
{% endfor %}
