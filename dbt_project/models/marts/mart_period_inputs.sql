{% set place = ['enterprise_id', 'period', 'period_role', 'scope_type', 'scope_id'] -%}
with current_periods as (
    select
        period,
        'current' as period_role
    from {{ ref('int_periods') }}
    where period_role = 'current'
),

summed as (
    select * from {{ ref('int_summed_parts') }}
),

-- O1-4: the mean ratio if enough repairs were measured, else the share of tested repairs that passed (C-29)
recovery as (
    select
        {{ columns(place) }},
        cases as repair_count,
        case
            when n >= {{ parameter('measured_share_for_ratio') }} * cases then 'measured_ratio'
            else 'acceptance_passed'
        end as variant
    from summed
    where indicator_id = 'O1-4' and variant = 'measured_ratio'
),

volumes as (
    select
        volumes.enterprise_id,
        quarters.period,
        quarters.period_role,
        volumes.scope_type,
        volumes.scope_id,
        'O2-2' as indicator_id,
        volumes.channel as part,
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
        {{ columns(period_key()) }},
        {{ part_columns() }}
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
        {{ columns(place, 'recovery') }},
        'O1-4' as indicator_id,
        '' as variant,
        recovery.variant as part,
        coalesce(summed.numerator, 0) as numerator,
        coalesce(summed.denominator, 0) as denominator,
        coalesce(summed.n, 0) as n,
        coalesce(summed.cases, recovery.repair_count) as cases,
        summed.within_limit,
        summed.sum_squares,
        summed.sum_products,
        summed.count_squares
    from recovery
    left join summed
        on
            {{ same(place + ['variant'], 'recovery', 'summed') }}
            and summed.indicator_id = 'O1-4'
    union all
    -- O4-1: incidents over all requests in scope, also without incidents
    select
        {{ columns(place, 'services') }},
        'O4-1' as indicator_id,
        '' as variant,
        '' as part,
        {{ parts_of('coalesce(incidents.numerator, 0)', 'services.denominator', 'services.denominator', 'services.denominator') }}
    from summed as services
    left join summed as incidents
        on
            {{ same(place + ['indicator_id'], 'services', 'incidents') }}
            and incidents.variant = 'incidents'
    where
        services.indicator_id = 'O4-1'
        and services.variant = 'services'
        and services.scope_type in ('enterprise', 'region', 'outlet')
    {%- for variant in ['incidents', 'fatal_incidents'] %}
    union all
    -- None is a number too
    select
        {{ columns(place, 'services') }},
        'O4-1' as indicator_id,
        '{{ variant }}' as variant,
        '' as part,
        {{ parts_of('0', '0', '0', '0') }}
    from summed as services
    left join summed as incidents
        on
            {{ same(place + ['indicator_id'], 'services', 'incidents') }}
            and incidents.variant = '{{ variant }}'
    where
        services.indicator_id = 'O4-1'
        and services.variant = 'services'
        and services.scope_type in ('enterprise', 'region', 'outlet')
        and incidents.enterprise_id is null
    {%- endfor %}
    union all
    -- I4-3: requests resolved per service-staff working day
    select
        {{ columns(place, 'resolved') }},
        'I4-3' as indicator_id,
        '' as variant,
        '' as part,
        {{ parts_of('resolved.numerator', 'days.numerator', 'resolved.numerator', 'resolved.numerator') }}
    from summed as resolved
    inner join summed as days
        on
            {{ same(place + ['indicator_id'], 'resolved', 'days') }}
            and days.variant = 'working_days'
    where resolved.indicator_id = 'I4-3' and resolved.variant = 'resolved' and resolved.scope_type = 'enterprise'
    union all
    select
        registers.enterprise_id,
        periods.period,
        periods.period_role,
        {{ columns(['scope_type', 'scope_id', 'indicator_id', 'variant', 'part'], 'registers') }},
        {{ part_columns('registers') }}
    from {{ ref('int_register_parts') }} as registers
    cross join current_periods as periods
    where registers.cases > 0
    union all
    -- R1-2: the P95 of the declared radius, with the share of outlets within the limit
    select
        registers.enterprise_id,
        periods.period,
        periods.period_role,
        {{ columns(['scope_type', 'scope_id', 'indicator_id'], 'registers') }},
        '' as variant,
        '' as part,
        {{ parts_of('statistics.p95', '1', 'registers.n', 'registers.cases', 'registers.within_limit') }}
    from {{ ref('int_register_parts') }} as registers
    cross join current_periods as periods
    left join {{ ref('int_register_statistics') }} as statistics
        on
            {{ same(['enterprise_id', 'scope_type', 'scope_id', 'indicator_id'], 'registers', 'statistics') }}
            and statistics.period = {{ quarter() }}
    where registers.indicator_id in ('R1-2a', 'R1-2b') and registers.variant = 'mean' and registers.cases > 0
    {%- for model, condition in [('int_staff_parts', 'cases > 0'), ('int_enterprise_period_parts', 'true')] %}
    union all
    select
        enterprise_id,
        period,
        'current' as period_role,
        {{ columns(['scope_type', 'scope_id', 'indicator_id', 'variant', 'part']) }},
        {{ part_columns() }}
    from {{ ref(model) }}
    where {{ condition }}
    {%- endfor %}
)

select
    {{ columns(period_key(), 'parts') }},
    {{ part_columns('parts') }},
    volumes.request_count as weight
from parts
left join volumes
    on {{ same(place + ['indicator_id', 'part'], 'parts', 'volumes') }}
