{% for model in [
    'int_request_parts', 'int_call_parts', 'int_session_parts', 'int_visit_parts', 'int_appointment_parts',
    'int_complaint_parts', 'int_survey_parts', 'int_spare_part_parts', 'int_outlet_event_parts', 'int_improvement_parts',
    'int_headcount_parts'
] -%}
select
    enterprise_id,
    quarter,
    scope_type,
    scope_id,
    indicator_id,
    variant,
    part,
    {{ part_columns() }}
from {{ ref(model) }}
-- Vehicles count in a quarter without staff too (R2-1); otherwise a part needs a case
where cases > 0 or numerator <> 0
{{ 'union all' if not loop.last }}
{% endfor %}
