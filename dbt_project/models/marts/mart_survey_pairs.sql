{% set scopes = ['region', 'outlet', 'staff', 'channel', 'product_category'] -%}
{% set keys = ['enterprise_id', 'period', 'period_role', 'variant'] -%}
{% set place = keys + ['scope_type', 'scope_id'] -%}
with answers as (
    select
        measures.enterprise_id,
        periods.period,
        periods.period_role,
        measures.variant,
        measures.respondent_id,
        measures.region_code,
        measures.outlet_id,
        measures.staff_id,
        measures.channel,
        measures.product_category,
        {{ index_component('measures.measures', 'measures.part') }} as component,
        {{ units_of('(measures.score - measures.scale_min)', 'measures.scale_steps') }} as units
    from {{ ref('int_survey_measures') }} as measures
    inner join {{ ref('int_period_quarters') }} as periods on measures.quarter = periods.quarter
    where
        measures.measures in ('O2-1', 'O2-2', 'O2-3', 'O2-4')
        and measures.variant in ('', 'valid_only')
        and measures.score is not null
),

of_people as (
    select
        {{ columns(keys) }},
        respondent_id,
        {{ scope_keys(scopes) }},
        {{ component_sums() }}
    from answers
    {{ scope_sets(keys + ['respondent_id'], scopes) }}
),

grouped as (
    select
        {{ columns(place) }},
        {{ pair_sums() }}
    from of_people
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

-- People who answered for a usable touchpoint (O2-2), or for any component of the index (O2-5)
answered as (
    select
        {{ columns(place, 'of_people') }},
        {%- for component in index_components()[3:] %}
        {{ '+ ' if not loop.first }}of_people.count_{{ loop.index + 3 }} * coalesce(touchpoints.has_{{ component[5:] }}, 0)
        {%- endfor %} as touchpoint_answers,
        of_people.count_1 + of_people.count_2 + of_people.count_3 as other_answers
    from of_people
    left join touchpoints
        on {{ same(['enterprise_id', 'period', 'period_role', 'scope_type', 'scope_id'], 'of_people', 'touchpoints') }}
    where of_people.scope_id is not null
),

people as (
    select
        {{ columns(place) }},
        count(case when touchpoint_answers > 0 then 1 end) as of_touchpoints,
        count(case when touchpoint_answers + other_answers > 0 then 1 end) as of_index
    from answered
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
from people
{% endfor %}
