select
    enterprise_id,
    quarter,
    unit,
    x_measure,
    y_measure,
    cast(sum(n) as bigint) as n,
    cast(coalesce(sum(sum_x), 0) as decimal(38, 6)) as sum_x,
    cast(coalesce(sum(sum_y), 0) as decimal(38, 6)) as sum_y,
    cast(coalesce(sum(sum_xx), 0) as decimal(38, 12)) as sum_xx,
    cast(coalesce(sum(sum_yy), 0) as decimal(38, 12)) as sum_yy,
    cast(coalesce(sum(sum_xy), 0) as decimal(38, 12)) as sum_xy,
    cast(sum(excluded) as bigint) as excluded
from {{ ref('int_pair_cells') }}
group by enterprise_id, quarter, unit, x_measure, y_measure
