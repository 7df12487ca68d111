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

-- A period of one quarter needs no sums: the parts of a quarter are unique (assert_indicator_inputs_are_unique)
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
        {{ part_columns('inputs') }},
        sized.quarter_count,
        surveyed.indicator_id is not null and inputs.variant <> 'requests' as is_surveyed
    from {{ ref('mart_indicator_inputs') }} as inputs
    inner join sized
        on inputs.quarter = sized.quarter and (inputs.indicator_id = 'I4-1') = sized.is_trailing_only
    left join (select distinct indicator_id from {{ ref('int_survey_parts') }}) as surveyed on inputs.indicator_id = surveyed.indicator_id
)

select
    {{ columns(period_key()) }},
    {{ part_columns() }}
from labelled
where quarter_count = 1
union all
select
    {{ columns(period_key()) }},
    {{ parts_of('sum(numerator)', 'sum(denominator)', 'sum(n)', 'sum(cases)', 'sum(within_limit)', 'sum(sum_squares)') }}
from labelled
where quarter_count > 1 and not is_surveyed
group by
    {{ columns(period_key()) }}
union all
-- People do not add up over quarters
select
    {{ columns(period_key()) }},
    {{ part_columns() }}
from {{ ref('int_survey_period_parts') }}
