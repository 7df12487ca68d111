with answered as (
    select distinct
        enterprise_id,
        quarter,
        survey_id,
        survey_type,
        response_id
    from {{ ref('int_survey_answers') }}
)

select
    answered.enterprise_id,
    answered.quarter,
    answered.survey_id,
    answered.survey_type,
    answered.response_id,
    responses.mode,
    {{ seconds_between('responses.started_at', 'responses.submitted_at') }} as completion_seconds
from answered
inner join {{ source('clean', 'survey_responses') }} as responses
    on
        answered.enterprise_id = responses.enterprise_id
        and answered.quarter = responses.quarter
        and answered.response_id = responses.response_id
