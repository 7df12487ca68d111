{% set tables = [
    'service_requests', 'onsite_visits', 'appointments', 'hotline_calls', 'online_sessions', 'complaints', 'suggestions',
    'survey_responses', 'survey_answers', 'mystery_visits', 'parts_demands', 'parts_orders', 'safety_incidents',
    'safety_hazards', 'quality_inspections', 'training_records', 'improvement_projects', 'regions', 'outlets', 'staff',
    'vehicles', 'equipment', 'customers', 'process_steps', 'complaint_channels', 'price_items', 'checklist_items'
] -%}
{% for table in tables -%}
select
    enterprise_id,
    '{{ table }}' as table_name,
    quarter,
    cast(count(*) as bigint) as row_count
from {{ clean(table) }}
group by enterprise_id, quarter
{{ 'union all' if not loop.last }}
{% endfor %}
