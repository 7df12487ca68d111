{% set scopes = ['region', 'channel'] -%}
with customers_answers as (
    select *
    from {{ ref('int_survey_answers') }}
    where quarter = {{ quarter() }} and survey_type <> 'mystery' and score is not null
),

respondents as (
    select
        enterprise_id,
        quarter,
        {{ scope_keys(scopes) }},
        cast(count(distinct response_id) as bigint) as respondents
    from customers_answers
    where measures = 'O2-1'
    {{ scope_sets(['enterprise_id', 'quarter'], scopes) }}
)

select *
from respondents
where scope_id is not null
union all
select
    enterprise_id,
    quarter,
    'touchpoint' as scope_type,
    coalesce(touchpoint, 'other') as scope_id,
    cast(count(distinct response_id) as bigint) as respondents
from customers_answers
where measures = 'O2-2'
group by enterprise_id, quarter, coalesce(touchpoint, 'other')
