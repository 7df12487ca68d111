{#- An answer counts its points of 100, one row per answer; the survey indicators are those of the catalogue's survey methods. -#}
{{ config(meta={'indicators': ['P4-1', 'P4-3', 'P4-4', 'P5-3', 'O2-1', 'O2-2', 'O2-3', 'O2-4', 'O3-1b', 'O3-3']}) }}
select
    measures as indicator_id,
    '' as variant,
    case when measures = 'O2-2' then coalesce(touchpoint, 'other') else '' end as part,
    enterprise_id,
    cast(null as {{ dbt.type_string() }}) as period,
    quarter,
    'survey_answers' as source_table,
    cast(null as bigint) as _row_id,
    enterprise_id || '|' || response_id || '|' || question_id as record,
    cast(coalesce((score - scale_min) * 100.0 / (scale_max - scale_min), 0) as decimal(38, 9)) as numerator,
    cast(case when score is null then 0 else 1 end as decimal(38, 9)) as denominator,
    case when score is null then 'no_value' else 'counted' end as status,
    'first complete response of the customer in the survey; question measures the indicator' as counted_where,
    'mean of (score - scale_min) * 100 / (scale_max - scale_min)' as counts
from {{ ref('int_survey_answers') }}
where survey_type <> 'mystery' and measures is not null
