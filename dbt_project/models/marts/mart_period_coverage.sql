with quarters_with_records as (
    select distinct
        enterprise_id,
        quarter
    from {{ ref('mart_source_rows') }}
    where table_name in (
        'service_requests', 'onsite_visits', 'appointments', 'hotline_calls', 'hotline_daily_totals', 'online_sessions',
        'complaints', 'survey_responses', 'parts_demands', 'parts_orders', 'quality_inspections'
    )
),

newest_requests as (
    select
        enterprise_id,
        max(requested_at) as newest_request_at
    from {{ source('clean', 'service_requests') }}
    group by enterprise_id
),

-- Repairs whose 30 days run from their resolution (O1-2): the latest resolution, and the number still open
repairs as (
    select
        requests.enterprise_id,
        period_quarters.period,
        period_quarters.period_role,
        max(requests.resolved_at) as last_repair_resolved_at,
        sum(case when requests.resolved_at is null and coalesce(requests.status, 'open') = 'open' then 1 else 0 end) as open_repair_count
    from {{ ref('int_service_requests') }} as requests
    inner join {{ ref('int_period_quarters') }} as period_quarters on requests.quarter = period_quarters.quarter
    where requests.service_type = 'repair'
    group by requests.enterprise_id, period_quarters.period, period_quarters.period_role
)

select
    enterprises.enterprise_id,
    periods.period,
    periods.window_kind,
    periods.period_role,
    periods.first_day,
    periods.last_day,
    cast(round(({{ dbt.datediff('periods.first_day', 'periods.end_day', 'month') }}) / 3.0) as integer) as quarters_expected,
    cast(count(quarters_with_records.quarter) as integer) as quarters_covered,
    max(newest_requests.newest_request_at) as newest_request_at,
    max(repairs.last_repair_resolved_at) as last_repair_resolved_at,
    cast(coalesce(max(repairs.open_repair_count), 0) as bigint) as open_repair_count
from {{ ref('int_enterprises') }} as enterprises
cross join {{ ref('int_periods') }} as periods
left join {{ ref('int_period_quarters') }} as period_quarters
    on periods.period = period_quarters.period and periods.period_role = period_quarters.period_role
left join quarters_with_records
    on enterprises.enterprise_id = quarters_with_records.enterprise_id and period_quarters.quarter = quarters_with_records.quarter
left join newest_requests on enterprises.enterprise_id = newest_requests.enterprise_id
left join repairs
    on
        enterprises.enterprise_id = repairs.enterprise_id
        and periods.period = repairs.period
        and periods.period_role = repairs.period_role
group by
    enterprises.enterprise_id,
    periods.period,
    periods.window_kind,
    periods.period_role,
    periods.first_day,
    periods.last_day,
    periods.end_day
