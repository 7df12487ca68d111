{#- Tables with an enterprise's records that are counted here: schemas/contract.py without survey_questions and
    expert_judgements (checked in tests/dbt/test_project.py). -#}
{% macro enterprise_tables() -%}
    {{- return([
        'service_requests', 'onsite_visits', 'appointments', 'hotline_calls', 'hotline_daily_totals', 'online_sessions',
        'complaints', 'suggestions', 'survey_responses', 'survey_answers', 'mystery_visits', 'parts_demands', 'parts_orders',
        'safety_incidents', 'safety_hazards', 'quality_inspections', 'training_records', 'improvement_projects', 'regions',
        'outlets', 'staff', 'vehicles', 'equipment', 'customers', 'process_steps', 'complaint_channels', 'price_items',
        'checklist_items'
    ]) -}}
{%- endmacro %}
