with responses as (
    select
        responses.*,
        row_number() over (
            partition by responses.enterprise_id, responses.customer_id, responses.survey_id
            order by responses.submitted_at, responses._origin_file, responses._origin_row, responses.quarter, responses._row_id
        ) as place
    from {{ source('clean', 'survey_responses') }} as responses
    where responses.is_complete
),

-- A response belongs to the outlet, person, channel and product of its request
placed as (
    select
        responses.enterprise_id,
        responses.quarter,
        {{ first_of_month('responses.submitted_at') }} as month_start,
        responses.survey_id,
        responses.response_id,
        responses.customer_id,
        coalesce(responses.region_code, requests.region_code) as region_code,
        requests.outlet_id,
        requests.staff_id,
        requests.channel,
        requests.product_category,
        -- Numbers group faster than names: the person, and the place that all scopes of a response make together
        dense_rank() over (order by responses.enterprise_id, responses.customer_id) as respondent,
        dense_rank() over (
            order by
                coalesce(responses.region_code, requests.region_code),
                requests.outlet_id,
                requests.staff_id,
                requests.channel,
                requests.product_category
        ) as place,
        -- Pulses have too few questions for flags
        not coalesce(validity.is_flagged, false) as is_valid
    from responses
    inner join {{ ref('int_quarters') }} as quarters on responses.quarter = quarters.quarter
    left join {{ ref('stg_service_requests') }} as requests
        on responses.enterprise_id = requests.enterprise_id and responses.request_id = requests.request_id
    left join {{ ref('int_survey_validity') }} as validity
        on
            responses.enterprise_id = validity.enterprise_id
            and responses.quarter = validity.quarter
            and responses.response_id = validity.response_id
    where responses.place = 1
)

select
    placed.enterprise_id,
    placed.quarter,
    placed.month_start,
    placed.region_code,
    placed.outlet_id,
    placed.staff_id,
    placed.channel,
    placed.product_category,
    placed.survey_id,
    placed.response_id,
    placed.respondent,
    placed.place,
    placed.is_valid,
    questions.question_id,
    questions.survey_type,
    questions.measures,
    questions.touchpoint,
    answers.quarter as answered_in,
    answers.score,
    answers.expectation,
    questions.scale_min,
    questions.scale_max
from placed
inner join {{ source('clean', 'survey_answers') }} as answers
    on placed.enterprise_id = answers.enterprise_id and placed.response_id = answers.response_id
inner join {{ source('clean', 'survey_questions') }} as questions
    on placed.survey_id = questions.survey_id and answers.question_id = questions.question_id
