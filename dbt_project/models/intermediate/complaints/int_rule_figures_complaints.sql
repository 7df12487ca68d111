{{ config(materialized='view') }}
with complaint_replies as (
    select
        parts.enterprise_id,
        quarters.period,
        -- What the source reports in place of times is no record of a reply
        sum(case parts.variant when '' then parts.numerator when 'as_reported_by_the_source' then -parts.numerator else 0 end) as in_time_count,
        sum(case when parts.variant = '' then parts.denominator else 0 end) as complaint_count,
        sum(case when parts.variant = 'urgent' then parts.numerator else 0 end) as urgent_in_time_count,
        sum(case when parts.variant = 'urgent' then parts.denominator else 0 end) as urgent_count
    from {{ ref('int_complaint_parts') }} as parts
    inner join {{ ref('int_rule_quarters') }} as quarters
        on parts.quarter = quarters.quarter and quarters.counted_over = 'period'
    where parts.indicator_id = 'I1-2' and parts.scope_type = 'enterprise'
    group by parts.enterprise_id, quarters.period
),

-- A complaint is finished once its result was fed back or it was closed; validation refuses steps out of order (D-52)
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
    from {{ source('clean', 'complaints') }} as complaints
    inner join {{ ref('int_rule_quarters') }} as quarters
        on complaints.quarter = quarters.quarter and quarters.counted_over = 'period'
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

{{ rule_figures([
    {'rule': 'PR-18', 'measure': 'complaints', 'of': 'complaint_records', 'numerator': 'complaint_count'},
    {'rule': 'PR-85', 'measure': 'in_time', 'of': 'complaint_replies', 'numerator': 'in_time_count', 'denominator': 'complaint_count'},
    {'rule': 'PR-85', 'measure': 'urgent_in_time', 'of': 'complaint_replies', 'numerator': 'urgent_in_time_count', 'denominator': 'urgent_count'},
    {'rule': 'PR-86', 'measure': 'all_steps', 'of': 'complaint_records', 'numerator': 'stepped_count', 'denominator': 'finished_count'},
    {'rule': 'PR-87', 'measure': 'offered', 'of': 'complaint_records', 'numerator': 'offered_count', 'denominator': 'dissatisfied_count'},
    {'rule': 'PR-88', 'measure': 'complete', 'of': 'complaint_records', 'numerator': 'complete_count', 'denominator': 'finished_count'},
]) }}
