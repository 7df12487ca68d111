select distinct enterprise_id
from {{ ref('int_source_rows') }}
