select
    periods.period,
    periods.window_kind,
    periods.period_role,
    quarters.quarter
from {{ ref('int_periods') }} as periods
inner join {{ ref('int_quarters') }} as quarters
    on periods.first_day <= quarters.first_day and periods.end_day >= quarters.end_day
