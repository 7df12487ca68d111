{#- The Parquet files of a clean table for the quarters this run may read (its own, its look-backs and the look-ahead).
    The pipeline passes them as var('clean_files'); source() is called only for the lineage. For a register that accumulates
    over deliveries (var('latest_by_key')) several files are read and the latest quarter's row of each key is kept. Records
    that a reviewer excluded (var('excluded_records'): table → Parquet file with quarter and _row_id) are left out. -#}
{% macro clean(table) %}
    {%- do source('clean', table) -%}
    {%- set files = var('clean_files', {}).get(table, []) -%}
    {%- set rows = adapter.dispatch('read_clean_files')(files) -%}
    {%- set excluded = var('excluded_records', {}).get(table) -%}
    {%- set rows = without_excluded(rows, excluded) if excluded else rows -%}
    {%- set key = var('latest_by_key', {}).get(table) -%}
    {{- return(latest_by_key(rows, key) if key and files | length > 1 else rows) -}}
{% endmacro %}

{% macro without_excluded(rows, excluded) -%}
    (
        select kept.*
        from {{ rows }} as kept
        left join {{ adapter.dispatch('read_clean_files')([excluded]) }} as excluded
            on kept.quarter = excluded.quarter and kept._row_id = excluded._row_id
        where excluded._row_id is null
    )
{%- endmacro %}

{% macro latest_by_key(rows, key) -%}
    (
        select * from (
            select
                kept.*,
                row_number() over (partition by {{ key | join(', ') }} order by kept.quarter desc) as place_by_key
            from {{ rows }} as kept
        ) as placed
        where placed.place_by_key = 1
    )
{%- endmacro %}

{% macro default__read_clean_files(files) -%}
    read_parquet([{% for file in files %}'{{ file | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}], union_by_name = true, hive_partitioning = false)
{%- endmacro %}

{#- Spark unites by position, so every file is read with the columns of all: missing ones are null. -#}
{% macro spark__read_clean_files(files) -%}
    {%- set names = [] -%}
    {%- set names_in = {} -%}
    {%- for file in files if execute -%}
        {%- do names_in.update({file: run_query("select * from parquet.`" ~ file ~ "` limit 0").column_names}) -%}
        {%- do names.extend(names_in[file] | reject('in', names) | list) -%}
    {%- endfor -%}
    (
        {%- for file in files %}
        select {% for name in names %}{{ name if name in names_in[file] else 'null as ' ~ name }}{{ ', ' if not loop.last }}{% endfor %}
        from parquet.`{{ file }}`
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- Tables with an enterprise's records that are counted here: schemas/contract.py without survey_questions and
    expert_judgements (checked in tests/dbt/test_project.py). -#}
{% macro enterprise_tables() -%}
    {{- return([
        'service_requests', 'onsite_visits', 'appointments', 'hotline_calls', 'online_sessions', 'complaints', 'suggestions',
        'survey_responses', 'survey_answers', 'mystery_visits', 'parts_demands', 'parts_orders', 'safety_incidents',
        'safety_hazards', 'quality_inspections', 'training_records', 'improvement_projects', 'regions', 'outlets', 'staff',
        'vehicles', 'equipment', 'customers', 'process_steps', 'complaint_channels', 'price_items', 'checklist_items'
    ]) -}}
{%- endmacro %}
