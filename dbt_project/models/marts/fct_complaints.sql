select
    measures.enterprise_id,
    measures.quarter,
    {{ month_of('measures.received_at') }} as received_month,
    measures.region_code,
    measures.outlet_id,
    measures.channel,
    case when measures.is_urgent then 'urgent' when not measures.is_urgent then 'normal' end as urgency,
    measures.cause_class,
    {{ rounded_duration('measures.first_reply_seconds', 3600, 1) }} as first_reply_hours,
    {{ rounded_duration(seconds_between('measures.received_at', 'measures.closed_at'), 3600, 1) }} as closing_hours,
    case when not measures.is_reported then measures.is_replied_in_time end as is_replied_in_time,
    measures.is_urgent_replied_in_time,
    measures.satisfaction,
    measures.is_satisfied,
    measures.escalated,
    measures.alternative_offered
from {{ ref('int_complaint_measures') }} as measures
where measures.quarter = {{ quarter() }}
