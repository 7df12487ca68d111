with surveyed_indicators as (
    select indicator_id
    from {{ ref('indicator_catalogue') }}
    where method in ('score', 'weighted_score') and {{ in_force('valid_from', 'valid_to', last_day()) }}
),

-- Summed as whole steps of the scale first, as in int_survey_parts: the cells of a quarter add up to its parts
per_scale as (
    select
        answers.enterprise_id,
        answers.quarter,
        answers.survey_id,
        answers.region_code,
        answers.channel,
        answers.measures as indicator_id,
        case when answers.measures = 'O2-2' then coalesce(answers.touchpoint, 'other') else '' end as part,
        cast(answers.scale_max - answers.scale_min as bigint) as scale_steps,
        sum(answers.score - answers.scale_min) as score_sum,
        count(answers.score) as score_count,
        sum((answers.score - answers.scale_min) * (answers.score - answers.scale_min)) as score_squares,
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
        cast(answers.scale_max - answers.scale_min as bigint)
)

select
    enterprise_id,
    quarter,
    survey_id,
    region_code,
    channel,
    indicator_id,
    part,
    cast(sum(cast(score_sum * 100 / scale_steps as decimal(38, 9))) as decimal(38, 9)) as numerator,
    cast(sum(score_count) as bigint) as n,
    cast(sum(answer_count) as bigint) as cases,
    cast(
        sum(cast(score_squares * 10000 / (scale_steps * scale_steps) as decimal(38, 9))) as decimal(38, 9)
    ) as sum_squares
from per_scale
group by enterprise_id, quarter, survey_id, region_code, channel, indicator_id, part
