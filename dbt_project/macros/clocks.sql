{#- Exact time arithmetic: seconds as decimal(18, 6), never floating point, so that sums do not depend on row order. -#}

{#- Natural seconds from one timestamp to another; null when either is null. -#}
{% macro seconds_between(start_at, end_at) -%}
    {{- return(adapter.dispatch('seconds_between')(start_at, end_at)) -}}
{%- endmacro %}
{% macro default__seconds_between(start_at, end_at) -%}
    cast(cast(date_diff('microsecond', {{ start_at }}, {{ end_at }}) as decimal(18, 0)) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6))
{%- endmacro %}
{% macro spark__seconds_between(start_at, end_at) -%}
    cast((unix_micros(cast({{ end_at }} as timestamp)) - unix_micros(cast({{ start_at }} as timestamp))) * cast(0.000001 as decimal(6, 6)) as decimal(18, 6))
{%- endmacro %}

{#- Seconds since midnight. -#}
{% macro seconds_of_day(at) -%}
    {{ seconds_between("cast(cast(" ~ at ~ " as date) as timestamp)", at) }}
{%- endmacro %}

{#- Working seconds up to a timestamp, on the calendar row of its day (a working day counts 24 hours). -#}
{% macro working_clock(calendar, at) -%}
    (
        cast({{ calendar }}.workdays_before as decimal(18, 6)) * 86400
        + case when {{ calendar }}.is_workday then {{ seconds_of_day(at) }} else 0 end
    )
{%- endmacro %}

{#- Service seconds up to a timestamp, on the service-hours row of its day. -#}
{% macro service_clock(hours, at) -%}
    (
        {{ hours }}.open_seconds_before
        {% for slot in [1, 2, 3] %}
        + coalesce(greatest(least({{ seconds_of_day(at) }}, {{ hours }}.closes_{{ slot }}) - {{ hours }}.opens_{{ slot }}, 0), 0)
        {% endfor %}
    )
{%- endmacro %}

{#- Months from year 0 to a day: differences count the months touched. -#}
{% macro month_index(day) -%}
    (extract(year from {{ day }}) * 12 + extract(month from {{ day }}))
{%- endmacro %}

{#- Exact square: the factors are widened first, because in DuckDB the product of two narrow decimals stays narrow. -#}
{% macro square(value, decimals=6) -%}
    cast({{ value }} as decimal(19, {{ decimals }})) * cast({{ value }} as decimal(19, {{ decimals }}))
{%- endmacro %}

{#- Sum of recorded hours: exact, and rounded once, after the sum, so that three times 3⅓ hours are 10. -#}
{% macro hours_of(hours) -%}
    cast(round(sum(cast({{ hours }} as decimal(38, 12))), 9) as decimal(18, 9))
{%- endmacro %}
