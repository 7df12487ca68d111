{{ config(materialized='view') }}
with requests as (
    select
        requests.*,
        quarters.period,
        requests.status in ('resolved', 'closed') as is_handled,
        requests.status in ('resolved', 'closed') and requests.service_type = 'parts' as is_handled_for_parts
    from {{ ref('stg_service_requests') }} as requests
    inner join {{ ref('int_rule_quarters') }} as quarters
        on requests.quarter = quarters.quarter and quarters.counted_over = 'period'
),

-- Times and staff are required once a request is handled, spare parts only for handled requests for parts
request_records as (
    select
        enterprise_id,
        period,
        count(*) as record_count,
        count(case when timestamp_source = 'system' then 1 end) as system_count,
        count(case when is_handled then 1 end) as handled_count,
        count(case when is_handled then responded_at end) as responded_count,
        count(case when is_handled then resolved_at end) as resolved_count,
        count(case when is_handled then staff_id end) as staffed_count,
        count(case when is_handled_for_parts then 1 end) as parts_count,
        count(case when is_handled_for_parts then parts_used end) as parts_named_count
    from requests
    group by enterprise_id, period
),

served_customers as (
    select distinct
        enterprise_id,
        period,
        customer_id
    from requests
    where customer_id is not null
),

filed_customers as (
    select
        served.enterprise_id,
        served.period,
        count(*) as filed_count
    from served_customers as served
    where
        exists (
            select 1
            from {{ source('clean', 'customers') }} as files
            where served.enterprise_id = files.enterprise_id and served.customer_id = files.customer_id
        )
    group by served.enterprise_id, served.period
),

customer_files as (
    select
        served.enterprise_id,
        served.period,
        count(*) as served_count,
        coalesce(max(filed.filed_count), 0) as filed_count
    from served_customers as served
    left join filed_customers as filed on served.enterprise_id = filed.enterprise_id and served.period = filed.period
    group by served.enterprise_id, served.period
)

{{ rule_figures([
    {'rule': 'PR-19', 'measure': 'responded_at', 'of': 'request_records', 'numerator': 'responded_count', 'denominator': 'handled_count'},
    {'rule': 'PR-19', 'measure': 'resolved_at', 'of': 'request_records', 'numerator': 'resolved_count', 'denominator': 'handled_count'},
    {'rule': 'PR-19', 'measure': 'staff_id', 'of': 'request_records', 'numerator': 'staffed_count', 'denominator': 'handled_count'},
    {'rule': 'PR-19', 'measure': 'parts_used', 'of': 'request_records', 'numerator': 'parts_named_count', 'denominator': 'parts_count'},
    {'rule': 'PR-20', 'measure': 'system', 'of': 'request_records', 'numerator': 'system_count', 'denominator': 'record_count'},
    {'rule': 'PR-89', 'measure': 'filed', 'of': 'customer_files', 'numerator': 'filed_count', 'denominator': 'served_count'},
]) }}
