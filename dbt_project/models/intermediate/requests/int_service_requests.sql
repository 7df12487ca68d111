with issues as (
    select
        quarter,
        _row_id,
        enterprise_id,
        customer_id,
        issue_class,
        requested_at,
        -- Product of a repeat contact: serial, else model, else category (rulings)
        case
            when product_serial is not null then 'serial:' || product_serial
            when product_model is not null then 'model:' || product_model
            else 'category:' || product_category
        end as product_key,
        hash(enterprise_id, customer_id, product_key, issue_class) as key_hash
    from {{ ref('stg_service_requests') }}
    where customer_id is not null and issue_class is not null
),

-- Possible repeats: keys of customer, product and issue with more than one request time. Their hash takes a tenth of the memory of
-- the key; that two keys share one is told apart below.
repeated_issues as (
    select key_hash
    from issues
    group by key_hash
    having min(requested_at) < max(requested_at)
),

issue_requests as (
    select issues.*
    from issues
    inner join repeated_issues on issues.key_hash = repeated_issues.key_hash
),

issue_moments as (
    select
        enterprise_id,
        customer_id,
        product_key,
        issue_class,
        requested_at,
        lead(requested_at) over (
            partition by enterprise_id, customer_id, product_key, issue_class
            order by requested_at
        ) as next_requested_at
    from (
        select distinct
            enterprise_id,
            customer_id,
            product_key,
            issue_class,
            requested_at
        from issue_requests
    ) as moments
),

-- The next strictly later time at which the same customer asked about the same issue of the same product; by row position,
-- which is cheaper to look up than the key
next_issues as (
    select
        issue_requests.quarter,
        issue_requests._row_id,
        issue_moments.next_requested_at
    from issue_requests
    inner join issue_moments
        on
            issue_requests.enterprise_id = issue_moments.enterprise_id
            and issue_requests.customer_id = issue_moments.customer_id
            and issue_requests.product_key = issue_moments.product_key
            and issue_requests.issue_class = issue_moments.issue_class
            and issue_requests.requested_at = issue_moments.requested_at
),

serial_repairs as (
    select
        enterprise_id,
        product_serial,
        issue_class,
        requested_at,
        resolved_at,
        quarter,
        _row_id
    from {{ ref('stg_service_requests') }}
    where service_type = 'repair' and product_serial is not null
),

repeated_repairs as (
    select repairs.*
    from serial_repairs as repairs
    inner join (
        select
            enterprise_id,
            product_serial,
            issue_class
        from serial_repairs
        group by enterprise_id, product_serial, issue_class
        having count(*) > 1
    ) as repeated
        on
            repairs.enterprise_id = repeated.enterprise_id
            and repairs.product_serial = repeated.product_serial
            and repairs.issue_class = repeated.issue_class
),

-- Repairs of one product and fault in order of time: each repair once at its request, once at its resolution
repair_moments as (
    select
        enterprise_id,
        product_serial,
        issue_class,
        requested_at as moment_at,
        0 as is_resolution,
        quarter,
        _row_id
    from repeated_repairs
    union all
    select
        enterprise_id,
        product_serial,
        issue_class,
        resolved_at as moment_at,
        1 as is_resolution,
        quarter,
        _row_id
    from repeated_repairs
    where resolved_at is not null
),

next_repairs as (
    select
        quarter,
        _row_id,
        is_resolution,
        min(case when is_resolution = 0 then moment_at end) over (
            partition by enterprise_id, product_serial, issue_class
            order by moment_at, is_resolution
            rows between 1 following and unbounded following
        ) as next_repair_requested_at
    from repair_moments
)

select
    requests.enterprise_id,
    requests.quarter,
    requests._row_id,
    requests.request_id,
    requests.region_code,
    requests.outlet_id,
    requests.staff_id,
    requests.channel,
    requests.product_category,
    requests.product_model,
    requests.issue_class,
    requests.customer_id,
    requests.service_type,
    requests.requested_at,
    requests.urgency,
    requests.complexity,
    requests.status,
    requests.responded_at,
    requests.resolved_at,
    requests.contact_count,
    requests.reopened_count,
    requests.customer_confirmed,
    requests.personalised_plan,
    requests.special_need,
    requests.special_need_met,
    requests.notices_required,
    requests.notices_sent,
    requests.form_fields_required,
    requests.form_fields_valid,
    cast(requests.performance_ratio as decimal(12, 9)) as performance_ratio,
    requests.acceptance_passed,
    requests.has_service_error,
    requests.quoted_amount,
    requests.charged_amount,
    requests.scope_change_signed,
    {{ seconds_between('requests.requested_at', 'requests.responded_at') }} as response_seconds,
    cast(
        {{ seconds_between('requests.responded_at', 'requests.resolved_at') }} - coalesce(requests.paused_seconds, 0) as decimal(18, 6)
    ) as resolution_seconds,
    {{ seconds_between('requests.requested_at', 'requests.resolved_at') }} as customer_total_seconds,
    cast(
        -- greatest() ignores nulls, so open requests must be kept out of it
        case
            when requests.responded_at is not null and requests.resolved_at is not null
                then greatest(
                    {{ working_clock('resolved_day', 'requests.resolved_at') }}
                    - {{ working_clock('responded_day', 'requests.responded_at') }}
                    - coalesce(requests.paused_seconds, 0), 0
                )
        end as decimal(18, 6)
    ) as resolution_working_seconds,
    cast(
        {{ service_clock('resolved_hours', 'requests.resolved_at') }}
        - {{ service_clock('responded_hours', 'requests.responded_at') }} as decimal(18, 6)
    ) as resolution_service_seconds,
    -- whether a later request of the same customer about the same issue of the same product would be recognised
    requests.customer_id is not null
    and requests.issue_class is not null
    and coalesce(requests.product_serial, requests.product_model, requests.product_category) is not null as is_traceable,
    {{ seconds_between('requests.requested_at', 'next_issues.next_requested_at') }} as seconds_to_next_request,
    {{ seconds_between('requests.resolved_at', 'next_repairs.next_repair_requested_at') }} as seconds_to_next_repair
from {{ ref('stg_service_requests') }} as requests
left join next_issues
    on
        requests.quarter = next_issues.quarter
        and requests._row_id = next_issues._row_id
left join next_repairs
    on
        requests.quarter = next_repairs.quarter
        and requests._row_id = next_repairs._row_id
        and next_repairs.is_resolution = 1
left join {{ ref('dim_calendar') }} as responded_day on cast(requests.responded_at as date) = responded_day.date_day
left join {{ ref('dim_calendar') }} as resolved_day on cast(requests.resolved_at as date) = resolved_day.date_day
left join {{ ref('int_enterprise_schedules') }} as schedules on requests.enterprise_id = schedules.enterprise_id
left join {{ ref('dim_service_hours') }} as responded_hours
    on schedules.schedule_id = responded_hours.enterprise_id and cast(requests.responded_at as date) = responded_hours.date_day
left join {{ ref('dim_service_hours') }} as resolved_hours
    on schedules.schedule_id = resolved_hours.enterprise_id and cast(requests.resolved_at as date) = resolved_hours.date_day
