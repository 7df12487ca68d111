{#- A person who answers in several quarters of a period is one respondent of it. -#}
{% set answers -%}
    (
        select
            measures.*,
            periods.period,
            periods.period_role
        from {{ ref('int_survey_measures') }} as measures
        inner join (
            select
                *,
                count(*) over (partition by period, period_role) as quarter_count
            from {{ ref('int_period_quarters') }}
        ) as periods
            on measures.quarter = periods.quarter
        where periods.quarter_count > 1
    ) as answers
{%- endset %}
{{ survey_parts(answers, ['period', 'period_role']) }}
