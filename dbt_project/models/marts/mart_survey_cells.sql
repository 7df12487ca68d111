with counted as (
    select distinct
        enterprise_id,
        quarter,
        survey_id,
        region_code,
        channel,
        response_id
    from {{ ref('int_survey_answers') }}
    where survey_type <> 'mystery'
)

select
    enterprise_id,
    quarter,
    survey_id,
    region_code,
    channel,
    cast(count(*) as bigint) as responses
from counted
group by enterprise_id, quarter, survey_id, region_code, channel
