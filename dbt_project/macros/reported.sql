{#- One row per enterprise × quarter: whether any record has the time that decides, and if none has, whether the source's own flags
    do (D-105).

    records  a relation with enterprise_id and quarter
    time     the time, or a duration to it
    flag     the flag as reported by the source
    among    the records that are expected to have both
-#}
{% macro times_recorded(records, time, flag, among='true') -%}
    select
        enterprise_id,
        quarter,
        count(case when {{ among }} then {{ time }} end) > 0 as has_times,
        count(case when {{ among }} then {{ time }} end) = 0 and count(case when {{ among }} then {{ flag }} end) > 0 as is_reported
    from {{ records }}
    group by enterprise_id, quarter
{%- endmacro %}

{#- Columns of a record: whether flags decide its rate (is_reported), what they or the times decide (named as asked), and for
    reported_measures whether flag and time are compared and differ, a missing time being late.

    by_times  what the times say
    flag      what the source says
    named     the column of the decision
    of        the relation with is_reported and has_times of times_recorded
    among     the records that are expected to have both; none: all
-#}
{% macro decided(by_times, flag, named, of='flagged', among=none) -%}
    {%- set condition = among ~ ' and ' if among else '' -%}
    {{ of }}.is_reported,
    case when {{ of }}.is_reported then {{ condition }}{{ flag }} else {{ by_times }} end as {{ named }},
    {{ of }}.has_times and {{ condition }}{{ flag }} is not null as is_flag_compared,
    coalesce({{ by_times }}, false) <> {{ flag }} as is_flag_contradicted
{%- endmacro %}

{#- The same rate again, of the cases that the source's flags decide, and the share of the flags that contradict the times where
    both are there. For measure_parts; the relation has the columns of decided.

    id      the indicator of the rate
    when    the cases that fulfil it
    of      its cases
    scopes  its scopes; none: all of the relation
-#}
{% macro reported_measures(id, when, of='true', scopes=none) -%}
    {%- set given = {'scopes': scopes} if scopes else {} -%}
    {{- return([
        dict({'id': id, 'variant': 'as_reported_by_the_source', 'kind': 'rate', 'of': '(' ~ of ~ ') and is_reported', 'when': when}, **given),
        dict({'id': id, 'variant': 'flags_contradicted', 'kind': 'rate', 'of': '(' ~ of ~ ') and is_flag_compared', 'when': 'is_flag_contradicted'}, **given),
    ]) -}}
{%- endmacro %}
