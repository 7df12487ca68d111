{% set cell = ['enterprise_id', 'quarter', 'survey_id', 'region_code', 'channel'] -%}
with of_people as (
    select
        {{ columns(cell) }},
        response_id,
        component,
        {{ component_sums() }}
    from (
        select
            {{ columns(cell) }},
            response_id,
            {{ index_component('measures', "coalesce(touchpoint, 'other')") }} as component,
            {{ units_of('(score - scale_min)', '(scale_max - scale_min)') }} as units,
            1 as answers
        from {{ ref('int_survey_answers') }}
        where measures in ('O2-1', 'O2-2', 'O2-3', 'O2-4') and survey_type <> 'mystery' and score is not null
    ) as answers
    where component is not null
    group by {{ cell | join(', ') }}, response_id, component
),

grouped as (
    select
        {{ columns(cell + ['component', 'other_component']) }},
        {{ pair_sums() }}
    from ({{ pairs_of_components('of_people', ['enterprise_id', 'quarter', 'survey_id', 'response_id'], cell) }}) as pairs_of_people
    group by {{ (cell + ['component', 'other_component']) | join(', ') }}
)

{{ pair_rows('grouped', cell) }}
