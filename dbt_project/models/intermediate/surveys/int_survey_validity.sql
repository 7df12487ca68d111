{% set likert = "questions.scale_max - questions.scale_min >= 2" -%}
with rounds as (
    select
        survey_id,
        cast(count(*) as bigint) as question_count
    from {{ source('clean', 'survey_questions') }}
    where survey_type = 'satisfaction'
    group by survey_id
),

-- Ordered as for the first complete response of a customer (int_survey_answers)
delivered as (
    select
        came.enterprise_id,
        came.quarter,
        came.survey_id,
        came.response_id,
        came.customer_id,
        came.mode,
        came.is_complete,
        -- An interviewer uses one device for many customers, so only online responses are checked (D-69)
        case when came.mode = 'online' then came.device_token_token end as device_token,
        rounds.question_count,
        {{ seconds_between('came.started_at', 'came.submitted_at') }} as completion_seconds,
        coalesce(
            sum(case when came.is_complete then 1 else 0 end) over (
                partition by came.enterprise_id, came.customer_id, came.survey_id
                order by came.submitted_at, came._origin_file, came._origin_row, came.quarter, came._row_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as complete_before
    from {{ source('clean', 'survey_responses') }} as came
    inner join rounds on came.survey_id = rounds.survey_id
),

-- A complete response after the customer's first complete one is flagged as that, and is not measured against the others
responses as (
    select
        *,
        is_complete and complete_before > 0 as is_repeated
    from delivered
),

items as (
    select
        responses.enterprise_id,
        responses.response_id,
        count(answers.score) as answered_count,
        count(case when {{ likert }} then answers.score end) as item_count,
        min(case when {{ likert }} then answers.score end) as lowest_score,
        max(case when {{ likert }} then answers.score end) as highest_score,
        sum(case when {{ likert }} then answers.score end) as score_sum,
        sum(case when {{ likert }} then answers.score * answers.score end) as score_squares
    from responses
    inner join {{ source('clean', 'survey_answers') }} as answers
        on responses.enterprise_id = answers.enterprise_id and responses.response_id = answers.response_id
    inner join {{ source('clean', 'survey_questions') }} as questions
        on responses.survey_id = questions.survey_id and answers.question_id = questions.question_id
    group by responses.enterprise_id, responses.response_id
),

usual_times as (
    select
        enterprise_id,
        quarter,
        survey_id,
        {{ percentile('completion_seconds', 0.5) }} as median_seconds
    from responses
    where is_complete and not is_repeated and completion_seconds is not null
    group by enterprise_id, quarter, survey_id
),

shared_devices as (
    select
        enterprise_id,
        survey_id,
        device_token
    from responses
    where device_token is not null and not is_repeated
    group by enterprise_id, survey_id, device_token
    having count(distinct customer_id) > 1
),

flagged as (
    select
        responses.enterprise_id,
        responses.quarter,
        responses.survey_id,
        responses.response_id,
        responses.mode,
        responses.is_complete,
        responses.is_complete and responses.complete_before = 0 as is_counted,
        responses.is_repeated,
        responses.question_count,
        cast(coalesce(items.answered_count, 0) as bigint) as answered_count,
        cast(coalesce(items.item_count, 0) as bigint) as item_count,
        case
            when items.item_count > 1
                then
                    sqrt(
                        cast(items.item_count * items.score_squares - items.score_sum * items.score_sum as double)
                        / (items.item_count * (items.item_count - 1))
                    )
        end as score_standard_deviation,
        responses.completion_seconds,
        coalesce(
            not responses.is_repeated
            and items.lowest_score = items.highest_score
            and items.item_count >= {{ parameter('survey_straight_line_items') }},
            false
        ) as is_straight_lining,
        coalesce(
            responses.is_complete
            and not responses.is_repeated
            and responses.completion_seconds < {{ parameter('survey_speeding_share') }} * usual_times.median_seconds,
            false
        ) as is_speeding,
        responses.complete_before > 0 as is_duplicate_customer,
        shared_devices.device_token is not null and not responses.is_repeated as is_duplicate_device,
        coalesce(responses.completion_seconds > {{ parameter('survey_minutes_max') }} * 60, false) as is_over_time
    from responses
    inner join {{ ref('int_quarters') }} as quarters on responses.quarter = quarters.quarter
    left join items
        on responses.enterprise_id = items.enterprise_id and responses.response_id = items.response_id
    left join usual_times
        on
            responses.enterprise_id = usual_times.enterprise_id
            and responses.quarter = usual_times.quarter
            and responses.survey_id = usual_times.survey_id
    left join shared_devices
        on
            responses.enterprise_id = shared_devices.enterprise_id
            and responses.survey_id = shared_devices.survey_id
            and responses.device_token = shared_devices.device_token
)

select
    *,
    is_straight_lining or is_speeding or is_duplicate_customer or is_duplicate_device as is_flagged
from flagged
