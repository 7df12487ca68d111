with demand as (
    select
        enterprise_id,
        cast(requested_at as date) as requested_on,
        region_code,
        product_category,
        service_type,
        count(*) as requests,
        count(case when is_resolved then 1 end) as resolved,
        count(case when is_urgent then 1 end) as urgent
    from {{ ref('int_request_measures') }}
    where quarter = {{ quarter() }}
    group by enterprise_id, cast(requested_at as date), region_code, product_category, service_type
)

select
    demand.enterprise_id,
    {{ quarter() }} as quarter,
    demand.requested_on,
    -- Days whose year has no notice yet are those of the week
    days.is_workday,
    days.day_type,
    demand.region_code,
    demand.product_category,
    demand.service_type,
    cast(demand.requests as bigint) as requests,
    cast(demand.resolved as bigint) as resolved,
    cast(demand.urgent as bigint) as urgent
from demand
left join {{ ref('dim_calendar') }} as days on demand.requested_on = days.date_day
