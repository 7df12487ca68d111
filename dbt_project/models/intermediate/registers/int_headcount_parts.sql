with month_ends as (
    {{ month_ends() }}
),

dedicated_vehicles as (
    select
        enterprise_id,
        quarter,
        count(*) as vehicle_count
    from ({{ vehicles_on_month_ends() }}) as vehicles
    group by enterprise_id, quarter
),

service_staff as (
    select
        enterprise_id,
        quarter,
        count(*) as staff_count,
        sum(case when role = 'field' then 1 else 0 end) as field_staff_count
    from ({{ service_staff_on_month_ends() }}) as staff
    group by enterprise_id, quarter
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
        enterprise_id,
        quarter,
        sum(working_days) as working_days
    from ({{ working_days_of_service_staff() }}) as staff
    group by enterprise_id, quarter
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
