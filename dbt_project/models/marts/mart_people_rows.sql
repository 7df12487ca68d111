{#- Parts of the requests, as schemas/expectations/release.py names them. -#}
{% set parts = {
    'urgent requests': "urgency = 'urgent'",
    'complex requests': "complexity = 'complex'",
    'repairs': "service_type = 'repair'",
    'paid requests': 'charged_amount > 0',
    'special needs': 'special_need',
    'requests with notices': 'notices_required > 0',
    'requests with forms': 'form_fields_required > 0',
} -%}
{% set scopes = ['region', 'outlet', 'channel', 'product_category'] -%}
{% set answer_scopes = ['region', 'outlet', 'product_category'] -%}
with requests as (
    select
        enterprise_id,
        request_id,
        -- Where customers have no number, every request may be somebody else's
        coalesce('customer ' || customer_id, 'request ' || request_id) as person,
        region_code,
        outlet_id,
        channel,
        product_category,
        quarter,
        urgency,
        complexity,
        service_type,
        charged_amount,
        special_need,
        notices_required,
        form_fields_required,
        merged_into is null and not coalesce(is_test, false) as is_in_scope
    from {{ source('clean', 'service_requests') }}
),

served as (
    select
        'requests' as subject,
        {{ columns(['enterprise_id', 'quarter', 'person', 'region_code', 'outlet_id', 'channel', 'product_category']) }}
    from requests
    where is_in_scope
    {%- for subject, condition in parts.items() %}
    union all
    select
        '{{ subject }}' as subject,
        {{ columns(['enterprise_id', 'quarter', 'person', 'region_code', 'outlet_id', 'channel', 'product_category']) }}
    from requests
    where is_in_scope and {{ condition }}
    {%- endfor %}
    union all
    select
        'visits' as subject,
        visits.enterprise_id,
        visits.quarter,
        coalesce(requests.person, 'visit ' || visits.visit_id) as person,
        requests.region_code,
        visits.outlet_id,
        requests.channel,
        requests.product_category
    from {{ source('clean', 'onsite_visits') }} as visits
    left join requests on visits.enterprise_id = requests.enterprise_id and visits.request_id = requests.request_id
    union all
    select
        'appointments' as subject,
        appointments.enterprise_id,
        appointments.quarter,
        coalesce(requests.person, 'appointment ' || appointments.appointment_id) as person,
        requests.region_code,
        requests.outlet_id,
        requests.channel,
        requests.product_category
    from {{ source('clean', 'appointments') }} as appointments
    left join requests on appointments.enterprise_id = requests.enterprise_id and appointments.request_id = requests.request_id
    union all
    select
        'complaints' as subject,
        enterprise_id,
        quarter,
        coalesce('customer ' || customer_id, 'phone ' || customer_phone_token, 'complaint ' || complaint_id) as person,
        region_code,
        outlet_id,
        channel,
        cast(null as {{ dbt.type_string() }}) as product_category
    from {{ source('clean', 'complaints') }}
    union all
    select
        'calls' as subject,
        enterprise_id,
        quarter,
        coalesce('phone ' || caller_phone_token, 'call ' || call_id) as person,
        cast(null as {{ dbt.type_string() }}) as region_code,
        cast(null as {{ dbt.type_string() }}) as outlet_id,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as product_category
    from {{ source('clean', 'hotline_calls') }}
),

counted as (
    select
        subject,
        enterprise_id,
        quarter,
        person,
        {{ scope_keys(scopes) }},
        count(*) as row_count
    from served
    where quarter in (select counted_quarters.quarter from {{ ref('int_quarters') }} as counted_quarters)
    {{ scope_sets(['subject', 'enterprise_id', 'quarter', 'person'], scopes) }}
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

rows_of_people as (
    select
        subject,
        enterprise_id,
        quarter,
        person,
        scope_type,
        scope_id,
        row_count
    from counted
    union all
    select
        'touchpoint answers' as subject,
        answered.enterprise_id,
        answered.quarter,
        cast(answered.respondent as {{ dbt.type_string() }}) as person,
        answered.scope_type,
        answered.scope_id,
        count(*) as row_count
    from answered
    inner join {{ ref('int_touchpoint_volumes') }} as volumes
        on
            {{ same(['enterprise_id', 'quarter', 'scope_type', 'scope_id'], 'answered', 'volumes') }}
            and answered.part = volumes.channel
    group by answered.enterprise_id, answered.quarter, answered.respondent, answered.scope_type, answered.scope_id
),

ranked as (
    select
        subject,
        enterprise_id,
        quarter,
        scope_type,
        scope_id,
        row_count,
        row_number() over (
            partition by subject, enterprise_id, quarter, scope_type, scope_id
            order by row_count desc, person asc
        ) as person_rank
    from rows_of_people
    where scope_id is not null
)

select
    enterprise_id,
    quarter,
    subject,
    scope_type,
    scope_id,
    cast(count(*) as bigint) as people,
    cast(sum(row_count) as bigint) as row_count,
    cast(sum(case when person_rank < {{ fewest_people() }} then row_count else 0 end) as bigint) as most_rows
from ranked
group by enterprise_id, quarter, subject, scope_type, scope_id
