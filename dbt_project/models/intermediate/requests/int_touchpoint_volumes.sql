{% set scopes = ['region', 'outlet', 'staff', 'product_category'] -%}
with volumes as (
    select
        enterprise_id,
        quarter,
        channel,
        {{ scope_keys(scopes) }},
        cast(count(*) as bigint) as request_count
    from {{ ref('int_request_measures') }}
    where channel is not null
    {{ scope_sets(['enterprise_id', 'quarter', 'channel'], scopes) }}
)

select *
from volumes
where scope_id is not null
