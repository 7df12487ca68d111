with hazards as (
    select
        hazards.*,
        cast(hazards.fixed_at as date) <= hazards.due_on as is_fixed_by_due_day
    from {{ source('clean', 'safety_hazards') }} as hazards
    inner join {{ ref('int_quarters') }} as quarters on hazards.quarter = quarters.quarter
),

flagged as (
    {{ times_recorded('hazards', 'fixed_at', 'fixed_in_time') }}
)

select
    hazards.enterprise_id,
    hazards.quarter,
    hazards._row_id,
    {{ first_of_month('hazards.due_on') }} as month_start,
    'hazard' as event_kind,
    cast(null as {{ dbt.type_string() }}) as project_kind,
    {{ decided('hazards.is_fixed_by_due_day', 'hazards.fixed_in_time', 'is_fixed_in_time') }},
    cast(null as {{ dbt.type_string() }}) as suggestion_source,
    cast(null as boolean) as is_evaluated,
    cast(null as boolean) as adopted
from hazards
inner join flagged on hazards.enterprise_id = flagged.enterprise_id and hazards.quarter = flagged.quarter
union all
select
    suggestions.enterprise_id,
    suggestions.quarter,
    suggestions._row_id,
    {{ first_of_month('suggestions.submitted_at') }} as month_start,
    'suggestion' as event_kind,
    cast(null as {{ dbt.type_string() }}) as project_kind,
    cast(null as boolean) as is_reported,
    cast(null as boolean) as is_fixed_in_time,
    cast(null as boolean) as is_flag_compared,
    cast(null as boolean) as is_flag_contradicted,
    suggestions.source as suggestion_source,
    suggestions.evaluated_at is not null as is_evaluated,
    suggestions.adopted
from {{ source('clean', 'suggestions') }} as suggestions
inner join {{ ref('int_quarters') }} as quarters on suggestions.quarter = quarters.quarter
union all
select
    projects.enterprise_id,
    projects.quarter,
    projects._row_id,
    {{ first_of_month('projects.effective_on') }} as month_start,
    'project' as event_kind,
    projects.kind as project_kind,
    cast(null as boolean) as is_reported,
    cast(null as boolean) as is_fixed_in_time,
    cast(null as boolean) as is_flag_compared,
    cast(null as boolean) as is_flag_contradicted,
    cast(null as {{ dbt.type_string() }}) as suggestion_source,
    cast(null as boolean) as is_evaluated,
    cast(null as boolean) as adopted
from {{ source('clean', 'improvement_projects') }} as projects
inner join {{ ref('int_quarters') }} as quarters on projects.quarter = quarters.quarter
where projects.effective_on is not null
