select
    enterprise_id,
    outlet_id,
    region_code,
    is_active
from {{ ref('int_outlets_in_force') }}
