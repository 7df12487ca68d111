with comparable as (
    select
        period,
        period_role,
        quarter,
        false as is_trailing_only
    from {{ ref('int_period_quarters') }}
    union all
    select
        periods.period,
        trailing_years.period_role,
        trailing_years.quarter,
        true as is_trailing_only
    from (select distinct period from {{ ref('int_periods') }}) as periods
    cross join {{ ref('int_period_quarters') }} as trailing_years
    where trailing_years.window_kind = 'trailing_year'
),

labelled as (
    select
        *,
        indicator_id = 'I4-1' as is_trailing_only
    from {{ ref('mart_indicator_inputs') }}
)

select
    inputs.enterprise_id,
    comparable.period,
    comparable.period_role,
    inputs.scope_type,
    inputs.scope_id,
    inputs.indicator_id,
    inputs.variant,
    inputs.part,
    cast(sum(inputs.numerator) as decimal(38, 9)) as numerator,
    cast(sum(inputs.denominator) as decimal(38, 9)) as denominator,
    cast(sum(inputs.n) as bigint) as n,
    cast(sum(inputs.cases) as bigint) as cases,
    cast(sum(inputs.within_limit) as bigint) as within_limit,
    cast(sum(inputs.sum_squares) as decimal(38, 9)) as sum_squares
from labelled as inputs
inner join comparable
    on inputs.quarter = comparable.quarter and inputs.is_trailing_only = comparable.is_trailing_only
group by
    inputs.enterprise_id,
    comparable.period,
    comparable.period_role,
    inputs.scope_type,
    inputs.scope_id,
    inputs.indicator_id,
    inputs.variant,
    inputs.part
