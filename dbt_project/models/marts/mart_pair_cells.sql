select
    enterprise_id,
    quarter,
    unit,
    x_measure,
    y_measure,
    x_bin,
    y_bin,
    n
from {{ ref('int_pair_cells') }}
where n > 0
