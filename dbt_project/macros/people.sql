{#-
    Rows per key: all of them (named counted), their people, and the rows of the k − 1 people with the most (most_rows).

    relation  one row per key × number of rows, row_count, with the people who have just as many
-#}
{% macro rows_of_most(relation, keys, counted='row_count') -%}
    select
        {{ columns(keys) }},
        cast(sum(people) as bigint) as people,
        cast(sum(people * row_count) as bigint) as {{ counted }},
        cast(sum(row_count * greatest(least(people, {{ fewest_people() }} - 1 - people_with_more), 0)) as bigint) as most_rows
    from (
        select
            {{ columns(keys) }},
            row_count,
            people,
            coalesce(
                sum(people) over (
                    partition by {{ keys | join(', ') }}
                    order by row_count desc
                    rows between unbounded preceding and 1 preceding
                ), 0
            ) as people_with_more
        from {{ relation }}
    ) as ranked
    group by {{ keys | join(', ') }}
{%- endmacro %}
