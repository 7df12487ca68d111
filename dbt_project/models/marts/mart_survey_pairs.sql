{% set scopes = ['region', 'outlet', 'staff', 'channel', 'product_category'] -%}
{% set keys = ['enterprise_id', 'span', 'variant'] -%}
{% set place = keys + ['scope_type', 'scope_id'] -%}
{% set period_place = ['enterprise_id', 'period', 'period_role', 'variant', 'scope_type', 'scope_id'] -%}
{% set places = [] -%}
{% for scope in scopes %}{% do places.append(scope_column(scope)) %}{% endfor -%}
{% set answered = ['answered_others'] -%}
{% for component in index_components()[3:] %}{% do answered.append('answered_' ~ component[5:]) %}{% endfor -%}
{#- Of periods with answers in the same quarters people are counted once. -#}
{% set people -%}
    (
        select
            people.*,
            spans.span
        from {{ ref('int_survey_people') }} as people
        inner join (
            select distinct
                span,
                quarter
            from {{ ref('int_survey_spans') }}
        ) as spans on people.quarter = spans.quarter
        where
            people.measures in ('O2-1', 'O2-2', 'O2-3', 'O2-4')
            and people.variant in ('', 'valid_only')
            and people.score_count > 0
    )
{%- endset %}
with {{ people_of_one_place(people, ['span']) }},

answers as (
    select
        {{ columns(keys + ['respondent'] + places, 'people') }},
        {{ index_component('people.measures', 'people.part') }} as component,
        {{ units_of('people.score_steps', 'people.scale_steps') }} as units,
        people.score_count as answers,
        of_one_place.respondent is not null as is_of_one_place
    from {{ people }} as people
    left join of_one_place on people.span = of_one_place.span and people.respondent = of_one_place.respondent
),

one_place as (
    select
        {{ columns(keys + ['respondent', 'component'] + places) }},
        {{ component_sums() }}
    from answers
    where is_of_one_place and component is not null
    group by {{ (keys + ['respondent', 'component'] + places) | join(', ') }}
),

several_places as (
    select
        {{ columns(keys + ['respondent', 'component']) }},
        {{ scope_keys(scopes) }},
        {{ component_sums() }}
    from answers
    where not is_of_one_place and component is not null
    {{ scope_sets(keys + ['respondent', 'component'], scopes) }}
),

pairs as (
    select
        {{ columns(keys + ['component', 'other_component']) }},
        {{ scope_keys(scopes) }},
        {{ pair_sums() }}
    from ({{ pairs_of_components('one_place', keys + ['respondent'], keys + places) }}) as pairs_of_people
    {{ scope_sets(keys + ['component', 'other_component'], scopes) }}
    union all
    select
        {{ columns(keys + ['component', 'other_component', 'scope_type', 'scope_id']) }},
        {{ pair_sums() }}
    from ({{ pairs_of_components('several_places', place + ['respondent'], place) }}) as pairs_of_people
    group by {{ (place + ['component', 'other_component']) | join(', ') }}
),

grouped as (
    select
        {{ columns(place + ['component', 'other_component']) }},
        {{ added_pair_sums() }}
    from pairs
    where scope_id is not null
    group by {{ (place + ['component', 'other_component']) | join(', ') }}
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
        group by {{ (keys + ['respondent'] + places) | join(', ') }}
    ) as people
    {{ scope_sets(keys + answered, scopes) }}
    union all
    select
        {{ columns(place) }},
        {{ answered_components() }},
        1 as people
    from several_places
    where scope_id is not null
    group by {{ (place + ['respondent']) | join(', ') }}
),

periods as (
    select distinct
        period,
        period_role,
        span
    from {{ ref('int_survey_spans') }}
),

-- Those who answered for a usable touchpoint (O2-2), or for any component of the index (O2-5)
people as (
    select
        patterns.enterprise_id,
        periods.period,
        periods.period_role,
        patterns.variant,
        patterns.scope_type,
        patterns.scope_id,
        patterns.people,
        patterns.answered_others,
        {%- for component in index_components()[3:] %}
        {{ '+ ' if not loop.first }}patterns.answered_{{ component[5:] }} * coalesce(touchpoints.has_{{ component[5:] }}, 0)
        {%- endfor %} as answered_touchpoints
    from patterns
    inner join periods on patterns.span = periods.span
    left join touchpoints
        on
            {{ same(['enterprise_id', 'scope_type', 'scope_id'], 'patterns', 'touchpoints') }}
            and {{ same(['period', 'period_role'], 'periods', 'touchpoints') }}
    where patterns.scope_id is not null
),

respondents as (
    select
        {{ columns(period_place) }},
        sum(case when answered_touchpoints > 0 then people else 0 end) as of_touchpoints,
        sum(case when answered_touchpoints + answered_others > 0 then people else 0 end) as of_index
    from people
    group by {{ period_place | join(', ') }}
)

select
    pair_rows.enterprise_id,
    periods.period,
    periods.period_role,
    {{ columns(['variant', 'scope_type', 'scope_id'] + pair_columns(), 'pair_rows') }}
from ({{ pair_rows('grouped', place) }}) as pair_rows
inner join periods on pair_rows.span = periods.span
{% for indicator, counted in [('O2-2', 'of_touchpoints'), ('O2-5', 'of_index')] -%}
union all
select
    {{ columns(period_place) }},
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
