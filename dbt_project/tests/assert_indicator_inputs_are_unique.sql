-- A failure means that some part would be summed twice: two rows share enterprise, quarter, scope, indicator, variant and part.
select
    enterprise_id,
    quarter,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part,
    count(*) as row_count
from {{ ref('mart_indicator_inputs') }}
group by enterprise_id, quarter, scope_type, scope_id, indicator_id, variant, part
having count(*) > 1
