{#- The same parts as of single calls, by their names; 'daily_totals' is what of an indicator comes from totals. -#}
{%- set measures = call_total_measures() -%}
{%- set days = '(' ~ dbt.datediff('quarters.first_day', 'quarters.end_day', 'day') ~ ')' -%}
with calls_counted as (
    {%- for m in measures %}
    {%- set is_last_measure = loop.last %}
    {%- for variant in m.variants %}
    select
        enterprise_id,
        quarter,
        '{{ m.id }}' as indicator_id,
        '{{ variant }}' as variant,
        sum(case when {{ m.get('of', 'true') }} then {{ m.numerator }} else 0 end) as numerator,
        sum(case when {{ m.get('of', 'true') }} then {{ m.denominator }} else 0 end) as denominator,
        sum({{ m.denominator }}) as cases
    from {{ ref('int_call_total_measures') }}
    where {{ m.hours }}
    group by enterprise_id, quarter
    {{ 'union all' if not (is_last_measure and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

days_of_totals as (
    select distinct
        enterprise_id,
        quarter,
        called_on as day_counted
    from {{ ref('int_call_total_measures') }}
),

-- Of a quarter with totals: the days with totals or single calls
days_counted as (
    select
        days.enterprise_id,
        days.quarter,
        count(distinct days.day_counted) as day_count
    from (
        select * from days_of_totals
        union all
        select
            calls.enterprise_id,
            calls.quarter,
            cast(calls.queued_at as date) as day_counted
        from {{ source('clean', 'hotline_calls') }} as calls
        inner join (
            select distinct
                enterprise_id,
                quarter
            from days_of_totals
        ) as totals on calls.enterprise_id = totals.enterprise_id and calls.quarter = totals.quarter
    ) as days
    group by days.enterprise_id, days.quarter
)

select
    enterprise_id,
    quarter,
    'enterprise' as scope_type,
    enterprise_id as scope_id,
    indicator_id,
    variant,
    '' as part,
    {{ parts_of('numerator', 'denominator', 'denominator', 'cases') }}
from calls_counted
union all
select
    days_counted.enterprise_id,
    days_counted.quarter,
    'enterprise' as scope_type,
    days_counted.enterprise_id as scope_id,
    'P1-1' as indicator_id,
    'days_counted' as variant,
    '' as part,
    {{ parts_of('days_counted.day_count', days, days, days) }}
from days_counted
inner join {{ ref('int_quarters') }} as quarters on days_counted.quarter = quarters.quarter
