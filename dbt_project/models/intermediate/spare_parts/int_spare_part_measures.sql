with limits as (
    select
        {{ requirement_of('R5-2') }} as urgent_response_seconds,
        {{ requirement_of('R5-3') }} as lead_time_working_days
)

select
    orders.enterprise_id,
    orders.quarter,
    orders._row_id,
    {{ first_of_month('orders.ordered_at') }} as month_start,
    orders.is_urgent,
    {{ seconds_between('orders.ordered_at', 'orders.shipped_at') }} as dispatch_seconds,
    {{ seconds_between('orders.ordered_at', 'orders.shipped_at') }} <= limits.urgent_response_seconds as is_dispatched_in_time,
    received_day.workdays_through - ordered_day.workdays_through as lead_time_working_days,
    received_day.workdays_through - ordered_day.workdays_through <= limits.lead_time_working_days as is_received_in_time
from {{ source('clean', 'parts_orders') }} as orders
inner join {{ ref('int_quarters') }} as quarters on orders.quarter = quarters.quarter
left join {{ ref('dim_calendar') }} as ordered_day on cast(orders.ordered_at as date) = ordered_day.date_day
left join {{ ref('dim_calendar') }} as received_day on cast(orders.received_at as date) = received_day.date_day
cross join limits
