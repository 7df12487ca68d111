with current_periods as (
    select period
    from {{ ref('int_periods') }}
    where period_role = 'current'
),

summed as (
    select * from {{ ref('int_summed_parts') }}
),

-- O1-4: the mean ratio where enough repairs were measured, else the share of tested repairs that passed (C-29)
recovery as (
    select
        measured.enterprise_id,
        measured.period,
        measured.period_role,
        measured.scope_type,
        measured.scope_id,
        measured.cases as repair_count,
        case
            when measured.n >= {{ parameter('measured_share_for_ratio') }} * measured.cases then 'measured_ratio'
            else 'acceptance_passed'
        end as variant
    from summed as measured
    where measured.indicator_id = 'O1-4' and measured.variant = 'measured_ratio'
),

-- O4-1: incidents over all requests in scope, also where there was no incident
incidents as (
    select
        services.enterprise_id,
        services.period,
        services.period_role,
        services.scope_type,
        services.scope_id,
        coalesce(incidents.numerator, 0) as incident_count,
        services.denominator as service_count
    from summed as services
    left join summed as incidents
        on
            services.enterprise_id = incidents.enterprise_id
            and services.period = incidents.period
            and services.period_role = incidents.period_role
            and services.scope_type = incidents.scope_type
            and services.scope_id = incidents.scope_id
            and incidents.indicator_id = 'O4-1'
            and incidents.variant = 'incidents'
    where
        services.indicator_id = 'O4-1'
        and services.variant = 'services'
        and services.scope_type in ('enterprise', 'region', 'outlet')
),

-- I4-3: requests resolved per service-staff working day
efficiency as (
    select
        resolved.enterprise_id,
        resolved.period,
        resolved.period_role,
        resolved.numerator as resolved_count,
        days.numerator as working_days
    from summed as resolved
    inner join summed as days
        on
            resolved.enterprise_id = days.enterprise_id
            and resolved.period = days.period
            and resolved.period_role = days.period_role
            and days.indicator_id = 'I4-3'
            and days.variant = 'working_days'
    where resolved.indicator_id = 'I4-3' and resolved.variant = 'resolved' and resolved.scope_type = 'enterprise'
),

volumes as (
    select
        volumes.enterprise_id,
        quarters.period,
        quarters.period_role,
        volumes.scope_type,
        volumes.scope_id,
        volumes.channel,
        cast(sum(volumes.request_count) as bigint) as request_count
    from {{ ref('int_touchpoint_volumes') }} as volumes
    inner join {{ ref('int_period_quarters') }} as quarters on volumes.quarter = quarters.quarter
    group by
        volumes.enterprise_id,
        quarters.period,
        quarters.period_role,
        volumes.scope_type,
        volumes.scope_id,
        volumes.channel
),

