{#- Linear interpolation between order statistics (rulings: "percentiles interpolate linearly"). -#}
{% macro percentile(value, share) -%}
    {{- element(percentiles(value, [share]), 1) -}}
{%- endmacro %}

{#- Several percentiles of one value, sorted only once: an array, to be read with element(). -#}
{% macro percentiles(value, shares) -%}
    {{- return(adapter.dispatch('percentiles')(value, shares | join(', '))) -}}
{%- endmacro %}
{% macro default__percentiles(value, shares) -%} quantile_cont(cast({{ value }} as double), [{{ shares }}]) {%- endmacro %}
{% macro spark__percentiles(value, shares) -%} percentile(cast({{ value }} as double), array({{ shares }})) {%- endmacro %}

{#- The element of an array at a position, counting from 1. -#}
{% macro element(array, place) -%}
    {{- return(adapter.dispatch('element')(array, place)) -}}
{%- endmacro %}
{% macro default__element(array, place) -%} ({{ array }})[{{ place }}] {%- endmacro %}
{% macro spark__element(array, place) -%} element_at({{ array }}, {{ place }}) {%- endmacro %}
