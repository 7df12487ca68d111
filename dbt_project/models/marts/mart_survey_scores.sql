{% set item = ['enterprise_id', 'quarter', 'survey_id', 'region_code', 'channel', 'indicator_id', 'part'] -%}
with surveyed_indicators as (
    select indicator_id
    from {{ ref('indicator_catalogue') }}
    where method in ('score', 'weighted_score') and {{ in_force('valid_from', 'valid_to', last_day()) }}
),

of_responses_and_scales as (
    select
        answers.enterprise_id,
        answers.quarter,
        answers.survey_id,
        answers.region_code,
        answers.channel,
        answers.measures as indicator_id,
        case when answers.measures = 'O2-2' then coalesce(answers.touchpoint, 'other') else '' end as part,
        answers.response_id,
        cast(answers.scale_max - answers.scale_min as bigint) as scale_steps,
        sum(answers.score - answers.scale_min) as score_steps,
        count(answers.score) as score_count,
        count(*) as answer_count
    from {{ ref('int_survey_answers') }} as answers
    inner join surveyed_indicators on answers.measures = surveyed_indicators.indicator_id
    where answers.survey_type <> 'mystery'
    group by
        answers.enterprise_id,
        answers.quarter,
        answers.survey_id,
        answers.region_code,
        answers.channel,
        answers.measures,
        case when answers.measures = 'O2-2' then coalesce(answers.touchpoint, 'other') else '' end,
        answers.response_id,
        cast(answers.scale_max - answers.scale_min as bigint)
),

-- Summed as whole steps of the scale first, as in survey_parts(): the cells of a quarter add up to its parts
of_scales as (
    select
        {{ columns(item) }},
        scale_steps,
        sum(score_steps) as score_steps,
        sum(answer_count) as answer_count
    from of_responses_and_scales
    group by {{ item | join(', ') }}, scale_steps
),

sums as (
    select
        {{ columns(item) }},
        sum(cast(score_steps * 100 / scale_steps as decimal(38, 9))) as score_sum,
        sum(answer_count) as answer_count
    from of_scales
    group by {{ item | join(', ') }}
),

of_responses as (
    select
        {{ columns(item) }},
        response_id,
        {{ summed_units('score_steps', 'scale_steps') }} as units,
        cast(sum(score_count) as bigint) as score_count
    from of_responses_and_scales
    group by {{ item | join(', ') }}, response_id
),

squares as (
    select
        {{ columns(item) }},
        count(case when score_count > 0 then 1 end) as respondents,
        sum(score_count) as score_count,
        {{ in_points('sum(units * units)', 2) }} as sum_squares,
        {{ in_points('sum(units * score_count)') }} as sum_products,
        sum(score_count * score_count) as count_squares
    from of_responses
    group by {{ item | join(', ') }}
)

select
    {{ columns(item, 'squares') }},
    cast(sums.score_sum as decimal(38, 9)) as numerator,
    cast(squares.score_count as bigint) as n,
    cast(squares.respondents as bigint) as respondents,
    cast(sums.answer_count as bigint) as cases,
    cast(squares.sum_squares as decimal(38, 9)) as sum_squares,
    cast(squares.sum_products as decimal(38, 9)) as sum_products,
    cast(squares.count_squares as bigint) as count_squares
from squares
inner join sums
    on
        {{ same(['enterprise_id', 'quarter', 'survey_id', 'indicator_id', 'part'], 'squares', 'sums') }}
        and squares.region_code is not distinct from sums.region_code
        and squares.channel is not distinct from sums.channel
