{{ config(materialized='view') }}
with limits as (
    select
        {{ parameter('complaint_reply_hours') }} * 3600 as reply_seconds,
        {{ parameter('urgent_complaint_reply_minutes') }} * 60 as urgent_reply_seconds,
        {{ parameter('satisfied_from_score') }} as satisfied_from_score
),

complaints as (
    select
        complaints.*,
        {{ seconds_between('complaints.received_at', 'complaints.first_reply_at') }} as first_reply_seconds
    from {{ source('clean', 'complaints') }} as complaints
    inner join {{ ref('int_quarters') }} as quarters on complaints.quarter = quarters.quarter
),

flagged as (
    {{ times_recorded('complaints', 'first_reply_at', 'replied_in_time') }}
)

select
    complaints.enterprise_id,
    complaints.quarter,
    complaints._row_id,
    {{ first_of_month('complaints.received_at') }} as month_start,
    complaints.region_code,
    complaints.outlet_id,
    complaints.channel,
    complaints.is_urgent,
    complaints.cause_class,
    complaints.received_at,
    complaints.closed_at,
    complaints.satisfaction,
    complaints.escalated,
    complaints.alternative_offered,
    complaints.first_reply_seconds,
    {{ decided('complaints.first_reply_seconds <= limits.reply_seconds', 'complaints.replied_in_time', 'is_replied_in_time') }},
    complaints.first_reply_seconds <= limits.urgent_reply_seconds as is_urgent_replied_in_time,
    complaints.satisfaction is not null as has_answered,
    complaints.satisfaction >= limits.satisfied_from_score as is_satisfied
from complaints
inner join flagged on complaints.enterprise_id = flagged.enterprise_id and complaints.quarter = flagged.quarter
cross join limits
