select distinct enterprise_id
from {{ ref('mart_source_rows') }}
