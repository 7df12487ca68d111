with limits as (
    select
        {{ parameter('connect_within_seconds') }} as connect_within_seconds,
        {{ parameter('short_abandon_seconds') }} as short_abandon_seconds
),

totals as (
    select
        totals.enterprise_id,
        totals.quarter,
        totals._row_id,
        totals.called_on,
        totals.in_service_hours,
        totals.offered_calls,
        totals.answered_calls,
        totals.answered_within_limit,
        totals.short_abandoned_calls,
        coalesce(totals.answer_limit_seconds = limits.connect_within_seconds, false) as has_limit_of_standard,
        coalesce(totals.short_abandon_seconds = limits.short_abandon_seconds, false)
        and totals.short_abandoned_calls is not null as has_short_abandons
    from {{ source('clean', 'hotline_daily_totals') }} as totals
    inner join {{ ref('int_quarters') }} as quarters on totals.quarter = quarters.quarter
    cross join limits
),

-- Totals of which none has the count say nothing about waits; where some have it, a missing count fails, like a missing time
recorded as (
    select
        enterprise_id,
        quarter,
        count(case when has_limit_of_standard then answered_within_limit end) > 0 as has_counts
    from totals
    group by enterprise_id, quarter
)

select
    totals.enterprise_id,
    totals.quarter,
    totals._row_id,
    totals.called_on,
    totals.in_service_hours,
    totals.offered_calls,
    totals.answered_calls,
    coalesce(totals.answered_within_limit, 0) as connected_in_time_calls,
    totals.has_limit_of_standard and recorded.has_counts as has_waits,
    totals.offered_calls - coalesce(totals.short_abandoned_calls, 0) as kept_calls,
    totals.has_short_abandons
from totals
inner join recorded on totals.enterprise_id = recorded.enterprise_id and totals.quarter = recorded.quarter
