{{ config(materialized='view') }}
select
    demands.enterprise_id,
    demands.quarter,
    demands._row_id,
    {{ first_of_month('demands.requested_at') }} as month_start,
    demands.outlet_id,
    outlets.region_code,
    'demand' as event_kind,
    demands.is_common,
    demands.filled_from_stock,
    cast(null as bigint) as cases_inspected,
    cast(null as bigint) as cases_conforming,
    cast(null as bigint) as violations,
    cast(null as {{ dbt.type_string() }}) as severity
from {{ source('clean', 'parts_demands') }} as demands
inner join {{ ref('int_quarters') }} as quarters on demands.quarter = quarters.quarter
left join {{ ref('int_outlets_in_force') }} as outlets
    on demands.enterprise_id = outlets.enterprise_id and demands.outlet_id = outlets.outlet_id
union all
select
    inspections.enterprise_id,
    inspections.quarter,
    inspections._row_id,
    {{ first_of_month('inspections.inspected_on') }} as month_start,
    inspections.outlet_id,
    outlets.region_code,
    'inspection' as event_kind,
    cast(null as boolean) as is_common,
    cast(null as boolean) as filled_from_stock,
    inspections.cases_inspected,
    inspections.cases_conforming,
    inspections.violations,
    cast(null as {{ dbt.type_string() }}) as severity
from {{ source('clean', 'quality_inspections') }} as inspections
inner join {{ ref('int_quarters') }} as quarters on inspections.quarter = quarters.quarter
left join {{ ref('int_outlets_in_force') }} as outlets
    on inspections.enterprise_id = outlets.enterprise_id and inspections.outlet_id = outlets.outlet_id
union all
select
    incidents.enterprise_id,
    incidents.quarter,
    incidents._row_id,
    {{ first_of_month('incidents.occurred_at') }} as month_start,
    incidents.outlet_id,
    outlets.region_code,
    'incident' as event_kind,
    cast(null as boolean) as is_common,
    cast(null as boolean) as filled_from_stock,
    cast(null as bigint) as cases_inspected,
    cast(null as bigint) as cases_conforming,
    cast(null as bigint) as violations,
    incidents.severity
from {{ source('clean', 'safety_incidents') }} as incidents
inner join {{ ref('int_quarters') }} as quarters on incidents.quarter = quarters.quarter
left join {{ ref('int_outlets_in_force') }} as outlets
    on incidents.enterprise_id = outlets.enterprise_id and incidents.outlet_id = outlets.outlet_id
