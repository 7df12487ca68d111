with named as (
    select
        enterprise_id,
        max_by(enterprise_name, coalesce(valid_from, date '0001-01-01')) as enterprise_name
    from {{ source('clean', 'regions') }}
    where enterprise_name is not null and {{ in_force('valid_from', 'valid_to', last_day()) }}
    group by enterprise_id
)

select
    enterprises.enterprise_id,
    named.enterprise_name
from {{ ref('int_enterprises') }} as enterprises
left join named on enterprises.enterprise_id = named.enterprise_id
