{% for p in var('periods', []) -%}
select
    '{{ p.period }}' as period,
    '{{ p.window_kind }}' as window_kind,
    '{{ p.role }}' as period_role,
    cast('{{ p.first_day }}' as date) as first_day,
    cast('{{ p.last_day }}' as date) as last_day,
    cast('{{ p.end_day }}' as date) as end_day,
    cast('{{ p.measured_from }}' as date) as measured_from
{{ 'union all' if not loop.last }}
{% else -%}
select
    cast(null as {{ dbt.type_string() }}) as period,
    cast(null as {{ dbt.type_string() }}) as window_kind,
    cast(null as {{ dbt.type_string() }}) as period_role,
    cast(null as date) as first_day,
    cast(null as date) as last_day,
    cast(null as date) as end_day,
    cast(null as date) as measured_from
{% endfor %}
