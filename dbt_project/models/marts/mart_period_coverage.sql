with quarters_with_records as (
    select distinct
        enterprise_id,
        quarter
    from {{ ref('int_source_rows') }}
    where table_name in (
        'service_requests', 'onsite_visits', 'appointments', 'hotline_calls', 'online_sessions', 'complaints',
        'survey_responses', 'parts_demands', 'parts_orders', 'quality_inspections'
    )
)

select
    enterprises.enterprise_id,
    periods.period,
    periods.window_kind,
    periods.period_role,
    periods.first_day,
    periods.last_day,
    cast(round({{ dbt.datediff('periods.first_day', 'periods.end_day', 'month') }} / 3.0) as integer) as quarters_expected,
    cast(count(quarters_with_records.quarter) as integer) as quarters_covered
from {{ ref('int_enterprises') }} as enterprises
cross join {{ ref('int_periods') }} as periods
left join {{ ref('int_period_quarters') }} as period_quarters
    on periods.period = period_quarters.period and periods.period_role = period_quarters.period_role
left join quarters_with_records
    on enterprises.enterprise_id = quarters_with_records.enterprise_id and period_quarters.quarter = quarters_with_records.quarter
group by
    enterprises.enterprise_id,
    periods.period,
    periods.window_kind,
    periods.period_role,
    periods.first_day,
    periods.last_day,
    periods.end_day
