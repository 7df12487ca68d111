{#- What each figure is: the rule it serves, its name, what it is broken down by, and the common table that counts it. -#}
{% set figures = [
    {'rule': 'PR-09', 'measure': 'five_level_items', 'of': 'questions', 'item': 'survey_id', 'numerator': 'five_level_count', 'denominator': 'satisfaction_item_count'},
    {'rule': 'PR-10', 'measure': 'rows', 'of': 'period_rows', 'item': 'table_name', 'numerator': 'row_count'},
    {'rule': 'PR-11', 'measure': 'fewest_rounds', 'of': 'fewest_rounds', 'numerator': 'round_count'},
    {'rule': 'PR-12', 'measure': 'valid_answers', 'of': 'answers_of_year', 'numerator': 'response_count'},
    {'rule': 'PR-12', 'measure': 'customers', 'of': 'registered_customers', 'numerator': 'customer_count'},
    {'rule': 'PR-13', 'measure': 'answers', 'of': 'answers_by_mode', 'item': 'mode', 'numerator': 'response_count'},
    {'rule': 'PR-14', 'measure': 'questions', 'of': 'questions', 'item': 'survey_id', 'numerator': 'question_count'},
    {'rule': 'PR-15', 'measure': 'median_minutes', 'of': 'completion_times', 'numerator': 'median_minutes', 'denominator': 'response_count'},
    {'rule': 'PR-15', 'measure': 'p90_minutes', 'of': 'completion_times', 'numerator': 'p90_minutes', 'denominator': 'response_count'},
    {'rule': 'PR-17', 'measure': 'outlets', 'of': 'mystery_rounds', 'item': 'round_id', 'numerator': 'outlet_count'},
    {'rule': 'PR-17', 'measure': 'scenes', 'of': 'mystery_rounds', 'item': 'round_id', 'numerator': 'scene_count'},
    {'rule': 'PR-17', 'measure': 'active_outlets', 'of': 'active_outlets', 'numerator': 'outlet_count'},
    {'rule': 'PR-18', 'measure': 'complaints', 'of': 'complaint_records', 'numerator': 'complaint_count'},
    {'rule': 'PR-19', 'measure': 'responded_at', 'of': 'request_records', 'numerator': 'responded_count', 'denominator': 'handled_count'},
    {'rule': 'PR-19', 'measure': 'resolved_at', 'of': 'request_records', 'numerator': 'resolved_count', 'denominator': 'handled_count'},
    {'rule': 'PR-19', 'measure': 'staff_id', 'of': 'request_records', 'numerator': 'staffed_count', 'denominator': 'handled_count'},
    {'rule': 'PR-19', 'measure': 'parts_used', 'of': 'request_records', 'numerator': 'parts_named_count', 'denominator': 'parts_count'},
    {'rule': 'PR-20', 'measure': 'system', 'of': 'request_records', 'numerator': 'system_count', 'denominator': 'record_count'},
    {'rule': 'PR-22', 'measure': 'rows', 'of': 'trailing_rows', 'item': 'table_name', 'numerator': 'row_count'},
    {'rule': 'PR-38', 'measure': 'trained_enough', 'of': 'evaluators', 'numerator': 'trained_enough_count', 'denominator': 'evaluator_count'},
    {'rule': 'PR-61', 'measure': 'pulses', 'of': 'pulses', 'numerator': 'response_count'},
    {'rule': 'PR-62', 'measure': 'evaluated', 'of': 'customer_suggestions', 'numerator': 'evaluated_count', 'denominator': 'suggestion_count'},
    {'rule': 'PR-65', 'measure': 'key_steps', 'of': 'key_steps', 'numerator': 'step_count'},
    {'rule': 'PR-68', 'measure': 'trainings', 'of': 'trainings_by_kind', 'item': 'kind', 'numerator': 'training_count'},
    {'rule': 'PR-68', 'measure': 'hours', 'of': 'training_hours', 'numerator': 'hours', 'denominator': 'staff_count'},
    {'rule': 'PR-75', 'measure': 'suggestions', 'of': 'employee_suggestions', 'numerator': 'suggestion_count'},
    {'rule': 'PR-83', 'measure': 'disclosed', 'of': 'disclosure', 'numerator': 'achieved', 'denominator': 'weight'},
    {'rule': 'PR-84', 'measure': 'channels', 'of': 'named_channels', 'numerator': 'published_count'},
    {'rule': 'PR-85', 'measure': 'in_time', 'of': 'complaint_replies', 'numerator': 'in_time_count', 'denominator': 'complaint_count'},
    {'rule': 'PR-85', 'measure': 'urgent_in_time', 'of': 'complaint_replies', 'numerator': 'urgent_in_time_count', 'denominator': 'urgent_count'},
    {'rule': 'PR-86', 'measure': 'all_steps', 'of': 'complaint_records', 'numerator': 'stepped_count', 'denominator': 'finished_count'},
    {'rule': 'PR-87', 'measure': 'offered', 'of': 'complaint_records', 'numerator': 'offered_count', 'denominator': 'dissatisfied_count'},
    {'rule': 'PR-88', 'measure': 'complete', 'of': 'complaint_records', 'numerator': 'complete_count', 'denominator': 'finished_count'},
    {'rule': 'PR-89', 'measure': 'filed', 'of': 'customer_files', 'numerator': 'filed_count', 'denominator': 'served_count'},
] -%}

-- Rules are judged for the quarter and, by the run of Q4, for the calendar year (D-50)
with rule_periods as (
    select period
    from {{ ref('int_periods') }}
    where period_role = 'current' and window_kind in ('quarter', 'calendar_year')
),

period_quarters as (
    select
        period,
        quarter
    from {{ ref('int_period_quarters') }}
    where period_role = 'current' and window_kind in ('quarter', 'calendar_year')
),

-- What is due once a year is counted from the year's first day
year_quarters as (
    select
        rule_periods.period,
        quarters.quarter
    from rule_periods
    cross join {{ ref('int_period_quarters') }} as quarters
    where quarters.period_role = 'current' and quarters.window_kind = 'year_to_date'
),

trailing_quarters as (
    select
        rule_periods.period,
        quarters.quarter
    from rule_periods
    cross join {{ ref('int_period_quarters') }} as quarters
    where quarters.period_role = 'current' and quarters.window_kind = 'trailing_year'
),

period_rows as (
    select
        source_rows.enterprise_id,
        quarters.period,
        source_rows.table_name,
        sum(source_rows.row_count) as row_count
    from {{ ref('int_source_rows') }} as source_rows
    inner join period_quarters as quarters on source_rows.quarter = quarters.quarter
    group by source_rows.enterprise_id, quarters.period, source_rows.table_name
),

trailing_rows as (
    select
        source_rows.enterprise_id,
        quarters.period,
        source_rows.table_name,
        sum(source_rows.row_count) as row_count
    from {{ ref('int_source_rows') }} as source_rows
    inner join trailing_quarters as quarters on source_rows.quarter = quarters.quarter
    group by source_rows.enterprise_id, quarters.period, source_rows.table_name
),

-- Times and staff can be asked of a request once it is handled, spare parts of a handled request for parts
request_records as (
    select
        requests.enterprise_id,
        quarters.period,
        count(*) as record_count,
        sum(case when requests.timestamp_source = 'system' then 1 else 0 end) as system_count,
        sum(case when requests.status in ('resolved', 'closed') then 1 else 0 end) as handled_count,
        sum(case when requests.status in ('resolved', 'closed') and requests.responded_at is not null then 1 else 0 end) as responded_count,
        sum(case when requests.status in ('resolved', 'closed') and requests.resolved_at is not null then 1 else 0 end) as resolved_count,
        sum(case when requests.status in ('resolved', 'closed') and requests.staff_id is not null then 1 else 0 end) as staffed_count,
        sum(case when requests.status in ('resolved', 'closed') and requests.service_type = 'parts' then 1 else 0 end) as parts_count,
        sum(
            case
                when requests.status in ('resolved', 'closed') and requests.service_type = 'parts' and requests.parts_used is not null
                    then 1
                else 0
            end
        ) as parts_named_count
    from {{ ref('stg_service_requests') }} as requests
    inner join period_quarters as quarters on requests.quarter = quarters.quarter
    group by requests.enterprise_id, quarters.period
),

served_customers as (
    select distinct
        requests.enterprise_id,
        quarters.period,
        requests.customer_id
    from {{ ref('stg_service_requests') }} as requests
    inner join period_quarters as quarters on requests.quarter = quarters.quarter
),

filed_customers as (
    select
        served.enterprise_id,
        served.period,
        count(*) as filed_count
    from served_customers as served
    where
        exists (
            select 1
            from {{ clean('customers') }} as files
            where served.enterprise_id = files.enterprise_id and served.customer_id = files.customer_id
        )
    group by served.enterprise_id, served.period
),

customer_files as (
    select
        served.enterprise_id,
        served.period,
        count(*) as served_count,
        coalesce(max(filed.filed_count), 0) as filed_count
    from served_customers as served
    left join filed_customers as filed on served.enterprise_id = filed.enterprise_id and served.period = filed.period
    group by served.enterprise_id, served.period
),

registered_customers as (
    select
        customers.enterprise_id,
        periods.period,
        count(distinct customers.customer_id) as customer_count
    from {{ clean('customers') }} as customers
    cross join rule_periods as periods
    where
        {{ in_force('customers.valid_from', 'customers.valid_to', last_day()) }}
        and customers.registered_on <= {{ last_day() }}
        and (customers.left_on is null or {{ last_day() }} < customers.left_on)
    group by customers.enterprise_id, periods.period
),

satisfaction_responses as (
    select *
    from {{ ref('int_survey_responses') }}
    where survey_type = 'satisfaction'
),

rounds_of_quarters as (
    select
        enterprises.enterprise_id,
        quarters.period,
        quarters.quarter,
        count(distinct responses.survey_id) as round_count
    from {{ ref('int_enterprises') }} as enterprises
    cross join period_quarters as quarters
    left join satisfaction_responses as responses
        on enterprises.enterprise_id = responses.enterprise_id and quarters.quarter = responses.quarter
    group by enterprises.enterprise_id, quarters.period, quarters.quarter
),

fewest_rounds as (
    select
        enterprise_id,
        period,
        min(round_count) as round_count
    from rounds_of_quarters
    group by enterprise_id, period
),

answers_of_year as (
    select
        responses.enterprise_id,
        quarters.period,
        count(*) as response_count
    from satisfaction_responses as responses
    inner join year_quarters as quarters on responses.quarter = quarters.quarter
    group by responses.enterprise_id, quarters.period
),

answers_by_mode as (
    select
        responses.enterprise_id,
        quarters.period,
        responses.mode,
        count(*) as response_count
    from satisfaction_responses as responses
    inner join period_quarters as quarters on responses.quarter = quarters.quarter
    group by responses.enterprise_id, quarters.period, responses.mode
),

completion_times as (
    select
        responses.enterprise_id,
        quarters.period,
        count(*) as response_count,
        {{ percentile('responses.completion_seconds', 0.5) }} / 60 as median_minutes,
        {{ percentile('responses.completion_seconds', 0.9) }} / 60 as p90_minutes
    from satisfaction_responses as responses
    inner join period_quarters as quarters on responses.quarter = quarters.quarter
    where responses.completion_seconds is not null
    group by responses.enterprise_id, quarters.period
),

pulses as (
    select
        responses.enterprise_id,
        quarters.period,
        count(*) as response_count
    from {{ ref('int_survey_responses') }} as responses
    inner join period_quarters as quarters on responses.quarter = quarters.quarter
    where responses.survey_type = 'pulse'
    group by responses.enterprise_id, quarters.period
),

questions as (
    select
        rounds.enterprise_id,
        rounds.period,
        rounds.survey_id,
        count(*) as question_count,
        sum(case when questions.measures like 'O2-%' then 1 else 0 end) as satisfaction_item_count,
        sum(
            case
                when
                    questions.measures like 'O2-%'
                    and questions.scale_min = {{ parameter('satisfaction_scale_min') }}
                    and questions.scale_max = {{ parameter('satisfaction_scale_max') }}
                    then 1
                else 0
            end
        ) as five_level_count
    from (
        select distinct
            responses.enterprise_id,
            quarters.period,
            responses.survey_id
        from satisfaction_responses as responses
        inner join period_quarters as quarters on responses.quarter = quarters.quarter
    ) as rounds
    inner join {{ clean('survey_questions') }} as questions
        on rounds.survey_id = questions.survey_id and questions.survey_type = 'satisfaction'
    group by rounds.enterprise_id, rounds.period, rounds.survey_id
),

mystery_rounds as (
    select
        visits.enterprise_id,
        quarters.period,
        visits.round_id,
        count(distinct visits.outlet_id) as outlet_count,
        count(distinct visits.scenario) as scene_count
    from {{ clean('mystery_visits') }} as visits
    inner join year_quarters as quarters on visits.quarter = quarters.quarter
    group by visits.enterprise_id, quarters.period, visits.round_id
),

active_outlets as (
    select
        outlets.enterprise_id,
        periods.period,
        count(*) as outlet_count
    from {{ ref('int_outlets_in_force') }} as outlets
    cross join rule_periods as periods
    where outlets.is_active
    group by outlets.enterprise_id, periods.period
),

evaluators as (
    select
        hours.enterprise_id,
        periods.period,
        count(*) as evaluator_count,
        sum(case when hours.hours >= {{ parameter('evaluator_training_hours') }} then 1 else 0 end) as trained_enough_count
    from (
        select
            records.enterprise_id,
            records.staff_id,
            sum(cast(records.hours as decimal(18, 6))) as hours
        from {{ clean('training_records') }} as records
        inner join {{ ref('int_quarters') }} as quarters on records.quarter = quarters.quarter
        where records.kind = 'evaluator'
        group by records.enterprise_id, records.staff_id
    ) as hours
    cross join rule_periods as periods
    group by hours.enterprise_id, periods.period
),

trainings_by_kind as (
    select
        records.enterprise_id,
        quarters.period,
        records.kind,
        count(*) as training_count
    from {{ clean('training_records') }} as records
    inner join year_quarters as quarters on records.quarter = quarters.quarter
    where records.kind is not null
    group by records.enterprise_id, quarters.period, records.kind
),

training_hours as (
    select
        parts.enterprise_id,
        parts.period,
        parts.numerator as hours,
        parts.denominator as staff_count
    from {{ ref('int_staff_parts') }} as parts
    inner join rule_periods as periods on parts.period = periods.period
    where parts.indicator_id = 'R3-4' and parts.variant = 'mean_hours' and parts.scope_type = 'enterprise'
),

customer_suggestions as (
    select
        suggestions.enterprise_id,
        quarters.period,
        count(*) as suggestion_count,
        sum(case when suggestions.is_evaluated then 1 else 0 end) as evaluated_count
    from {{ ref('int_improvement_measures') }} as suggestions
    inner join period_quarters as quarters on suggestions.quarter = quarters.quarter
    where suggestions.event_kind = 'suggestion' and suggestions.suggestion_source = 'customer'
    group by suggestions.enterprise_id, quarters.period
),

employee_suggestions as (
    select
        suggestions.enterprise_id,
        quarters.period,
        count(*) as suggestion_count
    from {{ ref('int_improvement_measures') }} as suggestions
    inner join year_quarters as quarters on suggestions.quarter = quarters.quarter
    where suggestions.event_kind = 'suggestion' and suggestions.suggestion_source = 'employee'
    group by suggestions.enterprise_id, quarters.period
),

key_steps as (
    select
        parts.enterprise_id,
        periods.period,
        parts.denominator as step_count
    from {{ ref('int_register_parts') }} as parts
    cross join rule_periods as periods
    where parts.indicator_id = 'I2-1' and parts.scope_type = 'enterprise' and parts.cases > 0
),

disclosure as (
    select
        parts.enterprise_id,
        periods.period,
        parts.numerator as achieved,
        parts.denominator as weight
    from {{ ref('int_register_parts') }} as parts
    cross join rule_periods as periods
    where parts.indicator_id = 'P3-2' and parts.scope_type = 'enterprise' and parts.cases > 0
),

named_channels as (
    select
        channels.enterprise_id,
        periods.period,
        count(distinct case when channels.published then channels.channel end) as published_count
    from {{ clean('complaint_channels') }} as channels
    cross join rule_periods as periods
    where
        channels.channel <> 'other'
        and {{ in_force('channels.valid_from', 'channels.valid_to', last_day()) }}
    group by channels.enterprise_id, periods.period
),

complaint_replies as (
    select
        parts.enterprise_id,
        quarters.period,
        sum(case when parts.variant = '' then parts.numerator else 0 end) as in_time_count,
        sum(case when parts.variant = '' then parts.denominator else 0 end) as complaint_count,
        sum(case when parts.variant = 'urgent' then parts.numerator else 0 end) as urgent_in_time_count,
        sum(case when parts.variant = 'urgent' then parts.denominator else 0 end) as urgent_count
    from {{ ref('int_complaint_parts') }} as parts
    inner join period_quarters as quarters on parts.quarter = quarters.quarter
    where parts.indicator_id = 'I1-2' and parts.scope_type = 'enterprise'
    group by parts.enterprise_id, quarters.period
),

-- A complaint is finished once its result was fed back or it was closed; steps out of order were refused before (D-52)
complaints as (
    select
        complaints.enterprise_id,
        quarters.period,
        complaints.fed_back_at is not null or complaints.closed_at is not null as is_finished,
        complaints.investigated_at is not null
        and complaints.negotiated_at is not null
        and complaints.fed_back_at is not null as has_all_steps,
        complaints.first_reply_at is not null
        and complaints.closed_at is not null
        and complaints.cause_class is not null as has_reply_cause_and_end,
        complaints.satisfaction < {{ parameter('satisfied_from_score') }} as is_dissatisfied,
        coalesce(complaints.escalated, false) or coalesce(complaints.alternative_offered, false) as is_offered_more
    from {{ clean('complaints') }} as complaints
    inner join period_quarters as quarters on complaints.quarter = quarters.quarter
),

complaint_records as (
    select
        enterprise_id,
        period,
        count(*) as complaint_count,
        sum(case when is_finished then 1 else 0 end) as finished_count,
        sum(case when is_finished and has_all_steps then 1 else 0 end) as stepped_count,
        sum(case when is_finished and has_all_steps and has_reply_cause_and_end then 1 else 0 end) as complete_count,
        sum(case when is_dissatisfied then 1 else 0 end) as dissatisfied_count,
        sum(case when is_dissatisfied and is_offered_more then 1 else 0 end) as offered_count
    from complaints
    group by enterprise_id, period
)

{% for figure in figures -%}
select
    enterprise_id,
    period,
    '{{ figure.rule }}' as rule_id,
    '{{ figure.measure }}' as measure,
    {{ figure.get('item', "''") }} as item,
    cast({{ figure.numerator }} as decimal(38, 9)) as numerator,
    cast({{ figure.get('denominator', 'null') }} as decimal(38, 9)) as denominator
from {{ figure.of }}
{{ 'union all' if not loop.last }}
{% endfor %}
