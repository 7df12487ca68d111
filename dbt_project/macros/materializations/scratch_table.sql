{#- A table of a run's scratch database. The database starts empty and is deleted, so nothing is swapped, renamed or backed
    up: this saves several statements and commits per model. -#}
{% materialization scratch_table, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {% call statement('main') -%}
        create table {{ target_relation }} as (
            {{ sql }}
        )
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
