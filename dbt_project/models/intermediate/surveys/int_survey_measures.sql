{{ config(materialized='view') }}
with surveyed_indicators as (
    select indicator_id
    from {{ ref('indicator_catalogue') }}
    where method in ('score', 'weighted_score') and {{ in_force('valid_from', 'valid_to', last_day()) }}
),

customers_answers as (
    select
        enterprise_id,
        quarter,
        month_start,
        respondent,
        place,
        region_code,
        outlet_id,
        staff_id,
        channel,
        product_category,
        measures,
        case when measures = 'O2-2' then coalesce(touchpoint, 'other') else '' end as part,
        case when survey_type = 'mystery' then 'mystery' else '' end as variant,
        score,
        expectation,
        scale_min,
        scale_max
    from {{ ref('int_survey_answers') }}
    union all
    -- The same without flagged responses (D-69)
    select
        enterprise_id,
        quarter,
        month_start,
        respondent,
        place,
        region_code,
        cast(null as {{ dbt.type_string() }}) as outlet_id,
        cast(null as {{ dbt.type_string() }}) as staff_id,
        channel,
        cast(null as {{ dbt.type_string() }}) as product_category,
        measures,
        case when measures = 'O2-2' then coalesce(touchpoint, 'other') else '' end as part,
        'valid_only' as variant,
        score,
        cast(null as bigint) as expectation,
        scale_min,
        scale_max
    from {{ ref('int_survey_answers') }}
    where is_valid and survey_type <> 'mystery'
    union all
    select
        visits.enterprise_id,
        visits.quarter,
        {{ first_of_month('visits.visited_at') }} as month_start,
        -- Every visit is a respondent of its own, apart from the customers
        -dense_rank() over (order by visits.enterprise_id, visits.visit_id) as respondent,
        0 as place,
        outlets.region_code,
        visits.outlet_id,
        cast(null as {{ dbt.type_string() }}) as staff_id,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as product_category,
        questions.measures,
        case when questions.measures = 'O2-2' then coalesce(questions.touchpoint, 'other') else '' end as part,
        'mystery' as variant,
        visits.score,
        cast(null as bigint) as expectation,
        questions.scale_min,
        questions.scale_max
    from {{ source('clean', 'mystery_visits') }} as visits
    inner join {{ ref('int_quarters') }} as quarters on visits.quarter = quarters.quarter
    inner join {{ source('clean', 'survey_questions') }} as questions
        on visits.survey_id = questions.survey_id and visits.question_id = questions.question_id
    left join {{ ref('int_outlets_in_force') }} as outlets
        on visits.enterprise_id = outlets.enterprise_id and visits.outlet_id = outlets.outlet_id
)

-- Items that name an indicator not measured by surveys (I3-2, P4-2) are ignored (D-44)
select
    answers.*,
    cast(answers.scale_max - answers.scale_min as bigint) as scale_steps
from customers_answers as answers
inner join surveyed_indicators on answers.measures = surveyed_indicators.indicator_id
