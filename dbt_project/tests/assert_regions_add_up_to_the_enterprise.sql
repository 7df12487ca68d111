-- Every request has a region, so the regions' parts of an indicator must sum to the enterprise's. A failure means that the
-- scopes are split wrongly.
select
    enterprise_id,
    quarter,
    indicator_id,
    variant,
    sum(case when scope_type = 'region' then numerator else -numerator end) as numerator_difference,
    sum(case when scope_type = 'region' then denominator else -denominator end) as denominator_difference
from {{ ref('mart_indicator_inputs') }}
where indicator_id in ('O1-1', 'P2-3a', 'P5-1', 'O1-3') and scope_type in ('region', 'enterprise')
group by enterprise_id, quarter, indicator_id, variant
having
    sum(case when scope_type = 'region' then numerator else -numerator end) <> 0
    or sum(case when scope_type = 'region' then denominator else -denominator end) <> 0
