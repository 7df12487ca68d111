with month_ends as (
    select
        quarters.quarter,
        quarters.last_day,
        calendar.date_day
    from {{ ref('dim_calendar') }} as calendar
    inner join {{ ref('int_quarters') }} as quarters
        on calendar.date_day >= quarters.first_day and calendar.date_day < quarters.end_day
    where calendar.date_day = {{ dbt.last_day('calendar.date_day', 'month') }}
),

dedicated_vehicles as (
    select
        vehicles.enterprise_id,
        month_ends.quarter,
        count(*) as vehicle_count
    from {{ source('clean', 'vehicles') }} as vehicles
    inner join month_ends
        on
            {{ in_force('vehicles.valid_from', 'vehicles.valid_to', 'month_ends.last_day') }}
            and vehicles.in_service_on <= month_ends.date_day
            and (vehicles.retired_on is null or month_ends.date_day < vehicles.retired_on)
    where vehicles.is_dedicated
    group by vehicles.enterprise_id, month_ends.quarter
),

service_staff as (
    select
        staff.enterprise_id,
        month_ends.quarter,
        count(*) as staff_count,
        sum(case when staff.role = 'field' then 1 else 0 end) as field_staff_count
    from {{ source('clean', 'staff') }} as staff
    inner join month_ends
        on
            {{ in_force('staff.valid_from', 'staff.valid_to', 'month_ends.last_day') }}
            and staff.hired_on <= month_ends.date_day
            and (staff.left_on is null or month_ends.date_day < staff.left_on)
    where staff.is_service_staff
    group by staff.enterprise_id, month_ends.quarter
),

inspected_months as (
    select
        inspections.enterprise_id,
        inspections.quarter,
        count(distinct {{ dbt.date_trunc('month', 'inspections.inspected_on') }}) as month_count,
        count(*) as inspection_count
    from {{ source('clean', 'quality_inspections') }} as inspections
    inner join {{ ref('int_quarters') }} as quarters on inspections.quarter = quarters.quarter
    where inspections.is_full
    group by inspections.enterprise_id, inspections.quarter
),

staff_days as (
    select
        staff.enterprise_id,
        quarters.quarter,
        sum(last_day.workdays_through - first_day.workdays_before) as working_days
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
    group by staff.enterprise_id, quarters.quarter
),

counts as (
    select
        enterprises.enterprise_id,
        quarters.quarter,
        dedicated_vehicles.vehicle_count,
        service_staff.staff_count,
        service_staff.field_staff_count,
        inspected_months.month_count,
        inspected_months.inspection_count,
        staff_days.working_days,
        3 as quarter_months
    from {{ ref('int_enterprises') }} as enterprises
    cross join {{ ref('int_quarters') }} as quarters
    left join dedicated_vehicles
        on enterprises.enterprise_id = dedicated_vehicles.enterprise_id and quarters.quarter = dedicated_vehicles.quarter
    left join service_staff
        on enterprises.enterprise_id = service_staff.enterprise_id and quarters.quarter = service_staff.quarter
    left join inspected_months
        on enterprises.enterprise_id = inspected_months.enterprise_id and quarters.quarter = inspected_months.quarter
    left join staff_days
        on enterprises.enterprise_id = staff_days.enterprise_id and quarters.quarter = staff_days.quarter
)

{% for row in [
    {'id': 'R2-1', 'variant': '', 'numerator': 'coalesce(vehicle_count, 0)', 'denominator': 'staff_count'},
    {'id': 'R2-1', 'variant': 'field_staff', 'numerator': 'coalesce(vehicle_count, 0)', 'denominator': 'field_staff_count'},
    {'id': 'I2-2', 'variant': '', 'numerator': 'coalesce(month_count, 0)', 'denominator': 'quarter_months'},
    {'id': 'I2-2', 'variant': 'inspections_per_month', 'numerator': 'coalesce(inspection_count, 0)', 'denominator': 'quarter_months'},
    {'id': 'I4-3', 'variant': 'working_days', 'numerator': 'coalesce(working_days, 0)', 'denominator': '1'},
] -%}
{% set denominator = 'coalesce(' ~ row.denominator ~ ', 0)' -%}
select
    enterprise_id,
    quarter,
    'enterprise' as scope_type,
    enterprise_id as scope_id,
    '{{ row.id }}' as indicator_id,
    '{{ row.variant }}' as variant,
    '' as part,
    {{ parts_of(row.numerator, denominator, denominator, denominator) }}
from counts
{{ 'union all' if not loop.last }}
{% endfor %}
