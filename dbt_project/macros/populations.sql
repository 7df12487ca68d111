{#- Who and what is counted where a model counts rows of registers, one row each: the model sums them, the analysis of its name lists them
    for `asq explain --records`. -#}

{#- Every month's last day in the quarters that are counted. -#}
{% macro month_ends() -%}
    select
        quarters.quarter,
        quarters.last_day,
        calendar.date_day
    from {{ ref('dim_calendar') }} as calendar
    inner join {{ ref('int_quarters') }} as quarters
        on calendar.date_day >= quarters.first_day and calendar.date_day < quarters.end_day
    where calendar.date_day = {{ dbt.last_day('calendar.date_day', 'month') }}
{%- endmacro %}

{#- Dedicated vehicles in service on a month's last day, one row per month; the query has the CTE month_ends. -#}
{% macro vehicles_on_month_ends() -%}
    select
        vehicles.enterprise_id,
        vehicles._row_id,
        month_ends.quarter
    from {{ source('clean', 'vehicles') }} as vehicles
    inner join month_ends
        on
            {{ in_force('vehicles.valid_from', 'vehicles.valid_to', 'month_ends.last_day') }}
            and vehicles.in_service_on <= month_ends.date_day
            and (vehicles.retired_on is null or month_ends.date_day < vehicles.retired_on)
    where vehicles.is_dedicated
{%- endmacro %}

{#- Service staff employed on a month's last day, one row per month; the query has the CTE month_ends. -#}
{% macro service_staff_on_month_ends() -%}
    select
        staff.enterprise_id,
        staff._row_id,
        staff.role,
        month_ends.quarter
    from {{ source('clean', 'staff') }} as staff
    inner join month_ends
        on
            {{ in_force('staff.valid_from', 'staff.valid_to', 'month_ends.last_day') }}
            and staff.hired_on <= month_ends.date_day
            and (staff.left_on is null or month_ends.date_day < staff.left_on)
    where staff.is_service_staff
{%- endmacro %}

{#- Working days of service staff between entry and exit, one row per person and quarter. -#}
{% macro working_days_of_service_staff() -%}
    select
        staff.enterprise_id,
        staff._row_id,
        quarters.quarter,
        last_day.workdays_through - first_day.workdays_before as working_days
    from {{ source('clean', 'staff') }} as staff
    inner join {{ ref('int_quarters') }} as quarters
        on
            {{ in_force('staff.valid_from', 'staff.valid_to', 'quarters.last_day') }}
            and staff.hired_on < quarters.end_day
            and (staff.left_on is null or quarters.first_day < staff.left_on)
    inner join {{ ref('dim_calendar') }} as first_day
        on first_day.date_day = greatest(staff.hired_on, quarters.first_day)
    inner join {{ ref('dim_calendar') }} as last_day
        on last_day.date_day = cast({{ dbt.dateadd('day', -1, 'least(coalesce(staff.left_on, quarters.end_day), quarters.end_day)') }} as date)
    where staff.is_service_staff
{%- endmacro %}

{#- Complaint channels in force on the last day, and whether each is open: published, and probed or used in the period; the query has the
    CTE periods. -#}
{% macro complaint_channels_in_force() -%}
    select
        periods.period,
        channels.enterprise_id,
        channels.quarter,
        channels._row_id,
        channels.published and (
            (channels.last_probe_passed_on >= periods.first_day and channels.last_probe_passed_on < periods.end_day)
            or complaints.channel is not null
        ) as is_open
    from {{ source('clean', 'complaint_channels') }} as channels
    cross join periods
    left join (
        select distinct
            quarters.period,
            complaints.enterprise_id,
            complaints.channel
        from {{ source('clean', 'complaints') }} as complaints
        inner join {{ ref('int_period_quarters') }} as quarters
            on complaints.quarter = quarters.quarter and quarters.period_role = 'current'
    ) as complaints
        on
            periods.period = complaints.period
            and channels.enterprise_id = complaints.enterprise_id
            and channels.channel = complaints.channel
    where {{ in_force('channels.valid_from', 'channels.valid_to', last_day()) }}
{%- endmacro %}
