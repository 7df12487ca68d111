{% set scopes = ['region', 'channel'] -%}
select
    enterprise_id,
    quarter,
    {{ scope_keys(scopes) }},
    cast(count(distinct response_id) as bigint) as respondents
from {{ ref('int_survey_answers') }}
where
    quarter = '{{ var("quarter", "2025-Q1") }}'
    and measures = 'O2-1'
    and survey_type <> 'mystery'
    and score is not null
{{ scope_sets(['enterprise_id', 'quarter'], scopes) }}
