-- A failure means that an indicator has two values for one place and period.
select
    {{ columns(period_key()) }},
    count(*) as row_count
from {{ ref('mart_period_inputs') }}
group by
    {{ columns(period_key()) }}
having count(*) > 1
