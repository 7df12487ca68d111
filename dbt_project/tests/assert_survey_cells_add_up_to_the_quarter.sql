-- The weighted cells must contain the answers of the unweighted indicators, each once. A failure means that a weighted and
-- an unweighted value use different answers. Sums of scales that do not divide 100 are rounded per cell.
with cells as (
    select
        enterprise_id,
        quarter,
        indicator_id,
        part,
        sum(numerator) as numerator,
        sum(n) as n
    from {{ ref('mart_survey_scores') }}
    group by enterprise_id, quarter, indicator_id, part
),

inputs as (
    select
        enterprise_id,
        quarter,
        indicator_id,
        part,
        numerator,
        denominator as n
    from {{ ref('int_survey_parts') }}
    where scope_type = 'enterprise' and variant = ''
)

select
    inputs.enterprise_id,
    inputs.quarter,
    inputs.indicator_id,
    inputs.part
from inputs
full outer join cells
    on
        inputs.enterprise_id = cells.enterprise_id
        and inputs.quarter = cells.quarter
        and inputs.indicator_id = cells.indicator_id
        and inputs.part = cells.part
where
    coalesce(inputs.n, 0) <> coalesce(cells.n, 0)
    or abs(coalesce(inputs.numerator, 0) - coalesce(cells.numerator, 0)) > 0.000001
