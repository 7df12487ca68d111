select * from {{ ref('int_counted_rows') }}
