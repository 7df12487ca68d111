{#- The Parquet files of a clean table for the quarters this run may read (its own, its look-backs and the look-ahead).
    The pipeline passes them as var('clean_files'); the call of source() is what draws the lineage. -#}
{% macro clean(table) %}
    {%- do source('clean', table) -%}
    {{- return(adapter.dispatch('read_clean_files')(var('clean_files', {}).get(table, []))) -}}
{% endmacro %}

{% macro default__read_clean_files(files) -%}
    read_parquet([{% for file in files %}'{{ file | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}], union_by_name = true, hive_partitioning = false)
{%- endmacro %}

{% macro spark__read_clean_files(files) -%}
    ({% for file in files %}select * from parquet.`{{ file }}`{{ " union all " if not loop.last }}{% endfor %})
{%- endmacro %}
