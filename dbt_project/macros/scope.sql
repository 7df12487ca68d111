{#- What belongs to a test request is a test too (D-43). Only the few test requests are looked through. -#}
{% macro is_no_test(records) -%}
    not exists (
        select 1
        from {{ clean('service_requests') }} as tests
        where tests.is_test and tests.enterprise_id = {{ records }}.enterprise_id and tests.request_id = {{ records }}.request_id
    )
{%- endmacro %}
