{% set key = ['enterprise_id', 'quarter', 'scope_type', 'scope_id', 'indicator_id'] -%}
select
    {{ columns(key) }},
    {{ part_columns() }}
from ({{ measure_parts(ref('int_request_measures'), ['complexity', 'urgency'], monthly(request_measures())) }}) as of_classes
where scope_type <> 'enterprise' and cases > 0
