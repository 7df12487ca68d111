{#- Linear interpolation between order statistics (rulings: "percentiles interpolate linearly"). -#}
{% macro percentile(value, share) -%}
    {{- return(adapter.dispatch('percentile')(value, share)) -}}
{%- endmacro %}
{% macro default__percentile(value, share) -%} quantile_cont(cast({{ value }} as double), {{ share }}) {%- endmacro %}
{% macro spark__percentile(value, share) -%} percentile(cast({{ value }} as double), {{ share }}) {%- endmacro %}
