{%- set key = ['enterprise_id', 'quarter', 'scope_type', 'scope_id', 'indicator_id', 'variant', 'part'] -%}
with parts as (
    select * from {{ ref('int_single_call_parts') }}
    union all
    select * from {{ ref('int_call_total_parts') }}
)

select
    {{ columns(key) }},
    {{ parts_of('sum(numerator)', 'sum(denominator)', 'sum(n)', 'sum(cases)', 'sum(within_limit)', 'sum(sum_squares)') }}
from parts
group by
    {{ columns(key) }}
