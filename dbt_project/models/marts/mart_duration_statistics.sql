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

-- With nine decimals, as the parts have: the P95 of R1-2 is both a statistic and the scored value
select
    enterprise_id,
    period,
    scope_type,
    scope_id,
    indicator_id,
    n,
    {% for statistic in ['smallest', 'p50', 'p90', 'p95', 'largest'] -%}
    cast(cast({{ statistic }} as decimal(38, 9)) as double) as {{ statistic }}{{ ',' if not loop.last }}
    {% endfor -%}
from statistics
