{#-
    One select per figure of a process rule, united.

    figures  a list of {rule, measure, of: <the common table that counts it>, numerator, denominator: <none>,
             item: <breakdown, none>}
-#}
{% macro rule_figures(figures) %}
{% for figure in figures -%}
select
    enterprise_id,
    period,
    '{{ figure.rule }}' as rule_id,
    '{{ figure.measure }}' as measure,
    {{ figure.get('item', "''") }} as item,
    cast({{ figure.numerator }} as decimal(38, 9)) as numerator,
    cast({{ figure.get('denominator', 'null') }} as decimal(38, 9)) as denominator
from {{ figure.of }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}
