select
    period,
    window_kind,
    period_role,
    first_day,
    last_day,
    end_day,
    measured_from
from {{ of_run('periods') }}
