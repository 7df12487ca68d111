{{ config(materialized='view') }}
with responses as (
    select
        responses.*,
        quarters.period,
        quarters.counted_over
    from {{ ref('int_survey_responses') }} as responses
    inner join {{ ref('int_rule_quarters') }} as quarters on responses.quarter = quarters.quarter
),

satisfaction_responses as (
    select *
    from responses
    where survey_type = 'satisfaction' and counted_over = 'period'
),

rounds_of_quarters as (
    select
        enterprises.enterprise_id,
        quarters.period,
        quarters.quarter,
        count(distinct responses.survey_id) as round_count
    from {{ ref('int_enterprises') }} as enterprises
    cross join {{ ref('int_rule_quarters') }} as quarters
    left join satisfaction_responses as responses
        on
            enterprises.enterprise_id = responses.enterprise_id
            and quarters.period = responses.period
            and quarters.quarter = responses.quarter
    where quarters.counted_over = 'period'
    group by enterprises.enterprise_id, quarters.period, quarters.quarter
),

fewest_rounds as (
    select
        enterprise_id,
        period,
        min(round_count) as round_count
    from rounds_of_quarters
    group by enterprise_id, period
),

answers_of_year as (
    select
        enterprise_id,
        period,
        count(*) as response_count
    from responses
    where survey_type = 'satisfaction' and counted_over = 'year_to_date'
    group by enterprise_id, period
),

answers_by_mode as (
    select
        enterprise_id,
        period,
        mode,
        count(*) as response_count
    from satisfaction_responses
    group by enterprise_id, period, mode
),

completion_times as (
    select
        enterprise_id,
        period,
        count(*) as response_count,
        {{ percentile('completion_seconds', 0.5) }} / 60 as median_minutes,
        {{ percentile('completion_seconds', 0.9) }} / 60 as p90_minutes
    from satisfaction_responses
    where completion_seconds is not null
    group by enterprise_id, period
),

pulses as (
    select
        enterprise_id,
        period,
        count(*) as response_count
    from responses
    where survey_type = 'pulse' and counted_over = 'period'
    group by enterprise_id, period
),

questions as (
    select
        rounds.enterprise_id,
        rounds.period,
        rounds.survey_id,
        count(*) as question_count,
        sum(case when questions.measures like 'O2-%' then 1 else 0 end) as satisfaction_item_count,
        sum(
            case
                when
                    questions.measures like 'O2-%'
                    and questions.scale_min = {{ parameter('satisfaction_scale_min') }}
                    and questions.scale_max = {{ parameter('satisfaction_scale_max') }}
                    then 1
                else 0
            end
        ) as five_level_count
    from (
        select distinct
            enterprise_id,
            period,
            survey_id
        from satisfaction_responses
    ) as rounds
    inner join {{ source('clean', 'survey_questions') }} as questions
        on rounds.survey_id = questions.survey_id and questions.survey_type = 'satisfaction'
    group by rounds.enterprise_id, rounds.period, rounds.survey_id
),

mystery_rounds as (
    select
        visits.enterprise_id,
        quarters.period,
        visits.round_id,
        count(distinct visits.outlet_id) as outlet_count,
        count(distinct visits.scenario) as scene_count
    from {{ source('clean', 'mystery_visits') }} as visits
    inner join {{ ref('int_rule_quarters') }} as quarters
        on visits.quarter = quarters.quarter and quarters.counted_over = 'year_to_date'
    group by visits.enterprise_id, quarters.period, visits.round_id
)

{{ rule_figures([
    {'rule': 'PR-09', 'measure': 'five_level_items', 'of': 'questions', 'item': 'survey_id', 'numerator': 'five_level_count', 'denominator': 'satisfaction_item_count'},
    {'rule': 'PR-11', 'measure': 'fewest_rounds', 'of': 'fewest_rounds', 'numerator': 'round_count'},
    {'rule': 'PR-12', 'measure': 'valid_answers', 'of': 'answers_of_year', 'numerator': 'response_count'},
    {'rule': 'PR-13', 'measure': 'answers', 'of': 'answers_by_mode', 'item': 'mode', 'numerator': 'response_count'},
    {'rule': 'PR-14', 'measure': 'questions', 'of': 'questions', 'item': 'survey_id', 'numerator': 'question_count'},
    {'rule': 'PR-15', 'measure': 'median_minutes', 'of': 'completion_times', 'numerator': 'median_minutes', 'denominator': 'response_count'},
    {'rule': 'PR-15', 'measure': 'p90_minutes', 'of': 'completion_times', 'numerator': 'p90_minutes', 'denominator': 'response_count'},
    {'rule': 'PR-17', 'measure': 'outlets', 'of': 'mystery_rounds', 'item': 'round_id', 'numerator': 'outlet_count'},
    {'rule': 'PR-17', 'measure': 'scenes', 'of': 'mystery_rounds', 'item': 'round_id', 'numerator': 'scene_count'},
    {'rule': 'PR-61', 'measure': 'pulses', 'of': 'pulses', 'numerator': 'response_count'},
]) }}
