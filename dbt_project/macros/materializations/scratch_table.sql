{#- A table of a run's scratch database. The database starts empty and is thrown away, so there is nothing to swap, rename or
    back up: that spares several statements and commits a model. -#}
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
