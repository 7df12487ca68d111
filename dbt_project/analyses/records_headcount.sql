{#- Heads and vehicles on every month's last day, months with a full inspection, working days of service staff. -#}
{{ config(meta={'indicators': ['R2-1', 'I2-2', 'I4-3']}) }}
with month_ends as (
    select
        quarters.quarter,
        quarters.first_day,
        quarters.end_day,
        quarters.last_day,
        calendar.date_day
    from {{ ref('dim_calendar') }} as calendar
    inner join {{ ref('int_quarters') }} as quarters
        on calendar.date_day >= quarters.first_day and calendar.date_day < quarters.end_day
    where calendar.date_day = {{ dbt.last_day('calendar.date_day', 'month') }}
),

vehicles as (
    select
        vehicles.enterprise_id,
        vehicles._row_id,
        vehicles.quarter as delivered_in,
        month_ends.quarter
    from {{ source('clean', 'vehicles') }} as vehicles
    inner join month_ends
        on
            {{ in_force('vehicles.valid_from', 'vehicles.valid_to', 'month_ends.last_day') }}
            and vehicles.in_service_on <= month_ends.date_day
            and (vehicles.retired_on is null or month_ends.date_day < vehicles.retired_on)
    where vehicles.is_dedicated
),

staff as (
    select
        staff.enterprise_id,
        staff._row_id,
        month_ends.quarter
    from {{ source('clean', 'staff') }} as staff
    inner join month_ends
        on
            {{ in_force('staff.valid_from', 'staff.valid_to', 'month_ends.last_day') }}
            and staff.hired_on <= month_ends.date_day
            and (staff.left_on is null or month_ends.date_day < staff.left_on)
    where staff.is_service_staff
),

inspections as (
    select
        inspections.enterprise_id,
        inspections.quarter,
        inspections._row_id,
        inspections.is_full,
        row_number() over (
            partition by inspections.enterprise_id, inspections.is_full, {{ dbt.date_trunc('month', 'inspections.inspected_on') }}
            order by inspections.inspected_on, inspections._row_id
        ) as place_in_month
    from {{ source('clean', 'quality_inspections') }} as inspections
    inner join {{ ref('int_quarters') }} as quarters on inspections.quarter = quarters.quarter
),

staff_days as (
    select
        staff.enterprise_id,
        staff._row_id,
        quarters.quarter,
        last_day.workdays_through - first_day.workdays_before as working_days
    from {{ source('clean', 'staff') }} as staff
    inner join {{ ref('int_quarters') }} as quarters
        on
            {{ in_force('staff.valid_from', 'staff.valid_to', 'quarters.last_day') }}
            and staff.hired_on < quarters.end_day
            and (staff.left_on is null or quarters.first_day < staff.left_on)
    inner join {{ ref('dim_calendar') }} as first_day
        on first_day.date_day = greatest(staff.hired_on, quarters.first_day)
    inner join {{ ref('dim_calendar') }} as last_day
        on last_day.date_day = cast({{ dbt.dateadd('day', -1, 'least(coalesce(staff.left_on, quarters.end_day), quarters.end_day)') }} as date)
    where staff.is_service_staff
)

select
    {{ record_row('R2-1', '1', '0', 'vehicles', 'dedicated and in service on a month end, one row per month', 'numerator: vehicles') }}
from vehicles
union all
select
    {{ record_row('R2-1', '0', '1', 'staff', 'service staff employed on a month end, one row per month', 'denominator: service staff') }}
from staff
union all
select
    {{ record_row(
        'I2-2', 'case when is_full and place_in_month = 1 then 1 else 0 end', '0', 'quality_inspections', 'first full inspection of its month', 'numerator: months',
        status="case when is_full and place_in_month = 1 then 'counted' when is_full then 'month_already_counted' else 'not_of_population' end"
    ) }}
from inspections
union all
select
    {{ record_row('I2-2', '0', '3', none, 'months of the quarter', 'denominator: 3', row=none) }}
from {{ ref('int_enterprises') }}
cross join {{ ref('int_quarters') }}
union all
select
    {{ record_row('I4-3', '0', 'working_days', 'staff', 'service staff employed in the quarter', 'denominator: working days', variant='working_days') }}
from staff_days
