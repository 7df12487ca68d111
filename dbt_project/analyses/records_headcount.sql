{#- Heads and vehicles on every month's last day, months with a full inspection, working days of service staff. -#}
{{ config(meta={'indicators': ['R2-1', 'I2-2', 'I4-3']}) }}
with month_ends as (
    {{ month_ends() }}
),

vehicles as (
    {{ vehicles_on_month_ends() }}
),

staff as (
    {{ service_staff_on_month_ends() }}
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
    {{ working_days_of_service_staff() }}
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
