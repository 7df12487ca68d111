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

{#- The same rate again, of the cases that the source's flags decide, and the share of the flags that contradict the times where
    both are there. For measure_parts: relations have is_reported, flag and is_in_time_by_times.

    measure  the measure of the rate: id, of, scopes
-#}
{% macro reported_measures(id, when, of='true', scopes=none) -%}
    {%- set given = {'scopes': scopes} if scopes else {} -%}
    {{- return([
        dict({'id': id, 'variant': 'as_reported_by_the_source', 'kind': 'rate', 'of': '(' ~ of ~ ') and is_reported', 'when': when}, **given),
        dict({'id': id, 'variant': 'flags_contradicted', 'kind': 'rate', 'of': '(' ~ of ~ ') and is_flag_compared', 'when': 'is_flag_contradicted'}, **given),
    ]) -}}
{%- endmacro %}
