{% set key = ['enterprise_id', 'month_start', 'scope_type', 'scope_id', 'indicator_id', 'variant'] -%}
{% set relations = [
    (ref('int_call_measures'), [], call_measures()),
    (ref('int_session_measures'), [], session_measures()),
    (ref('int_complaint_measures'), ['region'], complaint_measures()),
    (ref('int_spare_part_measures'), [], spare_part_measures()),
    (ref('int_outlet_event_measures'), ['region'], outlet_event_measures()),
    (ref('int_improvement_measures'), [], improvement_measures()),
] -%}
{#- Many records, or joined to their requests: summed once for quarters and months. -#}
{% set cells = [
    (ref('int_request_cells'), ['region', 'outlet', 'staff', 'channel', 'product_category'], request_measures()),
    (ref('int_visit_cells'), ['region', 'outlet', 'staff', 'product_category'], visit_measures()),
    (ref('int_appointment_cells'), ['region', 'outlet', 'channel', 'product_category'], appointment_measures()),
] -%}
{#- The calls of daily totals, as in int_call_total_parts. -#}
{% set totals = [
    ('P1-1', 'answered_calls', 'true'),
    ('P1-2', 'connected_in_time_calls', 'has_waits'),
] -%}
{% set answers -%}
    (
        select *
        from {{ ref('int_survey_people') }}
        where variant = '' and measures <> 'O2-2'
    )
{%- endset -%}
with parts as (
    {%- for relation, scopes, measures in cells %}
    select
        {{ columns(key) }},
        {{ part_columns() }}
    from ({{ parts_of_cells(relation, ['region'], measures, 'month_start', among=scopes, chosen=monthly(measures)) }}) as of_cells
    union all
    {%- endfor %}
    {%- for relation, scopes, measures in relations %}
    select
        {{ columns(key) }},
        {{ part_columns() }}
    from ({{ measure_parts(relation, scopes, monthly(measures), 'month_start') }}) as of_records
    union all
    {%- endfor %}
    {%- for indicator, counted, condition in totals %}
    select
        enterprise_id,
        {{ first_of_month('called_on') }} as month_start,
        'enterprise' as scope_type,
        enterprise_id as scope_id,
        '{{ indicator }}' as indicator_id,
        '' as variant,
        {{ parts_of(
            'sum(case when ' ~ condition ~ ' then ' ~ counted ~ ' else 0 end)',
            'sum(case when ' ~ condition ~ ' then offered_calls else 0 end)',
            'sum(case when ' ~ condition ~ ' then offered_calls else 0 end)',
            'sum(offered_calls)'
        ) }}
    from {{ ref('int_call_total_measures') }}
    where in_service_hours
    group by enterprise_id, {{ first_of_month('called_on') }}
    union all
    {%- endfor %}
    select
        {{ columns(key) }},
        {{ part_columns() }}
    from ({{ survey_parts(answers, ['month_start'], ['region'], ['score']) }}) as of_people
)

-- O4-1 has its incidents and its services in parts of their own
select
    parts.enterprise_id,
    quarters.quarter,
    {{ month_of('parts.month_start') }} as month,
    parts.scope_type,
    parts.scope_id,
    parts.indicator_id,
    {{ parts_of(
        "sum(case when parts.variant <> 'services' then parts.numerator else 0 end)",
        "sum(case when parts.variant <> 'incidents' then parts.denominator else 0 end)",
        "sum(case when parts.variant <> 'incidents' then parts.n else 0 end)",
        "sum(case when parts.variant <> 'incidents' then parts.cases else 0 end)",
        'sum(parts.within_limit)',
        'sum(parts.sum_squares)',
        'sum(parts.sum_products)',
        'sum(parts.count_squares)'
    ) }}
from parts
inner join {{ ref('int_quarters') }} as quarters
    on parts.month_start >= quarters.first_day and parts.month_start < quarters.end_day
where parts.cases > 0 or parts.numerator <> 0
group by
    parts.enterprise_id,
    quarters.quarter,
    parts.month_start,
    parts.scope_type,
    parts.scope_id,
    parts.indicator_id
