{#- Each table is counted where its measures are computed, not where it is read: a row that a model leaves out is missing here. -#}
{% set measured = [
    ('service_requests', 'int_service_requests', 'true'),
    ('onsite_visits', 'int_visit_measures', 'true'),
    ('appointments', 'int_appointment_measures', 'true'),
    ('hotline_calls', 'int_call_measures', 'true'),
    ('hotline_daily_totals', 'int_call_total_measures', 'true'),
    ('online_sessions', 'int_session_measures', 'true'),
    ('complaints', 'int_complaint_measures', 'true'),
    ('suggestions', 'int_improvement_measures', "event_kind = 'suggestion'"),
    ('safety_hazards', 'int_improvement_measures', "event_kind = 'hazard'"),
    ('improvement_projects', 'int_improvement_measures', "event_kind = 'project'"),
    ('parts_demands', 'int_outlet_event_measures', "event_kind = 'demand'"),
    ('quality_inspections', 'int_outlet_event_measures', "event_kind = 'inspection'"),
    ('safety_incidents', 'int_outlet_event_measures', "event_kind = 'incident'"),
    ('parts_orders', 'int_spare_part_measures', 'true')
] -%}
{% set counted_apart = ['survey_answers', 'survey_responses', 'mystery_visits'] + measured | map(attribute=0) | list -%}
{% for table, model, condition in measured -%}
select
    enterprise_id,
    '{{ table }}' as table_name,
    quarter,
    cast(count(*) as bigint) as row_count
from {{ ref(model) }}
where {{ condition }}
group by enterprise_id, quarter
union all
{% endfor -%}
-- By the quarter in which the answer was delivered: its response may have got another date since
select
    enterprise_id,
    'survey_answers' as table_name,
    answered_in as quarter,
    cast(count(*) as bigint) as row_count
from {{ ref('int_survey_answers') }}
group by enterprise_id, answered_in
union all
-- One response may answer questions of several survey types
select
    enterprise_id,
    'survey_responses' as table_name,
    quarter,
    cast(count(distinct response_id) as bigint) as row_count
from {{ ref('int_survey_responses') }}
group by enterprise_id, quarter
union all
select
    visits.enterprise_id,
    'mystery_visits' as table_name,
    visits.quarter,
    cast(count(*) as bigint) as row_count
from {{ source('clean', 'mystery_visits') }} as visits
inner join {{ source('clean', 'survey_questions') }} as questions
    on visits.survey_id = questions.survey_id and visits.question_id = questions.question_id
group by visits.enterprise_id, visits.quarter
union all
-- Survey questions are shared by all enterprises
select
    cast(null as {{ dbt.type_string() }}) as enterprise_id,
    'survey_questions' as table_name,
    quarter,
    cast(count(*) as bigint) as row_count
from {{ source('clean', 'survey_questions') }}
group by quarter
{% for table in enterprise_tables() if table not in counted_apart -%}
union all
select
    enterprise_id,
    '{{ table }}' as table_name,
    quarter,
    cast(count(*) as bigint) as row_count
from {{ source('clean', table) }}
group by enterprise_id, quarter
{% endfor %}
