{% set scopes = ['region', 'outlet', 'staff', 'channel', 'product_category'] -%}
{% set keys = ['enterprise_id', 'quarter', 'measures', 'variant', 'part'] -%}
with customers_answers as (
    select
        enterprise_id,
        quarter,
        region_code,
        outlet_id,
        staff_id,
        channel,
        product_category,
        measures,
        case when measures = 'O2-2' then coalesce(touchpoint, 'other') else '' end as part,
        case when survey_type = 'mystery' then 'mystery' else '' end as variant,
        score_of_100,
        score >= scale_max - 1 as is_top_two,
        score_of_100 is not null as has_score,
        cast(cast((expectation - score) * 100 as decimal(18, 9)) / (scale_max - scale_min) as decimal(18, 9)) as gap_of_100,
        cast(cast((expectation - scale_min) * 100 as decimal(18, 9)) / (scale_max - scale_min) as decimal(18, 9)) as expectation_of_100
    from {{ ref('int_survey_answers') }}
    where measures is not null
    union all
    select
        visits.enterprise_id,
        visits.quarter,
        outlets.region_code,
        visits.outlet_id,
        cast(null as varchar) as staff_id,
        cast(null as varchar) as channel,
        cast(null as varchar) as product_category,
        questions.measures,
        case when questions.measures = 'O2-2' then coalesce(questions.touchpoint, 'other') else '' end as part,
        'mystery' as variant,
        cast(
            cast((visits.score - questions.scale_min) * 100 as decimal(18, 9))
            / (questions.scale_max - questions.scale_min) as decimal(18, 9)
        ) as score_of_100,
        visits.score >= questions.scale_max - 1 as is_top_two,
        visits.score is not null as has_score,
        cast(null as decimal(18, 9)) as gap_of_100,
        cast(null as decimal(18, 9)) as expectation_of_100
    from {{ clean('mystery_visits') }} as visits
    inner join {{ ref('int_quarters') }} as quarters on visits.quarter = quarters.quarter
    inner join {{ clean('survey_questions') }} as questions
        on visits.survey_id = questions.survey_id and visits.question_id = questions.question_id
    left join {{ ref('int_outlets_in_force') }} as outlets
        on visits.enterprise_id = outlets.enterprise_id and visits.outlet_id = outlets.outlet_id
    where questions.measures is not null
),

grouped as (
    select
        enterprise_id,
        quarter,
        measures,
        variant,
        part,
        {{ scope_keys(scopes) }},
        sum(score_of_100) as score_sum,
        count(score_of_100) as score_count,
        sum({{ square('score_of_100', 9) }}) as score_squares,
        sum(case when is_top_two then 1 else 0 end) as top_two_count,
        sum(expectation_of_100) as expectation_sum,
        count(expectation_of_100) as expectation_count,
        sum({{ square('expectation_of_100', 9) }}) as expectation_squares,
        sum(gap_of_100) as gap_sum,
        count(gap_of_100) as gap_count,
        sum({{ square('gap_of_100', 9) }}) as gap_squares,
        count(*) as answer_count
    from customers_answers
    {{ scope_sets(keys, scopes) }}
)

{% for kind in [
    {'suffix': '', 'numerator': 'score_sum', 'denominator': 'score_count', 'squares': 'score_squares'},
    {'suffix': 'top_two_box', 'numerator': 'top_two_count', 'denominator': 'score_count', 'squares': 'null'},
    {'suffix': 'expectation', 'numerator': 'expectation_sum', 'denominator': 'expectation_count', 'squares': 'expectation_squares'},
    {'suffix': 'gap', 'numerator': 'gap_sum', 'denominator': 'gap_count', 'squares': 'gap_squares'},
] -%}
select
    enterprise_id,
    quarter,
    scope_type,
    scope_id,
    measures as indicator_id,
    {% if kind.suffix %}case when variant = '' then '{{ kind.suffix }}' else variant || '_{{ kind.suffix }}' end{% else %}variant{% endif %} as variant,
    part,
    cast({{ kind.numerator }} as decimal(38, 9)) as numerator,
    cast({{ kind.denominator }} as decimal(38, 9)) as denominator,
    cast({{ kind.denominator }} as bigint) as n,
    cast(answer_count as bigint) as cases,
    cast(null as bigint) as within_limit,
    cast({{ kind.squares }} as decimal(38, 9)) as sum_squares
from grouped
{{ 'union all' if not loop.last }}
{% endfor %}
