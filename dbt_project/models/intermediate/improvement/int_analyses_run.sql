with descriptive as (
    select distinct
        enterprise_id,
        period
    from {{ ref('mart_duration_statistics') }}
),

comparison as (
    select distinct
        enterprise_id,
        period
    from {{ ref('int_summed_parts') }}
    where period_role = 'previous'
    union
    select
        enterprise_id,
        period
    from {{ ref('int_summed_parts') }}
    where period_role = 'current' and scope_type = 'region'
    group by enterprise_id, period
    having count(distinct scope_id) > 1
)

select
    enterprises.enterprise_id,
    periods.period,
    case when descriptive.period is null then 0 else 1 end + case when comparison.period is null then 0 else 1 end as ran_count,
    (select count(*) from {{ ref('analyses') }}) as analysis_count
from {{ ref('int_enterprises') }} as enterprises
cross join (select distinct period from {{ ref('int_periods') }}) as periods
left join descriptive on enterprises.enterprise_id = descriptive.enterprise_id and periods.period = descriptive.period
left join comparison on enterprises.enterprise_id = comparison.enterprise_id and periods.period = comparison.period
