with days as (
    select
        date_day,
        -- 1901-01-06 was a Sunday
        mod({{ dbt.datediff("cast('1901-01-06' as date)", 'date_day', 'day') }}, 7) as days_since_sunday
    from {{ of_run('days') }}
),

announced as (
    select distinct year
    from {{ ref('holiday_notices') }}
    where status = 'announced'
),

marked as (
    select
        days.date_day,
        days.days_since_sunday,
        coalesce(notices.is_workday, days.days_since_sunday between 1 and 5) as is_workday,
        case
            when notices.is_workday then 'makeup'
            when notices.is_workday = false then 'holiday'
            when days.days_since_sunday between 1 and 5 then 'workday'
            else 'weekend'
        end as day_type,
        notices.name as holiday_name,
        case when announced.year is null then 'provisional' else 'announced' end as status
    from days
    left join {{ ref('holiday_notices') }} as notices on days.date_day = notices.date
    left join announced on extract(year from days.date_day) = announced.year
)

select
    date_day,
    case days_since_sunday when 0 then 7 else days_since_sunday end as weekday,
    is_workday,
    day_type,
    holiday_name,
    status,
    cast(sum(case when is_workday then 1 else 0 end) over (order by date_day) as integer) as workdays_through,
    cast(
        sum(case when is_workday then 1 else 0 end) over (order by date_day)
        - case when is_workday then 1 else 0 end as integer
    ) as workdays_before
from marked
