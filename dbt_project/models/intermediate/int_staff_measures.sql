with periods as (
    select *
    from {{ ref('int_periods') }}
    where period_role = 'current'
),

training as (
    select
        periods.period,
        records.enterprise_id,
        records.staff_id,
        sum(cast(records.hours as decimal(18, 6))) as hours
    from {{ clean('training_records') }} as records
    inner join periods on records.trained_on >= periods.measured_from and records.trained_on < periods.end_day
    group by periods.period, records.enterprise_id, records.staff_id
),

employed as (
    select
        periods.period,
        periods.measured_from,
        periods.last_day,
        staff.*,
        greatest(staff.hired_on, periods.first_day) as on_post_from,
        cast({{ dbt.dateadd('day', -1, 'least(coalesce(staff.left_on, periods.end_day), periods.end_day)') }} as date) as on_post_until
    from {{ ref('int_staff_in_force') }} as staff
    inner join periods
        on staff.hired_on < periods.end_day and (staff.left_on is null or staff.left_on > periods.first_day)
    where staff.is_service_staff
),

-- A certificate without an end is unlimited, one without a start holds since ever; without either there is none
certified as (
    select
        employed.*,
        greatest(employed.on_post_from, coalesce(employed.certificate_valid_from, employed.on_post_from)) as certified_from,
        least(employed.on_post_until, coalesce(employed.certificate_valid_until, employed.on_post_until)) as certified_until,
        employed.certificate_valid_from is not null or employed.certificate_valid_until is not null as has_certificate
    from employed
)

select
    certified.period,
    certified.enterprise_id,
    '{{ var("quarter", "2025-Q1") }}' as quarter,
    certified.region_code,
    certified.outlet_id,
    certified.staff_id,
    certified.is_employed,
    certified.is_technical,
    certified.requires_certificate,
    on_post_until.workdays_through - on_post_from.workdays_before as required_days,
    case
        when certified.has_certificate and certified.certified_from <= certified.certified_until
            then certified_until.workdays_through - certified_from.workdays_before
        else 0
    end as certified_days,
    coalesce(training.hours, 0) as training_hours,
    coalesce(training.hours, 0) * 12 >= {{ parameter('training_hours_per_year') }} * (
        {{ month_index('certified.last_day') }} - {{ month_index('greatest(certified.hired_on, certified.measured_from)') }} + 1
    ) as is_trained_enough
from certified
left join training
    on
        certified.period = training.period
        and certified.enterprise_id = training.enterprise_id
        and certified.staff_id = training.staff_id
left join {{ ref('dim_calendar') }} as on_post_from on certified.on_post_from = on_post_from.date_day
left join {{ ref('dim_calendar') }} as on_post_until on certified.on_post_until = on_post_until.date_day
left join {{ ref('dim_calendar') }} as certified_from on certified.certified_from = certified_from.date_day
left join {{ ref('dim_calendar') }} as certified_until on certified.certified_until = certified_until.date_day
