{% set scopes = ['region', 'outlet', 'staff', 'channel', 'product_category'] -%}
{% set keys = ['enterprise_id', 'quarter', 'measures', 'variant', 'part'] -%}
{% set readings = [
    {'steps': 'score - scale_min', 'name': 'score'},
    {'steps': 'expectation - scale_min', 'name': 'expectation'},
    {'steps': 'expectation - score', 'name': 'gap'},
] -%}
with surveyed_indicators as (
    select indicator_id
    from {{ ref('indicator_catalogue') }}
    where method in ('score', 'weighted_score') and {{ in_force('valid_from', 'valid_to', last_day()) }}
),

customers_answers as (
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
        score,
        expectation,
        scale_min,
        scale_max
    from {{ ref('int_survey_answers') }}
    union all
    -- The same without flagged responses (D-69)
    select
        enterprise_id,
        quarter,
        region_code,
        cast(null as {{ dbt.type_string() }}) as outlet_id,
        cast(null as {{ dbt.type_string() }}) as staff_id,
        channel,
        cast(null as {{ dbt.type_string() }}) as product_category,
        measures,
        case when measures = 'O2-2' then coalesce(touchpoint, 'other') else '' end as part,
        'valid_only' as variant,
        score,
        cast(null as bigint) as expectation,
        scale_min,
        scale_max
    from {{ ref('int_survey_answers') }}
    where is_valid and survey_type <> 'mystery'
    union all
    select
        visits.enterprise_id,
        visits.quarter,
        outlets.region_code,
        visits.outlet_id,
        cast(null as {{ dbt.type_string() }}) as staff_id,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as product_category,
        questions.measures,
        case when questions.measures = 'O2-2' then coalesce(questions.touchpoint, 'other') else '' end as part,
        'mystery' as variant,
        visits.score,
        cast(null as bigint) as expectation,
        questions.scale_min,
        questions.scale_max
    from {{ source('clean', 'mystery_visits') }} as visits
    inner join {{ ref('int_quarters') }} as quarters on visits.quarter = quarters.quarter
    inner join {{ source('clean', 'survey_questions') }} as questions
        on visits.survey_id = questions.survey_id and visits.question_id = questions.question_id
    left join {{ ref('int_outlets_in_force') }} as outlets
        on visits.enterprise_id = outlets.enterprise_id and visits.outlet_id = outlets.outlet_id
),

-- Items that name an indicator not measured by surveys (I3-2, P4-2) are ignored (D-44)
measuring as (
    select
        answers.*,
        cast(answers.scale_max - answers.scale_min as bigint) as scale_steps
    from customers_answers as answers
    inner join surveyed_indicators on answers.measures = surveyed_indicators.indicator_id
),

-- Answers are summed as whole steps of their scale, separately per scale length: exact for every scale
{% set sums = ['top_two_count', 'answer_count'] -%}
cells as (
    select
        enterprise_id,
        quarter,
        measures,
        variant,
        part,
        scale_steps,
        {{- cell_keys(scopes) }}
        {%- for reading in readings %}
        {%- do sums.extend([reading.name ~ '_sum', reading.name ~ '_count', reading.name ~ '_squares']) %}
        sum({{ reading.steps }}) as {{ reading.name }}_sum,
        count({{ reading.steps }}) as {{ reading.name }}_count,
        sum(({{ reading.steps }}) * ({{ reading.steps }})) as {{ reading.name }}_squares,
        {%- endfor %}
        sum(case when score >= scale_max - 1 then 1 else 0 end) as top_two_count,
        count(*) as answer_count
    from measuring
    {{ cell_sets(keys + ['scale_steps'], scopes) }}
),

per_scale as (
    {{ cells_by_scope(keys + ['scale_steps'], scopes, sums) }}
),

-- Steps become points of 100 by one division per sum, so that a mean can equal its requirement exactly
grouped as (
    select
        enterprise_id,
        quarter,
        measures,
        variant,
        part,
        scope_type,
        scope_id,
        {%- for reading in readings %}
        sum(cast({{ reading.name }}_sum * 100 / scale_steps as decimal(38, 9))) as {{ reading.name }}_sum,
        sum({{ reading.name }}_count) as {{ reading.name }}_count,
        sum(
            cast({{ reading.name }}_squares * 10000 / (scale_steps * scale_steps) as decimal(38, 9))
        ) as {{ reading.name }}_squares,
        {%- endfor %}
        sum(top_two_count) as top_two_count,
        sum(answer_count) as answer_count
    from per_scale
    where scope_id is not null
    group by enterprise_id, quarter, measures, variant, part, scope_type, scope_id
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
    {{ parts_of(kind.numerator, kind.denominator, kind.denominator, 'answer_count', sum_squares=kind.squares) }}
from grouped
{%- if kind.suffix %}
where variant <> 'valid_only'
{%- endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
