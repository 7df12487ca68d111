-- The months of a quarter are its records, each once. A failure means that a record counts in a month and not in its quarter, or the
-- other way round. A person who answers in two months is one respondent of the quarter, so that of answers only sums are compared.
{{ config(meta={'dagster': {'ref': {'name': 'mart_monthly_parts'}}}) }}
with months as (
    select
        enterprise_id,
        quarter,
        scope_type,
        scope_id,
        indicator_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(case when count_squares is null then n else 0 end) as n,
        sum(case when count_squares is null then sum_squares else 0 end) as sum_squares
    from {{ ref('mart_monthly_parts') }}
    group by enterprise_id, quarter, scope_type, scope_id, indicator_id
),

quarters as (
    select
        inputs.enterprise_id,
        inputs.quarter,
        inputs.scope_type,
        inputs.scope_id,
        inputs.indicator_id,
        inputs.numerator,
        inputs.denominator,
        case when inputs.count_squares is null then inputs.n else 0 end as n,
        case when inputs.count_squares is null then inputs.sum_squares else 0 end as sum_squares
    from {{ ref('mart_indicator_inputs') }} as inputs
    inner join (
        select distinct indicator_id
        from {{ ref('mart_monthly_parts') }}
    ) as carried on inputs.indicator_id = carried.indicator_id
    where inputs.variant = '' and inputs.part = '' and inputs.scope_type in ('enterprise', 'region')
    union all
    -- O4-1: its incidents over its services
    select
        enterprise_id,
        quarter,
        scope_type,
        scope_id,
        indicator_id,
        sum(case when variant = 'incidents' then numerator else 0 end) as numerator,
        sum(case when variant = 'services' then denominator else 0 end) as denominator,
        sum(case when variant = 'services' then n else 0 end) as n,
        0 as sum_squares
    from {{ ref('mart_indicator_inputs') }}
    where indicator_id = 'O4-1' and variant in ('incidents', 'services') and scope_type in ('enterprise', 'region')
    group by enterprise_id, quarter, scope_type, scope_id, indicator_id
)

select
    coalesce(quarters.indicator_id, months.indicator_id) as indicator_id,
    coalesce(quarters.quarter, months.quarter) as quarter,
    quarters.numerator,
    months.numerator as numerator_of_months
from quarters
full outer join months
    on
        quarters.enterprise_id = months.enterprise_id
        and quarters.quarter = months.quarter
        and quarters.scope_type = months.scope_type
        and quarters.scope_id = months.scope_id
        and quarters.indicator_id = months.indicator_id
where
    coalesce(quarters.denominator, -1) <> coalesce(months.denominator, -1)
    or coalesce(quarters.n, -1) <> coalesce(months.n, -1)
    or coalesce(quarters.sum_squares, 0) <> coalesce(months.sum_squares, 0)
    or abs(coalesce(quarters.numerator, 0) - coalesce(months.numerator, 0)) > 0.000001
