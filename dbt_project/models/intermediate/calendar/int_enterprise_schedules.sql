select
    enterprises.enterprise_id,
    coalesce(own.enterprise_id, '*') as schedule_id
from {{ ref('int_enterprises') }} as enterprises
left join (select distinct enterprise_id from {{ ref('service_schedule') }}) as own
    on enterprises.enterprise_id = own.enterprise_id
