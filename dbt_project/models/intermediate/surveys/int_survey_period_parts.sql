{#- A person who answers in several quarters of a period is one respondent of it. Of periods with answers in the same quarters
    people are counted once, and not again where answers are of one quarter only. -#}
{% set people -%}
    (
        select
            people.*,
            spans.span
        from {{ ref('int_survey_people') }} as people
        inner join (
            select distinct
                span,
                quarter
            from {{ ref('int_survey_spans') }}
            where answered_quarters > 1
        ) as spans
            on people.quarter = spans.quarter
    )
{%- endset %}
{% set columns_of_parts = ['scope_type', 'scope_id', 'indicator_id', 'variant', 'part'] -%}
select
    parts.enterprise_id,
    spans.period,
    spans.period_role,
    {{ columns(columns_of_parts, 'parts') }},
    {{ part_columns('parts') }}
from {{ ref('int_survey_parts') }} as parts
inner join {{ ref('int_survey_spans') }} as spans on parts.quarter = spans.quarter
where spans.quarter_count > 1 and spans.answered_quarters = 1
union all
select
    parts.enterprise_id,
    periods.period,
    periods.period_role,
    {{ columns(columns_of_parts, 'parts') }},
    {{ part_columns('parts') }}
from ({{ survey_parts(people, ['span']) }}) as parts
inner join (
    select distinct
        period,
        period_role,
        span
    from {{ ref('int_survey_spans') }}
) as periods
    on parts.span = periods.span
