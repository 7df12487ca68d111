{#- Tables of two attributes: name, relation, row, column. Hours are of the day, months of the year. -#}
{% set cubes = [
    ('region_product', 'requests', 'region_code', 'product_category'),
    ('region_issue', 'requests', 'region_code', 'issue_class'),
    ('outlet_issue', 'requests', 'outlet_id', 'issue_class'),
    ('product_issue', 'requests', 'product_category', 'issue_class'),
    ('channel_product', 'requests', 'channel', 'product_category'),
    ('month_hour', 'requests', 'month_of_year', 'hour_of_day'),
    ('region_cause', 'complaints', 'region_code', 'cause_class'),
] -%}
with requests as (
    select
        requests.enterprise_id,
        requests.quarter,
        coalesce('customer ' || requests.customer_id, 'request ' || requests.request_id) as person,
        requests.region_code,
        requests.outlet_id,
        requests.channel,
        requests.product_category,
        requests.issue_class,
        {{ month_of('requests.requested_at') }} as month_of_year,
        right('0' || cast(extract(hour from requests.requested_at) as {{ dbt.type_string() }}), 2) as hour_of_day
    from {{ ref('stg_service_requests') }} as requests
    where requests.quarter = {{ quarter() }}
),

complaints as (
    select
        complaints.enterprise_id,
        complaints.quarter,
        coalesce(
            'customer ' || complaints.customer_id, 'phone ' || complaints.customer_phone_token, 'complaint ' || complaints.complaint_id
        ) as person,
        complaints.region_code,
        complaints.cause_class
    from {{ source('clean', 'complaints') }} as complaints
    where complaints.quarter = {{ quarter() }}
),

stated as (
    {%- for name, relation, row_attribute, column_attribute in cubes %}
    select
        enterprise_id,
        quarter,
        '{{ name }}' as cube,
        coalesce({{ row_attribute }}, '') as row_value,
        coalesce({{ column_attribute }}, '') as column_value,
        person
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

counted as (
    select
        enterprise_id,
        quarter,
        cube,
        row_value,
        column_value,
        person,
        count(*) as row_count
    from stated
    group by grouping sets (
        (enterprise_id, quarter, cube, row_value, column_value, person),
        (enterprise_id, quarter, cube, row_value, person),
        (enterprise_id, quarter, cube, column_value, person),
        (enterprise_id, quarter, cube, person)
    )
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by enterprise_id, quarter, cube, row_value, column_value
            order by row_count desc, person asc
        ) as person_rank
    from counted
)

select
    enterprise_id,
    quarter,
    cube,
    row_value,
    column_value,
    cast(sum(row_count) as bigint) as record_count,
    cast(sum(case when person_rank < {{ fewest_people() }} then row_count else 0 end) as bigint) as most_rows
from ranked
group by enterprise_id, quarter, cube, row_value, column_value
