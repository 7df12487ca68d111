{{ config(materialized='view') }}
with suggestions as (
    select
        suggestions.enterprise_id,
        quarters.period,
        suggestions.suggestion_source,
        count(*) as suggestion_count,
        sum(case when suggestions.is_evaluated then 1 else 0 end) as evaluated_count
    from {{ ref('int_improvement_measures') }} as suggestions
    inner join {{ ref('int_rule_quarters') }} as quarters
        on
            suggestions.quarter = quarters.quarter
            and quarters.counted_over = case suggestions.suggestion_source when 'customer' then 'period' when 'employee' then 'year_to_date' end
    where suggestions.event_kind = 'suggestion'
    group by suggestions.enterprise_id, quarters.period, suggestions.suggestion_source
)

{{ rule_figures([
    {'rule': 'PR-62', 'measure': 'evaluated', 'of': "suggestions where suggestion_source = 'customer'", 'numerator': 'evaluated_count', 'denominator': 'suggestion_count'},
    {'rule': 'PR-75', 'measure': 'suggestions', 'of': "suggestions where suggestion_source = 'employee'", 'numerator': 'suggestion_count'},
]) }}
