{% set key = ['enterprise_id', 'quarter', 'scope_type', 'scope_id', 'indicator_id'] -%}
{% set requests -%}
    (
        select *
        from {{ ref('int_request_measures') }}
        where quarter in (select published.quarter from {{ ref('int_period_quarters') }} as published where published.period_role = 'current')
    )
{%- endset -%}
select
    {{ columns(key) }},
    {{ part_columns() }}
from ({{ measure_parts(requests, ['complexity', 'urgency'], monthly(request_measures())) }}) as of_classes
where scope_type <> 'enterprise' and cases > 0
