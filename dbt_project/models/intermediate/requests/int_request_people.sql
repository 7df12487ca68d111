with requests as (
    select
        enterprise_id,
        quarter,
        request_id,
        -- Where customers have no number, every request may be somebody else's
        coalesce('customer ' || customer_id, 'request ' || request_id) as person_name,
        region_code,
        outlet_id,
        channel,
        product_category,
        issue_class,
        requested_at,
        urgency = 'urgent' as is_urgent,
        complexity = 'complex' as is_complex,
        service_type = 'repair' as is_repair,
        charged_amount > 0 as is_paid,
        special_need,
        notices_required > 0 as is_notice_required,
        form_fields_required > 0 as has_form,
        merged_into is null and not coalesce(is_test, false) as is_in_scope
    from {{ source('clean', 'service_requests') }}
),

-- Numbers group faster than names
people as (
    select
        enterprise_id,
        person_name,
        row_number() over (order by enterprise_id, person_name) as person
    from requests
    group by enterprise_id, person_name
)

select
    requests.enterprise_id,
    requests.quarter,
    requests.request_id,
    people.person,
    requests.region_code,
    requests.outlet_id,
    requests.channel,
    requests.product_category,
    requests.issue_class,
    requests.requested_at,
    requests.is_urgent,
    requests.is_complex,
    requests.is_repair,
    requests.is_paid,
    requests.special_need,
    requests.is_notice_required,
    requests.has_form,
    requests.is_in_scope
from requests
left join people on requests.enterprise_id = people.enterprise_id and requests.person_name = people.person_name
