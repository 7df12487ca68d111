select
    staff.enterprise_id,
    staff.staff_id,
    staff.outlet_id,
    outlets.region_code,
    staff.role,
    staff.is_service_staff,
    staff.is_technical,
    staff.requires_certificate,
    staff.certificate_valid_from,
    staff.certificate_valid_until,
    staff.hired_on,
    staff.left_on,
    staff.hired_on <= {{ last_day() }} and (staff.left_on is null or {{ last_day() }} < staff.left_on) as is_employed
from {{ clean('staff') }} as staff
left join {{ ref('int_outlets_in_force') }} as outlets
    on staff.enterprise_id = outlets.enterprise_id and staff.outlet_id = outlets.outlet_id
where {{ in_force('staff.valid_from', 'staff.valid_to', last_day()) }}
