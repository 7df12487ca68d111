-- A failure means that an indicator has two values for one place and period.
select
    enterprise_id,
    period,
    period_role,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part,
    count(*) as row_count
from {{ ref('mart_period_inputs') }}
group by enterprise_id, period, period_role, scope_type, scope_id, indicator_id, variant, part
having count(*) > 1
