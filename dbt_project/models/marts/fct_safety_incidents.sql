select
    incidents.enterprise_id,
    incidents.quarter,
    {{ month_of('incidents.occurred_at') }} as occurred_month,
    outlets.region_code,
    incidents.outlet_id,
    incidents.severity
from {{ source('clean', 'safety_incidents') }} as incidents
left join {{ ref('int_outlets_in_force') }} as outlets
    on incidents.enterprise_id = outlets.enterprise_id and incidents.outlet_id = outlets.outlet_id
where incidents.quarter = {{ quarter() }}
