{{ config(materialized='view') }}
with limits as (
    select {{ parameter('booking_working_days') }} as booking_working_days
),

appointments as (
    select appointments.*
    from {{ source('clean', 'appointments') }} as appointments
    inner join {{ ref('int_quarters') }} as quarters on appointments.quarter = quarters.quarter
),

flagged as (
    {{ times_recorded('appointments', 'earliest_offered_on', 'offered_in_time') }}
),

timed as (
    select
        appointments.enterprise_id,
        appointments.quarter,
        appointments._row_id,
        {{ first_of_month('appointments.requested_at') }} as month_start,
        requests.region_code,
        requests.outlet_id,
        requests.channel,
        requests.product_category,
        appointments.offered_in_time,
        flagged.has_times,
        flagged.is_reported,
        offered_day.workdays_through - requested_day.workdays_through <= limits.booking_working_days as is_bookable_in_time
    from appointments
    inner join flagged on appointments.enterprise_id = flagged.enterprise_id and appointments.quarter = flagged.quarter
    left join {{ source('clean', 'service_requests') }} as requests
        on appointments.enterprise_id = requests.enterprise_id and appointments.request_id = requests.request_id
    left join {{ ref('dim_calendar') }} as requested_day on cast(appointments.requested_at as date) = requested_day.date_day
    left join {{ ref('dim_calendar') }} as offered_day on appointments.earliest_offered_on = offered_day.date_day
    cross join limits
    where not coalesce(requests.is_test, false)
)

select
    enterprise_id,
    quarter,
    _row_id,
    month_start,
    region_code,
    outlet_id,
    channel,
    product_category,
    {{ decided('timed.is_bookable_in_time', 'timed.offered_in_time', 'is_bookable_in_time', of='timed') }}
from timed
