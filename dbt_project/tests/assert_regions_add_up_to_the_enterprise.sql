-- Where every request has a region, the regions' parts of an indicator must sum to the enterprise's. A failure means that the
-- scopes are split wrongly.
{{ config(meta={'dagster': {'ref': {'name': 'mart_indicator_inputs'}}}) }}
with without_region as (
    select distinct
        enterprise_id,
        quarter
    from {{ ref('stg_service_requests') }}
    where region_code is null
)

select
    inputs.enterprise_id,
    inputs.quarter,
    inputs.indicator_id,
    inputs.variant,
    sum(case when scope_type = 'region' then numerator else -numerator end) as numerator_difference,
    sum(case when scope_type = 'region' then denominator else -denominator end) as denominator_difference
from {{ ref('mart_indicator_inputs') }} as inputs
left join without_region on inputs.enterprise_id = without_region.enterprise_id and inputs.quarter = without_region.quarter
where without_region.quarter is null and indicator_id in ('O1-1', 'P2-3a', 'P5-1', 'O1-3') and scope_type in ('region', 'enterprise')
group by inputs.enterprise_id, inputs.quarter, inputs.indicator_id, inputs.variant
having
    sum(case when scope_type = 'region' then numerator else -numerator end) <> 0
    or sum(case when scope_type = 'region' then denominator else -denominator end) <> 0
