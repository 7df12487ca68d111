{% set cell = ['enterprise_id', 'quarter', 'survey_id', 'region_code', 'channel'] -%}
with of_people as (
    select
        {{ columns(cell) }},
        response_id,
        {{ component_sums('1') }}
    from (
        select
            {{ columns(cell) }},
            response_id,
            {{ index_component('measures', "coalesce(touchpoint, 'other')") }} as component,
            {{ units_of('(score - scale_min)', '(scale_max - scale_min)') }} as units
        from {{ ref('int_survey_answers') }}
        where measures in ('O2-1', 'O2-2', 'O2-3', 'O2-4') and survey_type <> 'mystery' and score is not null
    ) as answers
    group by {{ cell | join(', ') }}, response_id
),

grouped as (
    select
        {{ columns(cell) }},
        {{ pair_sums() }}
    from of_people
    group by {{ cell | join(', ') }}
)

{{ pair_rows('grouped', cell) }}
