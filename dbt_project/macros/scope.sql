{#- End of a from clause: leaves out records of test requests (D-43). A join, because DuckDB would look up every record again
    for a `not exists`; test requests are few. -#}
{% macro without_tests(records) -%}
    left join (
        select distinct
            enterprise_id,
            request_id
        from {{ source('clean', 'service_requests') }}
        where is_test
    ) as tests
        on {{ records }}.enterprise_id = tests.enterprise_id and {{ records }}.request_id = tests.request_id
    where tests.request_id is null
{%- endmacro %}
