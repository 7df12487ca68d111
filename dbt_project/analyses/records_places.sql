{#- Counts of registers as of the period's last day, and the customers served in the trailing year. -#}
{{ config(meta={'indicators': ['R1-1', 'R3-1', 'R4-1', 'I1-1', 'I3-1']}) }}
with periods as (
    select *
    from {{ ref('int_periods') }}
    where period_role = 'current'
),

regions as (
    select
        enterprise_id,
        quarter,
        _row_id,
        cast(area_km2 as decimal(18, 6)) as area_km2
    from {{ source('clean', 'regions') }}
    where {{ in_force('valid_from', 'valid_to', last_day()) }}
),

staff as (
    select
        enterprise_id,
        quarter,
        _row_id,
        is_service_staff,
        role
    from {{ source('clean', 'staff') }}
    where
        {{ in_force('valid_from', 'valid_to', last_day()) }}
        and hired_on <= {{ last_day() }}
        and (left_on is null or {{ last_day() }} < left_on)
),

served as (
    select
        requests.enterprise_id,
        requests.quarter,
        requests._row_id,
        requests.customer_id,
        row_number() over (
            partition by requests.enterprise_id, requests.customer_id
            order by requests.requested_at, requests.quarter, requests._row_id
        ) as place_of_customer
    from {{ ref('int_service_requests') }} as requests
    inner join {{ ref('int_period_quarters') }} as quarters
        on
            requests.quarter = quarters.quarter
            and quarters.window_kind = 'trailing_year'
            and quarters.period_role = 'current'
),

channels as (
    {{ complaint_channels_in_force() }}
)

select
    {{ record_row('R1-1', '1', '0', 'outlets', 'open on the last day', 'numerator: outlets', quarter=quarter(), period="'*'") }}
from {{ ref('int_outlets_in_force') }}
where is_active
union all
select
    {{ record_row('R1-1', '0', 'area_km2', 'regions', 'in force on the last day', 'denominator: area_km2', period="'*'") }}
from regions
union all
select
    {{ record_row(
        'R3-1', 'case when is_service_staff then 1 else 0 end', '0', 'staff', 'service staff employed on the last day', 'numerator: staff',
        status="case when is_service_staff then 'counted' else 'not_of_population' end", period="'*'"
    ) }}
from staff
union all
select
    {{ record_row(
        'R3-1', '0', 'case when customer_id is not null and place_of_customer = 1 then 1 else 0 end', 'service_requests',
        'first request of a customer in the trailing year', 'denominator: customers',
        status="case when customer_id is null then 'no_value' when place_of_customer = 1 then 'counted' else 'customer_already_counted' end",
        period="'*'"
    ) }}
from served
union all
select
    {{ record_row(
        'R4-1', "case when role = 'expert' then 1 else 0 end", '0', 'staff', 'role expert, employed on the last day', 'number',
        status="case when role = 'expert' then 'counted' else 'not_of_population' end", period="'*'"
    ) }}
from staff
union all
select
    {{ record_row(
        'I1-1', 'case when is_open then 1 else 0 end', '0', 'complaint_channels', 'published, and probed or used in the period', 'number',
        status="case when is_open then 'counted' else 'not_of_population' end", period='period'
    ) }}
from channels
{%- for indicator in ['R4-1', 'I1-1', 'I3-1'] %}
union all
select
    {{ record_row(indicator, '0', '1', none, 'a count has no denominator', 'denominator: 1 by definition', row=none, quarter=quarter(), period="'*'") }}
from {{ ref('int_enterprises') }}
{%- endfor %}
