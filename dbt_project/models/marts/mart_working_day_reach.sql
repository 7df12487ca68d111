with clocked as (
    select
        enterprise_id,
        quarter,
        'P2-3b' as indicator_id,
        cast(resolved_at as date) as until_on
    from {{ ref('int_service_requests') }}
    where complexity = 'complex' and responded_at is not null
    union all
    select
        enterprise_id,
        quarter,
        'P1-4' as indicator_id,
        earliest_offered_on as until_on
    from {{ source('clean', 'appointments') }}
    union all
    select
        enterprise_id,
        quarter,
        'R5-3' as indicator_id,
        cast(received_at as date) as until_on
    from {{ source('clean', 'parts_orders') }}
    where not is_urgent
)

select
    clocked.enterprise_id,
    periods.period,
    periods.period_role,
    clocked.indicator_id,
    max(clocked.until_on) as until_on
from clocked
inner join {{ ref('int_period_quarters') }} as periods on clocked.quarter = periods.quarter
where clocked.until_on is not null
group by clocked.enterprise_id, periods.period, periods.period_role, clocked.indicator_id
