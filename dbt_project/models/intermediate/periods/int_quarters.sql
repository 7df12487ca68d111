{% for q in var('quarters', []) -%}
select
    '{{ q.quarter }}' as quarter,
    cast('{{ q.first_day }}' as date) as first_day,
    cast('{{ q.last_day }}' as date) as last_day,
    cast('{{ q.end_day }}' as date) as end_day
{{ 'union all' if not loop.last }}
{% else -%}
select
    cast(null as {{ dbt.type_string() }}) as quarter,
    cast(null as date) as first_day,
    cast(null as date) as last_day,
    cast(null as date) as end_day
{% endfor %}
