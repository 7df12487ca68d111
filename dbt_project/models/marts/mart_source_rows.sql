{% for table in enterprise_tables() -%}
select
    enterprise_id,
    '{{ table }}' as table_name,
    quarter,
    cast(count(*) as bigint) as row_count
from {{ source('clean', table) }}
group by enterprise_id, quarter
{{ 'union all' if not loop.last }}
{% endfor %}