parts as (
    select
        enterprise_id,
        period,
        period_role,
        scope_type,
        scope_id,
        indicator_id,
        variant,
        part,
        numerator,
        denominator,
        n,
        cases,
        within_limit,
        sum_squares
    from summed
    where
        not (
            (indicator_id = 'I4-3' and variant in ('resolved', 'working_days'))
            or (indicator_id = 'O4-1' and variant = 'services')
            or (indicator_id = 'I3-1' and variant = 'effective')
            or (indicator_id = 'O2-2' and variant = 'requests')
        )
    union all
    -- Repairs that were neither measured nor tested are cases without a value
    select
        recovery.enterprise_id,
        recovery.period,
        recovery.period_role,
        recovery.scope_type,
        recovery.scope_id,
        'O1-4' as indicator_id,
        '' as variant,
        recovery.variant as part,
        coalesce(summed.numerator, 0) as numerator,
        coalesce(summed.denominator, 0) as denominator,
        coalesce(summed.n, 0) as n,
        coalesce(summed.cases, recovery.repair_count) as cases,
        summed.within_limit,
        summed.sum_squares
    from recovery
    left join summed
        on
            recovery.enterprise_id = summed.enterprise_id
            and recovery.period = summed.period
            and recovery.period_role = summed.period_role
            and recovery.scope_type = summed.scope_type
            and recovery.scope_id = summed.scope_id
            and recovery.variant = summed.variant
            and summed.indicator_id = 'O1-4'
    union all
    select
        enterprise_id,
        period,
        period_role,
        scope_type,
        scope_id,
        'O4-1' as indicator_id,
        '' as variant,
        '' as part,
        incident_count as numerator,
        service_count as denominator,
        cast(service_count as bigint) as n,
        cast(service_count as bigint) as cases,
        cast(null as bigint) as within_limit,
        cast(null as decimal(38, 9)) as sum_squares
    from incidents
    union all
    select
        enterprise_id,
        period,
        period_role,
        'enterprise' as scope_type,
        enterprise_id as scope_id,
        'I4-3' as indicator_id,
        '' as variant,
        '' as part,
        resolved_count as numerator,
        working_days as denominator,
        cast(resolved_count as bigint) as n,
        cast(resolved_count as bigint) as cases,
        cast(null as bigint) as within_limit,
        cast(null as decimal(38, 9)) as sum_squares
    from efficiency
    union all
    select
        registers.enterprise_id,
        periods.period,
        'current' as period_role,
        registers.scope_type,
        registers.scope_id,
        registers.indicator_id,
        registers.variant,
        registers.part,
        registers.numerator,
        registers.denominator,
        registers.n,
        registers.cases,
        registers.within_limit,
        registers.sum_squares
    from {{ ref('int_register_parts') }} as registers
    cross join current_periods as periods
    where registers.cases > 0
    union all
    -- R1-2: the P95 of the declared radius, with the share of outlets within the limit
    select
        registers.enterprise_id,
        periods.period,
        'current' as period_role,
        registers.scope_type,
        registers.scope_id,
        registers.indicator_id,
        '' as variant,
        '' as part,
        cast(statistics.p95 as decimal(38, 9)) as numerator,
        cast(1 as decimal(38, 9)) as denominator,
        registers.n,
        registers.cases,
        registers.within_limit,
        cast(null as decimal(38, 9)) as sum_squares
    from {{ ref('int_register_parts') }} as registers
    cross join current_periods as periods
    left join {{ ref('int_register_statistics') }} as statistics
        on
            registers.enterprise_id = statistics.enterprise_id
            and registers.scope_type = statistics.scope_type
            and registers.scope_id = statistics.scope_id
            and registers.indicator_id = statistics.indicator_id
            and statistics.period = '{{ var("quarter", "2025-Q1") }}'
    where registers.indicator_id in ('R1-2a', 'R1-2b') and registers.variant = 'mean' and registers.cases > 0
    union all
    select
        enterprise_id,
        period,
        'current' as period_role,
        scope_type,
        scope_id,
        indicator_id,
        variant,
        part,
        numerator,
        denominator,
        n,
        cases,
        within_limit,
        sum_squares
    from {{ ref('int_staff_parts') }}
    where cases > 0
    union all
    select
        enterprise_id,
        period,
        'current' as period_role,
        scope_type,
        scope_id,
        indicator_id,
        variant,
        part,
        numerator,
        denominator,
        n,
        cases,
        within_limit,
        sum_squares
    from {{ ref('int_enterprise_period_parts') }}
)

select
    enterprise_id,
    period,
    period_role,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part,
    numerator,
    denominator,
    n,
    cases,
    within_limit,
    sum_squares,
    cast(null as bigint) as weight
from parts
where indicator_id <> 'O2-2'
union all
select
    parts.enterprise_id,
    parts.period,
    parts.period_role,
    parts.scope_type,
    parts.scope_id,
    parts.indicator_id,
    parts.variant,
    parts.part,
    parts.numerator,
    parts.denominator,
    parts.n,
    parts.cases,
    parts.within_limit,
    parts.sum_squares,
    volumes.request_count as weight
from parts
left join volumes
    on
        parts.enterprise_id = volumes.enterprise_id
        and parts.period = volumes.period
        and parts.period_role = volumes.period_role
        and parts.scope_type = volumes.scope_type
        and parts.scope_id = volumes.scope_id
        and parts.part = volumes.channel
where parts.indicator_id = 'O2-2'
