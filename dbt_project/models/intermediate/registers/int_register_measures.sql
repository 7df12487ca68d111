with limits as (
    select
        {{ requirement_of('R1-2a') }} as urban_radius_km,
        {{ requirement_of('R1-2b') }} as suburban_radius_km,
        {{ parameter('open_days_per_week') }} as open_days_per_week,
        {{ parameter('open_hours_per_day') }} as open_hours_per_day
),

latest_assessments as (
    select
        enterprise_id,
        indicator_id,
        max(assessed_on) as assessed_on
    from {{ source('clean', 'checklist_items') }}
    where assessed_on <= {{ last_day() }}
    group by enterprise_id, indicator_id
),

entries as (
    select
        outlets.enterprise_id,
        outlets._row_id,
        outlets.region_code,
        outlets.outlet_id,
        'outlet' as entry_kind,
        outlets.urbanicity as entry_class,
        cast(outlets.service_radius_km as decimal(18, 6)) as quantity,
        case outlets.urbanicity
            when 'urban' then outlets.service_radius_km <= limits.urban_radius_km
            when 'suburban' then outlets.service_radius_km <= limits.suburban_radius_km
        end as is_fulfilled,
        cast(outlets.open_days_per_week as decimal(18, 6)) as open_days,
        cast(outlets.open_hours_per_day as decimal(18, 6)) as open_hours,
        outlets.open_days_per_week >= limits.open_days_per_week as is_open_days_enough,
        outlets.open_hours_per_day >= limits.open_hours_per_day as is_open_hours_enough,
        outlets.has_service_system as has_system,
        cast(1 as decimal(18, 6)) as weight
    from {{ ref('int_outlets_in_force') }} as outlets
    cross join limits
    where outlets.is_active
    union all
    select
        equipment.enterprise_id,
        equipment._row_id,
        outlets.region_code,
        equipment.outlet_id,
        'equipment' as entry_kind,
        equipment.core_item as entry_class,
        cast(null as decimal(18, 6)) as quantity,
        equipment.calibrated_until >= {{ last_day() }} as is_fulfilled,
        cast(null as decimal(18, 6)) as open_days,
        cast(null as decimal(18, 6)) as open_hours,
        cast(null as boolean) as is_open_days_enough,
        cast(null as boolean) as is_open_hours_enough,
        cast(null as boolean) as has_system,
        cast(1 as decimal(18, 6)) as weight
    from {{ source('clean', 'equipment') }} as equipment
    inner join {{ ref('int_outlets_in_force') }} as outlets
        on equipment.enterprise_id = outlets.enterprise_id and equipment.outlet_id = outlets.outlet_id and outlets.is_active
    where {{ in_force('equipment.valid_from', 'equipment.valid_to', last_day()) }}
    union all
    select
        steps.enterprise_id,
        steps._row_id,
        cast(null as {{ dbt.type_string() }}) as region_code,
        cast(null as {{ dbt.type_string() }}) as outlet_id,
        'step' as entry_kind,
        steps.step_id as entry_class,
        cast(null as decimal(18, 6)) as quantity,
        steps.monitored_since <= {{ last_day() }} as is_fulfilled,
        cast(null as decimal(18, 6)) as open_days,
        cast(null as decimal(18, 6)) as open_hours,
        cast(null as boolean) as is_open_days_enough,
        cast(null as boolean) as is_open_hours_enough,
        cast(null as boolean) as has_system,
        cast(1 as decimal(18, 6)) as weight
    from {{ source('clean', 'process_steps') }} as steps
    where steps.is_key and {{ in_force('steps.valid_from', 'steps.valid_to', last_day()) }}
    union all
    select
        items.enterprise_id,
        items._row_id,
        cast(null as {{ dbt.type_string() }}) as region_code,
        cast(null as {{ dbt.type_string() }}) as outlet_id,
        'price_item' as entry_kind,
        items.item_id as entry_class,
        cast(null as decimal(18, 6)) as quantity,
        items.is_published as is_fulfilled,
        cast(null as decimal(18, 6)) as open_days,
        cast(null as decimal(18, 6)) as open_hours,
        cast(null as boolean) as is_open_days_enough,
        cast(null as boolean) as is_open_hours_enough,
        cast(null as boolean) as has_system,
        cast(1 as decimal(18, 6)) as weight
    from {{ source('clean', 'price_items') }} as items
    where items.is_chargeable and {{ in_force('items.valid_from', 'items.valid_to', last_day()) }}
    union all
    select
        items.enterprise_id,
        items._row_id,
        cast(null as {{ dbt.type_string() }}) as region_code,
        cast(null as {{ dbt.type_string() }}) as outlet_id,
        'checklist:' || items.indicator_id as entry_kind,
        items.item as entry_class,
        cast(items.achieved as decimal(18, 9)) as quantity,
        cast(null as boolean) as is_fulfilled,
        cast(null as decimal(18, 6)) as open_days,
        cast(null as decimal(18, 6)) as open_hours,
        cast(null as boolean) as is_open_days_enough,
        cast(null as boolean) as is_open_hours_enough,
        cast(null as boolean) as has_system,
        cast(items.weight as decimal(18, 6)) as weight
    from {{ source('clean', 'checklist_items') }} as items
    inner join latest_assessments as latest
        on
            items.enterprise_id = latest.enterprise_id
            and items.indicator_id = latest.indicator_id
            and items.assessed_on = latest.assessed_on
)

select
    {{ quarter() }} as quarter,
    entries.*
from entries
