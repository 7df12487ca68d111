{#- Tables of two attributes: name, relation, row, column. Hours are of the day, months of the year. -#}
{% set cubes = [
    ('region_product', 'requests', 'region_code', 'product_category'),
    ('region_issue', 'requests', 'region_code', 'issue_class'),
    ('outlet_issue', 'requests', 'outlet_id', 'issue_class'),
    ('product_issue', 'requests', 'product_category', 'issue_class'),
    ('channel_product', 'requests', 'channel', 'product_category'),
    ('month_hour', 'requests', 'month_of_year', 'hour_of_day'),
    ('region_cause', 'complaints', 'region_code', 'cause_class'),
] -%}
{% set cell = ['enterprise_id', 'quarter', 'cube', 'row_value', 'column_value'] -%}
{#- Attributes of the cells: both, and of the totals one or none. Several cubes have a total in common. -#}
{% set sets = [] -%}
{% for _, relation, row_attribute, column_attribute in cubes -%}
{% for attributes in [[row_attribute, column_attribute], [row_attribute], [column_attribute], []] -%}
{% if (relation, attributes) not in sets %}{% do sets.append((relation, attributes)) %}{% endif -%}
{% endfor -%}
{% endfor -%}
with requests as (
    select
        enterprise_id,
        person,
        coalesce(region_code, '') as region_code,
        coalesce(outlet_id, '') as outlet_id,
        coalesce(channel, '') as channel,
        coalesce(product_category, '') as product_category,
        coalesce(issue_class, '') as issue_class,
        {{ first_of_month('requested_at') }} as month_of_year,
        extract(hour from requested_at) as hour_of_day
    from {{ ref('int_request_people') }}
    where is_in_scope and quarter = {{ quarter() }}
),

complaints as (
    select
        enterprise_id,
        coalesce('customer ' || customer_id, 'phone ' || customer_phone_token, 'complaint ' || complaint_id) as person,
        coalesce(region_code, '') as region_code,
        coalesce(cause_class, '') as cause_class
    from {{ source('clean', 'complaints') }}
    where quarter = {{ quarter() }}
),

{% for relation, attributes in sets -%}
of_{{ ([relation] + attributes) | join('_') }} as (
    select
        {{ columns(['enterprise_id'] + attributes) }},
        row_count,
        count(*) as people
    from (
        select
            {{ columns(['enterprise_id', 'person'] + attributes) }},
            count(*) as row_count
        from {{ relation }}
        group by {{ (['enterprise_id', 'person'] + attributes) | join(', ') }}
    ) as rows_of_people
    group by {{ (['enterprise_id'] + attributes + ['row_count']) | join(', ') }}
),

{% endfor -%}
{#- A cell's attribute as text: months and hours are counted as they are. -#}
{% set texts = {
    'month_of_year': month_of('month_of_year'),
    'hour_of_day': "right('0' || cast(hour_of_day as " ~ dbt.type_string() ~ "), 2)",
} -%}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}
counted as (
    {%- for cube, relation, row_attribute, column_attribute in cubes %}
    {%- set cube_loop = loop %}
    {%- for attributes in [[row_attribute, column_attribute], [row_attribute], [column_attribute], []] %}
    select
        enterprise_id,
        {{ quarter() }} as quarter,
        '{{ cube }}' as cube,
        {{ texts.get(row_attribute, row_attribute) if row_attribute in attributes else nothing }} as row_value,
        {{ texts.get(column_attribute, column_attribute) if column_attribute in attributes else nothing }} as column_value,
        row_count,
        people
    from of_{{ ([relation] + attributes) | join('_') }}
    {{ 'union all' if not (cube_loop.last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    {{ columns(cell) }},
    record_count,
    most_rows
from ({{ rows_of_most('counted', cell, counted='record_count') }}) as cells
