with slots as (
    select
        schedule.enterprise_id,
        calendar.date_day,
        cast(substr(schedule.opens, 1, 2) as integer) * 3600 + cast(substr(schedule.opens, 4, 2) as integer) * 60 as opens,
        cast(substr(schedule.closes, 1, 2) as integer) * 3600 + cast(substr(schedule.closes, 4, 2) as integer) * 60 as closes,
        row_number() over (partition by schedule.enterprise_id, calendar.date_day order by schedule.opens) as slot
    from {{ ref('dim_calendar') }} as calendar
    inner join {{ ref('service_schedule') }} as schedule
        on
            calendar.weekday = schedule.weekday
            and {{ in_force('schedule.valid_from', 'schedule.valid_to', 'calendar.date_day') }}
),

schedules as (
    select distinct enterprise_id
    from {{ ref('service_schedule') }}
),

days as (
    select
        schedules.enterprise_id,
        calendar.date_day,
        max(case when slots.slot = 1 then slots.opens end) as opens_1,
        max(case when slots.slot = 1 then slots.closes end) as closes_1,
        max(case when slots.slot = 2 then slots.opens end) as opens_2,
        max(case when slots.slot = 2 then slots.closes end) as closes_2,
        max(case when slots.slot = 3 then slots.opens end) as opens_3,
        max(case when slots.slot = 3 then slots.closes end) as closes_3,
        coalesce(sum(slots.closes - slots.opens), 0) as open_seconds
    from {{ ref('dim_calendar') }} as calendar
    cross join schedules
    left join slots on schedules.enterprise_id = slots.enterprise_id and calendar.date_day = slots.date_day
    group by schedules.enterprise_id, calendar.date_day
)

select
    enterprise_id,
    date_day,
    opens_1,
    closes_1,
    opens_2,
    closes_2,
    opens_3,
    closes_3,
    cast(sum(open_seconds) over (partition by enterprise_id order by date_day) - open_seconds as bigint) as open_seconds_before
from days
