{{ config(materialized='view') }}
select
    source_rows.enterprise_id,
    quarters.period,
    case quarters.counted_over when 'period' then 'PR-10' else 'PR-22' end as rule_id,
    'rows' as measure,
    source_rows.table_name as item,
    cast(sum(source_rows.row_count) as decimal(38, 9)) as numerator,
    cast(null as decimal(38, 9)) as denominator
from {{ ref('mart_source_rows') }} as source_rows
inner join {{ ref('int_rule_quarters') }} as quarters
    on source_rows.quarter = quarters.quarter and quarters.counted_over in ('period', 'trailing_year')
group by source_rows.enterprise_id, quarters.period, quarters.counted_over, source_rows.table_name
