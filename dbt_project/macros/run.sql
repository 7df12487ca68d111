{#- What a run gives to the SQL lies in the schema `run` of its database (pipeline/marts/inputs.py): the tables quarters, periods,
    days and pairs, and the functions quarter, first_day, last_day and fewest_people. The SQL itself is the same for every quarter. -#}
{% macro of_run(name) -%}
    {{ api.Relation.create(database=target.database, schema='run', identifier=name) }}
{%- endmacro %}

{#- The quarter under evaluation, its first and its last day. -#}
{% macro quarter() -%} {{ of_run('quarter') }}() {%- endmacro %}
{% macro first_day() -%} {{ of_run('first_day') }}() {%- endmacro %}
{% macro last_day() -%} {{ of_run('last_day') }}() {%- endmacro %}

{#- The fewest people that a number shown to readers may be about: k of the evaluation plan. -#}
{% macro fewest_people() -%} {{ of_run('fewest_people') }}() {%- endmacro %}
