select *
from {{ clean('service_requests') }}
where merged_into is null and coalesce(is_test, false) = false
