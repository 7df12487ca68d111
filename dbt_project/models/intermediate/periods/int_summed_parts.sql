{{ config(materialized='view') }}
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

-- A period of one quarter needs no adding up: the parts of a quarter are unique (assert_indicator_inputs_are_unique)
sized as (
    select
        *,
        count(*) over (partition by period, period_role, is_trailing_only) as quarter_count
    from comparable
),

labelled as (
    select
        inputs.enterprise_id,
        sized.period,
        sized.period_role,
        inputs.scope_type,
        inputs.scope_id,
        inputs.indicator_id,
        inputs.variant,
        inputs.part,
        inputs.numerator,
        inputs.denominator,
        inputs.n,
        inputs.cases,
        inputs.within_limit,
        inputs.sum_squares,
        sized.quarter_count
    from {{ ref('mart_indicator_inputs') }} as inputs
    inner join sized
        on inputs.quarter = sized.quarter and (inputs.indicator_id = 'I4-1') = sized.is_trailing_only
)

select
    enterprise_id,
    period,
    period_role,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part,
    numerator,
    denominator,
    n,
    cases,
    within_limit,
    sum_squares
from labelled
where quarter_count = 1
union all
select
    enterprise_id,
    period,
    period_role,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part,
    cast(sum(numerator) as decimal(38, 9)) as numerator,
    cast(sum(denominator) as decimal(38, 9)) as denominator,
    cast(sum(n) as bigint) as n,
    cast(sum(cases) as bigint) as cases,
    cast(sum(within_limit) as bigint) as within_limit,
    cast(sum(sum_squares) as decimal(38, 9)) as sum_squares
from labelled
where quarter_count > 1
group by
    enterprise_id,
    period,
    period_role,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part
