{{ config(materialized='view') }}
select
    period,
    'period' as counted_over,
    quarter
from {{ ref('int_period_quarters') }}
where period_role = 'current' and window_kind in ('quarter', 'calendar_year')
union all
select
    periods.period,
    quarters.window_kind as counted_over,
    quarters.quarter
from {{ ref('int_periods') }} as periods
cross join {{ ref('int_period_quarters') }} as quarters
where
    periods.period_role = 'current'
    and periods.window_kind in ('quarter', 'calendar_year')
    and quarters.period_role = 'current'
    and quarters.window_kind in ('year_to_date', 'trailing_year')
