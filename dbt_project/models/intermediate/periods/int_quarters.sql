select
    quarter,
    first_day,
    last_day,
    end_day
from {{ of_run('quarters') }}
