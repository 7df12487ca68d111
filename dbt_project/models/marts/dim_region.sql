-- Of several versions in force the latest
select
    enterprise_id,
    region_code,
    max_by(name, coalesce(valid_from, date '0001-01-01')) as region_name,
    max_by(urbanicity, coalesce(valid_from, date '0001-01-01')) as urbanicity
from {{ source('clean', 'regions') }}
where {{ in_force('valid_from', 'valid_to', last_day()) }}
group by enterprise_id, region_code
