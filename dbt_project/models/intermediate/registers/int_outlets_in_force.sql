select
    enterprise_id,
    _row_id,
    outlet_id,
    name_redacted as outlet_name,
    region_code,
    urbanicity,
    service_radius_km,
    open_days_per_week,
    open_hours_per_day,
    has_service_system,
    opened_on <= {{ last_day() }} and (closed_on is null or {{ last_day() }} < closed_on) as is_active
from {{ source('clean', 'outlets') }}
where {{ in_force('valid_from', 'valid_to', last_day()) }}
