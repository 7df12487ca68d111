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

surveyed as (
    select distinct indicator_id
    from {{ ref('int_survey_parts') }}
)

select
    {{ columns(['enterprise_id'], 'inputs') }},
    {{ columns(['period', 'period_role'], 'sized') }},
    {{ columns(['scope_type', 'scope_id', 'indicator_id', 'variant', 'part'], 'inputs') }},
    {{ part_columns('inputs') }}
from {{ ref('mart_indicator_inputs') }} as inputs
inner join sized
    on inputs.quarter = sized.quarter and (inputs.indicator_id = 'I4-1') = sized.is_trailing_only
where sized.quarter_count = 1
union all
select
    {{ columns(['enterprise_id'], 'inputs') }},
    {{ columns(['period', 'period_role'], 'sized') }},
    {{ columns(['scope_type', 'scope_id', 'indicator_id', 'variant', 'part'], 'inputs') }},
    {{ parts_of(
        'sum(inputs.numerator)', 'sum(inputs.denominator)', 'sum(inputs.n)', 'sum(inputs.cases)', 'sum(inputs.within_limit)',
        'sum(inputs.sum_squares)'
    ) }}
from {{ ref('mart_indicator_inputs') }} as inputs
inner join sized
    on inputs.quarter = sized.quarter and (inputs.indicator_id = 'I4-1') = sized.is_trailing_only
left join surveyed on inputs.indicator_id = surveyed.indicator_id
where sized.quarter_count > 1 and (surveyed.indicator_id is null or inputs.variant = 'requests')
group by
    {{ columns(['enterprise_id'], 'inputs') }},
    {{ columns(['period', 'period_role'], 'sized') }},
    {{ columns(['scope_type', 'scope_id', 'indicator_id', 'variant', 'part'], 'inputs') }}
union all
-- People do not add up over quarters
select
    {{ columns(period_key()) }},
    {{ part_columns() }}
from {{ ref('int_survey_period_parts') }}
