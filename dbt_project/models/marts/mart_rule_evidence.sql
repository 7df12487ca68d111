{% for subject in ['rows', 'requests', 'surveys', 'registers', 'complaints', 'improvement'] -%}
select * from {{ ref('int_rule_figures_' ~ subject) }}
{{ 'union all' if not loop.last }}
{% endfor %}
