{% set keys = [
    'enterprise_id', 'quarter', 'month_start', 'respondent', 'place', 'region_code', 'outlet_id', 'staff_id', 'channel',
    'product_category', 'measures', 'part', 'variant', 'scale_steps',
] -%}
select
    {{ columns(keys) }},
    sum(score - scale_min) as score_steps,
    cast(count(score) as bigint) as score_count,
    sum(expectation - scale_min) as expectation_steps,
    cast(count(expectation) as bigint) as expectation_count,
    sum(expectation - score) as gap_steps,
    cast(count(expectation - score) as bigint) as gap_count,
    cast(count(case when score >= scale_max - 1 then 1 end) as bigint) as top_two_count,
    cast(count(*) as bigint) as answer_count
from {{ ref('int_survey_measures') }}
group by {{ keys | join(', ') }}
