{{ config(materialized='view') }}
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
        {{ hours_of('records.hours') }} as hours
    from {{ source('clean', 'training_records') }} as records
    inner join periods on records.trained_on >= periods.measured_from and records.trained_on < periods.end_day
    group by periods.period, records.enterprise_id, records.staff_id
),

-- The days of the period, start ≤ day < end, on which a register version was in force and the person was employed
stretches as (
    select
        periods.period,
        periods.measured_from,
        periods.last_day,
        periods.end_day,
        staff.*,
        greatest(coalesce(staff.valid_from, periods.first_day), staff.hired_on, periods.first_day) as start_on,
        least(coalesce(staff.valid_to, periods.end_day), coalesce(staff.left_on, periods.end_day), periods.end_day) as end_on
    from {{ source('clean', 'staff') }} as staff
    cross join periods
),

versions as (
    select
        stretches.*,
        -- A certificate without an end is unlimited, one without a start was always valid; without either there is none
        stretches.is_service_staff and stretches.requires_certificate as is_in_certified_post,
        stretches.certificate_valid_from is not null or stretches.certificate_valid_until is not null as has_certificate,
        greatest(stretches.start_on, coalesce(stretches.certificate_valid_from, stretches.start_on)) as certified_from,
        cast({{ dbt.dateadd('day', -1, 'stretches.end_on') }} as date) as until_on,
        row_number() over (
            partition by stretches.period, stretches.enterprise_id, stretches.staff_id
            order by stretches.start_on desc
        ) as place_from_last
    from stretches
    where stretches.start_on < stretches.end_on
),

certified as (
    select
        versions.*,
        least(versions.until_on, coalesce(versions.certificate_valid_until, versions.until_on)) as certified_until
    from versions
),

-- A person counts once, by the last version in the period; days on post come from all versions
people as (
    select
        certified.period,
        certified.enterprise_id,
        certified.staff_id,
        sum(
            case
                when certified.is_in_certified_post then until_on.workdays_through - start_on.workdays_before
                else 0
            end
        ) as required_days,
        sum(
            case
                when
                    certified.is_in_certified_post
                    and certified.has_certificate
                    and certified.certified_from <= certified.certified_until
                    then certified_until.workdays_through - certified_from.workdays_before
                else 0
            end
        ) as certified_days
    from certified
    left join {{ ref('dim_calendar') }} as start_on on certified.start_on = start_on.date_day
    left join {{ ref('dim_calendar') }} as until_on on certified.until_on = until_on.date_day
    left join {{ ref('dim_calendar') }} as certified_from on certified.certified_from = certified_from.date_day
    left join {{ ref('dim_calendar') }} as certified_until on certified.certified_until = certified_until.date_day
    group by certified.period, certified.enterprise_id, certified.staff_id
)

select
    people.period,
    people.enterprise_id,
    {{ quarter() }} as quarter,
    outlets.region_code,
    latest.outlet_id,
    people.staff_id,
    latest.is_service_staff and latest.end_on = latest.end_day as is_employed,
    latest.is_technical,
    cast(people.required_days as integer) as required_days,
    cast(people.certified_days as integer) as certified_days,
    coalesce(training.hours, 0) as training_hours,
    coalesce(training.hours, 0) * 12 >= {{ parameter('training_hours_per_year') }} * (
        {{ month_index('latest.last_day') }} - {{ month_index('greatest(latest.hired_on, latest.measured_from)') }} + 1
    ) as is_trained_enough
from people
inner join versions as latest
    on
        people.period = latest.period
        and people.enterprise_id = latest.enterprise_id
        and people.staff_id = latest.staff_id
        and latest.place_from_last = 1
left join {{ ref('int_outlets_in_force') }} as outlets
    on latest.enterprise_id = outlets.enterprise_id and latest.outlet_id = outlets.outlet_id
left join training
    on
        people.period = training.period
        and people.enterprise_id = training.enterprise_id
        and people.staff_id = training.staff_id
