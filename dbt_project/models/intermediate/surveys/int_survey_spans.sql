with answered as (
    select distinct quarter
    from {{ ref('int_survey_people') }}
)

select
    periods.period,
    periods.period_role,
    periods.quarter,
    -- Periods are quarters in a row
    min(periods.quarter) over (partition by periods.period, periods.period_role)
    || '..'
    || max(periods.quarter) over (partition by periods.period, periods.period_role) as span,
    count(*) over (partition by periods.period, periods.period_role) as answered_quarters,
    periods.quarter_count
from (
    select
        *,
        count(*) over (partition by period, period_role) as quarter_count
    from {{ ref('int_period_quarters') }}
) as periods
inner join answered on periods.quarter = answered.quarter
