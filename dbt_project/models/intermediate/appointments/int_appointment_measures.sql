{{ config(materialized='view') }}
with limits as (
    select {{ parameter('booking_working_days') }} as booking_working_days
)

select
    appointments.enterprise_id,
    appointments.quarter,
    requests.region_code,
    requests.outlet_id,
    requests.channel,
    requests.product_category,
    offered_day.workdays_through - requested_day.workdays_through <= limits.booking_working_days as is_bookable_in_time
from {{ source('clean', 'appointments') }} as appointments
inner join {{ ref('int_quarters') }} as quarters on appointments.quarter = quarters.quarter
left join {{ source('clean', 'service_requests') }} as requests
    on appointments.enterprise_id = requests.enterprise_id and appointments.request_id = requests.request_id
left join {{ ref('dim_calendar') }} as requested_day on cast(appointments.requested_at as date) = requested_day.date_day
left join {{ ref('dim_calendar') }} as offered_day on appointments.earliest_offered_on = offered_day.date_day
cross join limits
where not coalesce(requests.is_test, false)
