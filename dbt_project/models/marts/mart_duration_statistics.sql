select * from {{ ref('int_request_statistics') }}
union all
select * from {{ ref('int_call_statistics') }}
union all
select * from {{ ref('int_session_statistics') }}
union all
select * from {{ ref('int_spare_part_statistics') }}
union all
select * from {{ ref('int_register_statistics') }}
