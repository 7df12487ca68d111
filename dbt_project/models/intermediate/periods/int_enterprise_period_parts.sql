with periods as (
    select *
    from {{ ref('int_periods') }}
    where period_role = 'current'
),

areas as (
    select
        enterprise_id,
        region_code,
        cast(sum(cast(area_km2 as decimal(18, 6))) as decimal(38, 9)) as area_km2
    from {{ source('clean', 'regions') }}
    where {{ in_force('valid_from', 'valid_to', last_day()) }}
    group by enterprise_id, region_code
),

active_outlets as (
    select
        enterprise_id,
        region_code,
        count(*) as outlet_count
    from {{ ref('int_outlets_in_force') }}
    where is_active
    group by enterprise_id, region_code
),

density as (
    select
        areas.enterprise_id,
        'region' as scope_type,
        areas.region_code as scope_id,
        coalesce(active_outlets.outlet_count, 0) as numerator,
        areas.area_km2 as denominator,
        1 as region_count
    from areas
    left join active_outlets
        on areas.enterprise_id = active_outlets.enterprise_id and areas.region_code = active_outlets.region_code
    union all
    select
        areas.enterprise_id,
        'enterprise' as scope_type,
        areas.enterprise_id as scope_id,
        coalesce(max(outlets.outlet_count), 0) as numerator,
        sum(areas.area_km2) as denominator,
        count(*) as region_count
    from areas
    left join (
        select
            enterprise_id,
            sum(outlet_count) as outlet_count
        from active_outlets
        group by enterprise_id
    ) as outlets on areas.enterprise_id = outlets.enterprise_id
    group by areas.enterprise_id
),

-- Every enterprise with a staff register: nobody employed on the last day gives 0, no register gives no row
service_staff as (
    select
        enterprise_id,
        sum(case when is_employed and is_service_staff then 1 else 0 end) as staff_count,
        sum(case when is_employed and role = 'expert' then 1 else 0 end) as expert_count
    from (
        select
            staff.*,
            ({{ in_force('staff.valid_from', 'staff.valid_to', last_day()) }})
            and staff.hired_on <= {{ last_day() }}
            and (staff.left_on is null or {{ last_day() }} < staff.left_on) as is_employed
        from {{ source('clean', 'staff') }} as staff
    ) as register
    group by enterprise_id
),

served_customers as (
    select
        requests.enterprise_id,
        count(distinct requests.customer_id) as customer_count,
        count(*) as request_count
    from {{ ref('int_service_requests') }} as requests
    inner join {{ ref('int_period_quarters') }} as quarters
        on
            requests.quarter = quarters.quarter
            and quarters.window_kind = 'trailing_year'
            and quarters.period_role = 'current'
    group by requests.enterprise_id
),

registered_customers as (
    select
        enterprise_id,
        count(distinct customer_id) as customer_count
    from {{ source('clean', 'customers') }}
    where
        {{ in_force('valid_from', 'valid_to', last_day()) }}
        and registered_on <= {{ last_day() }}
        and (left_on is null or {{ last_day() }} < left_on)
    group by enterprise_id
),

channels as (
    select
        period,
        enterprise_id,
        count(*) as listed_count,
        sum(case when is_open then 1 else 0 end) as working_count
    from ({{ complaint_channels_in_force() }}) as listed
    group by period, enterprise_id
),

innovations as (
    select
        periods.period,
        enterprises.enterprise_id,
        sum(coalesce(inputs.numerator, 0)) as project_count
    from periods
    cross join {{ ref('int_enterprises') }} as enterprises
    left join {{ ref('int_quarters') }} as quarters
        on periods.measured_from <= quarters.first_day and periods.end_day >= quarters.end_day
    left join {{ ref('int_improvement_parts') }} as inputs
        on
            quarters.quarter = inputs.quarter
            and enterprises.enterprise_id = inputs.enterprise_id
            and inputs.indicator_id = 'I3-1'
    group by periods.period, enterprises.enterprise_id
),

rows_of_enterprises as (
    select
        periods.period,
        density.enterprise_id,
        density.scope_type,
        density.scope_id,
        'R1-1' as indicator_id,
        '' as variant,
        density.numerator,
        density.denominator,
        density.region_count as entry_count,
        density.denominator as case_count
    from density
    cross join periods
    union all
    select
        periods.period,
        staff.enterprise_id,
        'enterprise' as scope_type,
        staff.enterprise_id as scope_id,
        'R3-1' as indicator_id,
        '' as variant,
        staff.staff_count as numerator,
        customers.customer_count as denominator,
        customers.customer_count as entry_count,
        customers.request_count as case_count
    from service_staff as staff
    inner join served_customers as customers on staff.enterprise_id = customers.enterprise_id
    cross join periods
    union all
    select
        periods.period,
        staff.enterprise_id,
        'enterprise' as scope_type,
        staff.enterprise_id as scope_id,
        'R3-1' as indicator_id,
        'registered_customers' as variant,
        staff.staff_count as numerator,
        customers.customer_count as denominator,
        customers.customer_count as entry_count,
        customers.customer_count as case_count
    from service_staff as staff
    inner join registered_customers as customers on staff.enterprise_id = customers.enterprise_id
    cross join periods
    union all
    select
        periods.period,
        staff.enterprise_id,
        'enterprise' as scope_type,
        staff.enterprise_id as scope_id,
        'R4-1' as indicator_id,
        '' as variant,
        staff.expert_count as numerator,
        1 as denominator,
        1 as entry_count,
        1 as case_count
    from service_staff as staff
    cross join periods
    union all
    select
        channels.period,
        channels.enterprise_id,
        'enterprise' as scope_type,
        channels.enterprise_id as scope_id,
        'I1-1' as indicator_id,
        '' as variant,
        channels.working_count as numerator,
        1 as denominator,
        1 as entry_count,
        1 as case_count
    from channels
    union all
    select
        innovations.period,
        innovations.enterprise_id,
        'enterprise' as scope_type,
        innovations.enterprise_id as scope_id,
        'I3-1' as indicator_id,
        '' as variant,
        innovations.project_count as numerator,
        1 as denominator,
        1 as entry_count,
        1 as case_count
    from innovations
)

select
    enterprise_id,
    period,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    '' as part,
    {{ parts_of('numerator', 'denominator', 'entry_count', 'case_count') }}
from rows_of_enterprises
