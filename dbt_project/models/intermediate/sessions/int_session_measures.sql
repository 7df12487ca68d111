with limits as (
    select
        {{ parameter('online_reply_within_minutes') }} * 60 as reply_within_seconds,
        {{ requirement_of('P2-1b') }} as response_seconds
),

sessions as (
    select
        sessions.enterprise_id,
        sessions.quarter,
        sessions._row_id,
        {{ first_of_month('sessions.opened_at') }} as month_start,
        sessions.staff_id,
        sessions.is_live,
        sessions.replied_in_time,
        {{ seconds_between('sessions.opened_at', 'sessions.first_human_reply_at') }} as reply_seconds,
        cast(
            {{ service_clock('replied_hours', 'sessions.first_human_reply_at') }}
            - {{ service_clock('opened_hours', 'sessions.opened_at') }} as decimal(18, 6)
        ) as reply_service_seconds
    from {{ source('clean', 'online_sessions') }} as sessions
    inner join {{ ref('int_quarters') }} as quarters on sessions.quarter = quarters.quarter
    left join {{ ref('int_enterprise_schedules') }} as schedules on sessions.enterprise_id = schedules.enterprise_id
    left join {{ ref('dim_service_hours') }} as opened_hours
        on schedules.schedule_id = opened_hours.enterprise_id and cast(sessions.opened_at as date) = opened_hours.date_day
    left join {{ ref('dim_service_hours') }} as replied_hours
        on schedules.schedule_id = replied_hours.enterprise_id and cast(sessions.first_human_reply_at as date) = replied_hours.date_day
    {{ without_tests('sessions') }}
),

flagged as (
    {{ times_recorded('sessions', 'reply_seconds', 'replied_in_time') }}
)

select
    sessions.enterprise_id,
    sessions.quarter,
    sessions._row_id,
    sessions.month_start,
    sessions.staff_id,
    sessions.is_live,
    sessions.reply_seconds,
    {{ decided('sessions.reply_seconds <= limits.reply_within_seconds', 'sessions.replied_in_time', 'is_replied_in_time') }},
    sessions.reply_service_seconds <= limits.reply_within_seconds as is_replied_in_service_time,
    sessions.reply_seconds <= limits.response_seconds as is_response_in_time
from sessions
inner join flagged on sessions.enterprise_id = flagged.enterprise_id and sessions.quarter = flagged.quarter
cross join limits
