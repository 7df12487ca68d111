with statistics as (
    select * from {{ ref('int_request_statistics') }}
    union all
    select * from {{ ref('int_call_statistics') }}
    union all
    select * from {{ ref('int_session_statistics') }}
    union all
    select * from {{ ref('int_spare_part_statistics') }}
    union all
    select * from {{ ref('int_register_statistics') }}
)

-- Nine decimals, like the parts: the P95 of R1-2 is both a statistic and the scored value
select
    enterprise_id,
    period,
    scope_type,
    scope_id,
    indicator_id,
    n,
    cast(cast(smallest as decimal(38, 9)) as double) as smallest,
    cast(cast(p50 as decimal(38, 9)) as double) as p50,
    cast(cast(p90 as decimal(38, 9)) as double) as p90,
    cast(cast(p95 as decimal(38, 9)) as double) as p95,
    cast(cast(largest as decimal(38, 9)) as double) as largest
from statistics
