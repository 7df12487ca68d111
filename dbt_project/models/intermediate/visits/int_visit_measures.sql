{{ config(materialized='view') }}
with limits as (
    select {{ parameter('arrival_tolerance_minutes') }} * 60 as tolerance_seconds
)

select
    visits.enterprise_id,
    visits.quarter,
    requests.region_code,
    visits.outlet_id,
    visits.staff_id,
    requests.product_category,
    visits.outcome in ('done', 'missed', 'rescheduled_by_company') as is_due,
    visits.outcome = 'done'
    and abs({{ seconds_between('visits.appointed_at', 'visits.arrived_at') }}) <= limits.tolerance_seconds as is_on_time,
    visits.outcome = 'done'
    and {{ seconds_between('visits.appointed_at', 'visits.arrived_at') }} < -limits.tolerance_seconds as is_early,
    visits.outcome = 'done'
    and {{ seconds_between('visits.appointed_at', 'visits.arrived_at') }} > limits.tolerance_seconds as is_late
from {{ source('clean', 'onsite_visits') }} as visits
inner join {{ ref('int_quarters') }} as quarters on visits.quarter = quarters.quarter
left join {{ source('clean', 'service_requests') }} as requests
    on visits.enterprise_id = requests.enterprise_id and visits.request_id = requests.request_id
cross join limits
-- Visits for test requests do not count; visits for merged requests do, since they were made (D-43)
where not coalesce(requests.is_test, false)
