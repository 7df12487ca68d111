with limits as (
    select
        {{ parameter('connect_within_seconds') }} as connect_within_seconds,
        {{ parameter('short_abandon_seconds') }} as short_abandon_seconds,
        {{ requirement_of('P2-1a') }} as response_seconds
),

calls as (
    select
        calls.enterprise_id,
        calls.quarter,
        calls._row_id,
        {{ first_of_month('calls.queued_at') }} as month_start,
        calls.staff_id,
        calls.in_service_hours,
        calls.outcome,
        calls.answered_in_time,
        {{ seconds_between('calls.queued_at', 'calls.answered_at') }} as wait_seconds,
        {{ seconds_between('calls.queued_at', 'calls.ended_at') }} as queued_seconds
    from {{ source('clean', 'hotline_calls') }} as calls
    inner join {{ ref('int_quarters') }} as quarters on calls.quarter = quarters.quarter
    {{ without_tests('calls') }}
),

-- Answered calls of which none has the time of its answer say nothing about waits, unless the source's flags do
recorded as (
    select
        enterprise_id,
        quarter,
        count(case when outcome = 'answered' then 1 end) = 0 or count(case when outcome = 'answered' then wait_seconds end) > 0 as has_waits
    from calls
    group by enterprise_id, quarter
),

flagged as (
    {{ times_recorded('calls', 'wait_seconds', 'answered_in_time', among="outcome = 'answered'") }}
)

select
    calls.enterprise_id,
    calls.quarter,
    calls._row_id,
    calls.month_start,
    calls.staff_id,
    calls.outcome in ('answered', 'abandoned', 'rejected') and calls.in_service_hours as is_offered,
    calls.outcome in ('answered', 'abandoned', 'rejected') and not calls.in_service_hours as is_offered_out_of_hours,
    calls.outcome = 'answered' as is_answered,
    recorded.has_waits or flagged.is_reported as has_waits,
    calls.wait_seconds,
    {{ decided(
        'calls.wait_seconds <= limits.connect_within_seconds', 'calls.answered_in_time', 'is_connected_in_time', among="calls.outcome = 'answered'"
    ) }},
    calls.wait_seconds <= limits.response_seconds as is_response_in_time,
    coalesce(calls.outcome = 'abandoned' and calls.queued_seconds < limits.short_abandon_seconds, false) as is_short_abandon
from calls
inner join recorded on calls.enterprise_id = recorded.enterprise_id and calls.quarter = recorded.quarter
inner join flagged on calls.enterprise_id = flagged.enterprise_id and calls.quarter = flagged.quarter
cross join limits
