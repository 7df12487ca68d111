-- A failure means that calls of a day would be counted twice: once each, and in the day's totals.
select distinct
    totals.enterprise_id,
    totals.called_on
from {{ source('clean', 'hotline_daily_totals') }} as totals
inner join {{ source('clean', 'hotline_calls') }} as calls
    on totals.enterprise_id = calls.enterprise_id and totals.called_on = cast(calls.queued_at as date)
