{{ config(materialized='view') }}
with limits as (
    select {{ parameter('arrival_tolerance_minutes') }} * 60 as tolerance_seconds
),

visits as (
    select
        visits.*,
        visits.outcome = 'done' as is_done,
        {{ seconds_between('visits.appointed_at', 'visits.arrived_at') }} as late_seconds
    from {{ source('clean', 'onsite_visits') }} as visits
    inner join {{ ref('int_quarters') }} as quarters on visits.quarter = quarters.quarter
),

flagged as (
    {{ times_recorded('visits', 'arrived_at', 'arrived_in_time', among='is_done') }}
),

timed as (
    select
        visits.enterprise_id,
        visits.quarter,
        visits._row_id,
        {{ first_of_month('visits.appointed_at') }} as month_start,
        requests.region_code,
        visits.outlet_id,
        visits.staff_id,
        requests.product_category,
        visits.outcome in ('done', 'missed', 'rescheduled_by_company') as is_due,
        visits.is_done,
        visits.arrived_in_time,
        flagged.has_times,
        flagged.is_reported,
        visits.is_done and abs(visits.late_seconds) <= limits.tolerance_seconds as is_on_time,
        visits.is_done and visits.late_seconds < -limits.tolerance_seconds as is_early,
        visits.is_done and visits.late_seconds > limits.tolerance_seconds as is_late
    from visits
    inner join flagged on visits.enterprise_id = flagged.enterprise_id and visits.quarter = flagged.quarter
    left join {{ source('clean', 'service_requests') }} as requests
        on visits.enterprise_id = requests.enterprise_id and visits.request_id = requests.request_id
    cross join limits
    -- Visits for test requests do not count; visits for merged requests do, since they were made (D-43)
    where not coalesce(requests.is_test, false)
)

select
    enterprise_id,
    quarter,
    _row_id,
    month_start,
    region_code,
    outlet_id,
    staff_id,
    product_category,
    is_due,
    is_early,
    is_late,
    {{ decided('timed.is_on_time', 'timed.arrived_in_time', 'is_on_time', of='timed', among='timed.is_done') }}
from timed
