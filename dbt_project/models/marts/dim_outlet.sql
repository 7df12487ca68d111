select
    enterprise_id,
    outlet_id,
    outlet_name,
    region_code,
    is_active
from {{ ref('int_outlets_in_force') }}
