-- Two routes to one number: the period of one quarter and the additive parts of that quarter. A failure means that a window
-- sums the wrong quarters.
select
    periods.enterprise_id,
    periods.indicator_id,
    periods.variant,
    periods.denominator,
    inputs.denominator as quarter_denominator
from {{ ref('mart_period_inputs') }} as periods
inner join {{ ref('mart_indicator_inputs') }} as inputs
    on
        periods.period = inputs.quarter
        and periods.enterprise_id = inputs.enterprise_id
        and periods.scope_type = inputs.scope_type
        and periods.scope_id = inputs.scope_id
        and periods.indicator_id = inputs.indicator_id
        and periods.variant = inputs.variant
        and periods.part = inputs.part
where
    periods.period = {{ quarter() }}
    and periods.period_role = 'current'
    and periods.indicator_id not in ('I4-1', 'R2-1')
    and (periods.numerator <> inputs.numerator or periods.denominator <> inputs.denominator)
