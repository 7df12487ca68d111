-- A failure means that a process rule has two figures for the same item.
select
    enterprise_id,
    period,
    rule_id,
    measure,
    item,
    count(*) as row_count
from {{ ref('mart_rule_evidence') }}
group by enterprise_id, period, rule_id, measure, item
having count(*) > 1
