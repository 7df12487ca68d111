{#- Parts of the requests, as schemas/expectations/release.py names them. -#}
{% set parts = {
    'requests': 'true',
    'urgent requests': 'is_urgent',
    'complex requests': 'is_complex',
    'repairs': 'is_repair',
    'paid requests': 'is_paid',
    'special needs': 'special_need',
    'requests with notices': 'is_notice_required',
    'requests with forms': 'has_form',
} -%}
{% set counts = [] -%}
{% for condition in parts.values() %}{% do counts.append('count(case when ' ~ condition ~ ' then 1 end) as rows_' ~ loop.index) %}{% endfor -%}
{% set scopes = ['region', 'outlet', 'channel', 'product_category'] -%}
{% set answer_scopes = ['region', 'outlet', 'product_category'] -%}
{% set place = ['enterprise_id', 'quarter', 'scope_type', 'scope_id'] -%}
with requests as (
    select requests.*
    from {{ ref('int_request_people') }} as requests
    inner join {{ ref('int_quarters') }} as quarters on requests.quarter = quarters.quarter
    where requests.is_in_scope
),

-- One scope after the other: grouping sets carry the columns of all scopes
requests_of_people as (
    {%- for scope in ['enterprise'] + scopes %}
    {%- set scope_id = 'enterprise_id' if scope == 'enterprise' else scope_column(scope) %}
    select
        enterprise_id,
        quarter,
        person,
        '{{ scope }}' as scope_type,
        {{ scope_id }} as scope_id,
        {{ counts | join(', ') }}
    from requests
    where {{ scope_id }} is not null
    group by enterprise_id, quarter, person{{ ', ' ~ scope_id if scope != 'enterprise' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

served as (
    select
        'visits' as subject,
        visits.enterprise_id,
        visits.quarter,
        -- A visit without a known request is somebody's of its own
        coalesce(requests.person, -1 - visits._row_id) as person,
        requests.region_code,
        visits.outlet_id,
        requests.channel,
        requests.product_category
    from {{ source('clean', 'onsite_visits') }} as visits
    left join {{ ref('int_request_people') }} as requests
        on visits.enterprise_id = requests.enterprise_id and visits.request_id = requests.request_id
    union all
    select
        'appointments' as subject,
        appointments.enterprise_id,
        appointments.quarter,
        coalesce(requests.person, -1 - appointments._row_id) as person,
        requests.region_code,
        requests.outlet_id,
        requests.channel,
        requests.product_category
    from {{ source('clean', 'appointments') }} as appointments
    left join {{ ref('int_request_people') }} as requests
        on appointments.enterprise_id = requests.enterprise_id and appointments.request_id = requests.request_id
    union all
    select
        'complaints' as subject,
        enterprise_id,
        quarter,
        dense_rank() over (
            order by coalesce('customer ' || customer_id, 'phone ' || customer_phone_token, 'complaint ' || complaint_id)
        ) as person,
        region_code,
        outlet_id,
        channel,
        cast(null as {{ dbt.type_string() }}) as product_category
    from {{ source('clean', 'complaints') }}
),

served_people as (
    {%- for scope in ['enterprise'] + scopes %}
    {%- set scope_id = 'enterprise_id' if scope == 'enterprise' else scope_column(scope) %}
    select
        subject,
        enterprise_id,
        quarter,
        person,
        '{{ scope }}' as scope_type,
        {{ scope_id }} as scope_id,
        count(*) as row_count
    from served
    where {{ scope_id }} is not null
    group by subject, enterprise_id, quarter, person{{ ', ' ~ scope_id if scope != 'enterprise' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

callers as (
    select
        enterprise_id,
        quarter,
        count(*) as row_count
    from {{ source('clean', 'hotline_calls') }}
    where quarter in (select counted_quarters.quarter from {{ ref('int_quarters') }} as counted_quarters)
    group by enterprise_id, quarter, caller_phone_token, case when caller_phone_token is null then call_id end
),

-- People who answered for a touchpoint that counts in the place: without a request it weighs nothing in O2-2
answered as (
    select
        enterprise_id,
        quarter,
        respondent,
        part,
        {{ scope_keys(answer_scopes) }}
    from {{ ref('int_survey_people') }}
    where
        measures = 'O2-2' and variant = '' and score_count > 0
        and quarter in (select counted_quarters.quarter from {{ ref('int_quarters') }} as counted_quarters)
    {{ scope_sets(['enterprise_id', 'quarter', 'respondent', 'part'], answer_scopes) }}
),

respondents as (
    select
        {{ columns(place, 'answered') }},
        answered.respondent,
        count(*) as row_count
    from answered
    inner join {{ ref('int_touchpoint_volumes') }} as volumes
        on
            {{ same(place, 'answered', 'volumes') }}
            and answered.part = volumes.channel
    group by {{ columns(place, 'answered') }}, answered.respondent
),

counted as (
    {%- for subject in parts %}
    select
        '{{ subject }}' as subject,
        {{ columns(place) }},
        rows_{{ loop.index }} as row_count,
        count(*) as people
    from requests_of_people
    where rows_{{ loop.index }} > 0
    group by {{ place | join(', ') }}, rows_{{ loop.index }}
    union all
    {%- endfor %}
    select
        subject,
        {{ columns(place) }},
        row_count,
        count(*) as people
    from served_people
    where scope_id is not null
    group by subject, {{ place | join(', ') }}, row_count
    union all
    select
        'calls' as subject,
        enterprise_id,
        quarter,
        'enterprise' as scope_type,
        enterprise_id as scope_id,
        row_count,
        count(*) as people
    from callers
    group by enterprise_id, quarter, row_count
    union all
    select
        'touchpoint answers' as subject,
        {{ columns(place) }},
        row_count,
        count(*) as people
    from respondents
    group by {{ place | join(', ') }}, row_count
)

select
    enterprise_id,
    quarter,
    subject,
    scope_type,
    scope_id,
    people,
    row_count,
    most_rows
from ({{ rows_of_most('counted', ['subject'] + place) }}) as people_rows
