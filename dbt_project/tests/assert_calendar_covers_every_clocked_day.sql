-- A failure means that a working-day clock met a day that is not in the calendar, and a duration was lost.
select
    request_id as record_id,
    'service_requests' as table_name
from {{ ref('int_service_requests') }}
where
    responded_at is not null
    and resolved_at is not null
    and (resolution_working_seconds is null or resolution_service_seconds is null)
