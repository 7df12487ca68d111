{#- A person who answers in several quarters of a period is one respondent of it. -#}
{% set people -%}
    (
        select
            people.*,
            periods.period,
            periods.period_role
        from {{ ref('int_survey_people') }} as people
        inner join (
            select
                *,
                count(*) over (partition by period, period_role) as quarter_count
            from {{ ref('int_period_quarters') }}
        ) as periods
            on people.quarter = periods.quarter
        where periods.quarter_count > 1
    )
{%- endset %}
{{ survey_parts(people, ['period', 'period_role']) }}
