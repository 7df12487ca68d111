select *
from {{ source('clean', 'service_requests') }}
where merged_into is null and coalesce(is_test, false) = false
