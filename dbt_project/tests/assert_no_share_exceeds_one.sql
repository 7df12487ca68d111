-- A failure means that a share counted something that is not among its cases.
select
    inputs.enterprise_id,
    inputs.period,
    inputs.indicator_id,
    inputs.numerator,
    inputs.denominator
from {{ ref('mart_period_inputs') }} as inputs
inner join {{ ref('indicator_catalogue') }} as catalogue on inputs.indicator_id = catalogue.indicator_id
where catalogue.method = 'rate' and inputs.variant = '' and inputs.numerator > inputs.denominator
