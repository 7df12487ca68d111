{{ config(materialized='view') }}
with rule_periods as (
    select distinct period
    from {{ ref('int_rule_quarters') }}
),

registered_customers as (
    select
        customers.enterprise_id,
        periods.period,
        count(distinct customers.customer_id) as customer_count
    from {{ source('clean', 'customers') }} as customers
    cross join rule_periods as periods
    where
        {{ in_force('customers.valid_from', 'customers.valid_to', last_day()) }}
        and customers.registered_on <= {{ last_day() }}
        and (customers.left_on is null or {{ last_day() }} < customers.left_on)
    group by customers.enterprise_id, periods.period
),

active_outlets as (
    select
        outlets.enterprise_id,
        periods.period,
        count(*) as outlet_count
    from {{ ref('int_outlets_in_force') }} as outlets
    cross join rule_periods as periods
    where outlets.is_active
    group by outlets.enterprise_id, periods.period
),

evaluators as (
    select
        hours.enterprise_id,
        periods.period,
        count(*) as evaluator_count,
        sum(case when hours.hours >= {{ parameter('evaluator_training_hours') }} then 1 else 0 end) as trained_enough_count
    from (
        select
            records.enterprise_id,
            records.staff_id,
            {{ hours_of('records.hours') }} as hours
        from {{ source('clean', 'training_records') }} as records
        inner join {{ ref('int_quarters') }} as quarters on records.quarter = quarters.quarter
        where records.kind = 'evaluator'
        group by records.enterprise_id, records.staff_id
    ) as hours
    cross join rule_periods as periods
    group by hours.enterprise_id, periods.period
),

trainings_by_kind as (
    select
        records.enterprise_id,
        quarters.period,
        records.kind,
        count(*) as training_count
    from {{ source('clean', 'training_records') }} as records
    inner join {{ ref('int_rule_quarters') }} as quarters
        on records.quarter = quarters.quarter and quarters.counted_over = 'year_to_date'
    where records.kind is not null
    group by records.enterprise_id, quarters.period, records.kind
),

training_hours as (
    select
        parts.enterprise_id,
        parts.period,
        parts.numerator as hours,
        parts.denominator as staff_count
    from {{ ref('int_staff_parts') }} as parts
    inner join rule_periods as periods on parts.period = periods.period
    where parts.indicator_id = 'R3-4' and parts.variant = 'mean_hours' and parts.scope_type = 'enterprise'
),

key_steps as (
    select
        parts.enterprise_id,
        periods.period,
        parts.denominator as step_count
    from {{ ref('int_register_parts') }} as parts
    cross join rule_periods as periods
    where parts.indicator_id = 'I2-1' and parts.scope_type = 'enterprise' and parts.cases > 0
),

disclosure as (
    select
        parts.enterprise_id,
        periods.period,
        parts.numerator as achieved,
        parts.denominator as weight
    from {{ ref('int_register_parts') }} as parts
    cross join rule_periods as periods
    where parts.indicator_id = 'P3-2' and parts.scope_type = 'enterprise' and parts.cases > 0
),

named_channels as (
    select
        channels.enterprise_id,
        periods.period,
        count(distinct case when channels.published then channels.channel end) as published_count
    from {{ source('clean', 'complaint_channels') }} as channels
    cross join rule_periods as periods
    where
        channels.channel <> 'other'
        and {{ in_force('channels.valid_from', 'channels.valid_to', last_day()) }}
    group by channels.enterprise_id, periods.period
)

{{ rule_figures([
    {'rule': 'PR-12', 'measure': 'customers', 'of': 'registered_customers', 'numerator': 'customer_count'},
    {'rule': 'PR-17', 'measure': 'active_outlets', 'of': 'active_outlets', 'numerator': 'outlet_count'},
    {'rule': 'PR-38', 'measure': 'trained_enough', 'of': 'evaluators', 'numerator': 'trained_enough_count', 'denominator': 'evaluator_count'},
    {'rule': 'PR-65', 'measure': 'key_steps', 'of': 'key_steps', 'numerator': 'step_count'},
    {'rule': 'PR-68', 'measure': 'trainings', 'of': 'trainings_by_kind', 'item': 'kind', 'numerator': 'training_count'},
    {'rule': 'PR-68', 'measure': 'hours', 'of': 'training_hours', 'numerator': 'hours', 'denominator': 'staff_count'},
    {'rule': 'PR-83', 'measure': 'disclosed', 'of': 'disclosure', 'numerator': 'achieved', 'denominator': 'weight'},
    {'rule': 'PR-84', 'measure': 'channels', 'of': 'named_channels', 'numerator': 'published_count'},
]) }}
