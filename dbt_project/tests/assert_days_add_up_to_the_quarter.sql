-- Every request of the quarter belongs to one day of the calendar. A failure means that the daily demand lost or repeated requests, or
-- that a day has no kind.
{{ config(meta={'dagster': {'ref': {'name': 'mart_daily_demand'}}}) }}
with days as (
    select
        enterprise_id,
        sum(requests) as requests,
        sum(resolved) as resolved,
        count(case when day_type is null or is_workday is null then 1 end) as days_without_kind
    from {{ ref('mart_daily_demand') }}
    group by enterprise_id
),

quarters as (
    select
        enterprise_id,
        sum(case when indicator_id = 'O4-1' and variant = 'services' then denominator else 0 end) as requests,
        sum(case when indicator_id = 'I4-3' and variant = 'resolved' then numerator else 0 end) as resolved
    from {{ ref('mart_indicator_inputs') }}
    where quarter = {{ quarter() }} and scope_type = 'enterprise' and part = ''
    group by enterprise_id
)

select
    quarters.enterprise_id,
    quarters.requests,
    days.requests as requests_of_days,
    quarters.resolved,
    days.resolved as resolved_of_days,
    days.days_without_kind
from quarters
full outer join days on quarters.enterprise_id = days.enterprise_id
where
    coalesce(quarters.requests, 0) <> coalesce(days.requests, 0)
    or coalesce(quarters.resolved, 0) <> coalesce(days.resolved, 0)
    or days.days_without_kind > 0
