-- Two routes to one number: the requests of the marts and the clean records in scope. A failure means that a join lost or
-- repeated service requests.
with clean_records as (
    select
        requests.enterprise_id,
        requests.quarter,
        count(*) as request_count
    from {{ ref('stg_service_requests') }} as requests
    inner join {{ ref('int_quarters') }} as quarters on requests.quarter = quarters.quarter
    group by requests.enterprise_id, requests.quarter
),

counted as (
    select
        enterprise_id,
        quarter,
        cases as request_count
    from {{ ref('mart_indicator_inputs') }}
    where indicator_id = 'O4-1' and variant = 'services' and scope_type = 'enterprise'
)

select
    clean_records.enterprise_id,
    clean_records.quarter,
    clean_records.request_count,
    counted.request_count as counted_requests
from clean_records
left join counted on clean_records.enterprise_id = counted.enterprise_id and clean_records.quarter = counted.quarter
where counted.request_count is null or counted.request_count <> clean_records.request_count
