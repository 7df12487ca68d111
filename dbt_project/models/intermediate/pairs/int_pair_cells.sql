with pairs as (
    select
        x_measure,
        y_measure
    from {{ of_run('pairs') }}
),

answers as (
    select
        answers.enterprise_id,
        responses.request_id,
        sum(cast((answers.score - answers.scale_min) * 100.0 / (answers.scale_max - answers.scale_min) as decimal(18, 6))) / count(*) as satisfaction
    from {{ ref('int_survey_answers') }} as answers
    inner join {{ source('clean', 'survey_responses') }} as responses
        on
            answers.enterprise_id = responses.enterprise_id
            and answers.quarter = responses.quarter
            and answers.response_id = responses.response_id
    where answers.measures = 'O2-1' and answers.survey_type <> 'mystery' and answers.score is not null and responses.request_id is not null
    group by answers.enterprise_id, responses.request_id
),

-- Counted only for a pair that asks for them
visits as (
    select
        enterprise_id,
        request_id,
        count(*) as visit_count
    from {{ source('clean', 'onsite_visits') }}
    where
        outcome = 'done'
        and (
            select count(*)
            from pairs
            where x_measure = 'visits' or y_measure = 'visits'
        ) > 0
    group by enterprise_id, request_id
),

figures as (
    select
        {%- for name, value, _ in pair_measures() %}
        cast({{ value }} as decimal(18, 6)) as {{ name }},
        {%- endfor %}
        requests.enterprise_id
    from {{ ref('int_request_measures') }} as requests
    left join answers on requests.enterprise_id = answers.enterprise_id and requests.request_id = answers.request_id
    left join visits on requests.enterprise_id = visits.enterprise_id and requests.request_id = visits.request_id
    where requests.quarter = {{ quarter() }}
),

-- The days of the quarter's posts that need a certificate, and the requests that each person handled
staff as (
    select
        certificates.enterprise_id,
        cast(certificates.certified_days * 1.0 / certificates.required_days as decimal(18, 6)) as x,
        cast(requests.numerator / nullif(requests.denominator, 0) as decimal(18, 6)) as y
    from {{ ref('int_staff_measures') }} as certificates
    left join {{ ref('int_request_parts') }} as requests
        on
            certificates.enterprise_id = requests.enterprise_id
            and certificates.staff_id = requests.scope_id
            and certificates.quarter = requests.quarter
            and requests.scope_type = 'staff'
            and requests.indicator_id = 'O1-1'
            and requests.variant = ''
    where certificates.period = {{ quarter() }} and certificates.required_days > 0
),

pairs_of_values as (
    select
        figures.enterprise_id,
        'requests' as unit,
        pairs.x_measure,
        pairs.y_measure,
        {{ pair_value('pairs.x_measure') }} as x,
        {{ pair_value('pairs.y_measure') }} as y,
        {{ bins_per_unit('pairs.x_measure') }} as x_bins,
        {{ bins_per_unit('pairs.y_measure') }} as y_bins
    from figures
    cross join pairs
    union all
    select
        enterprise_id,
        'staff' as unit,
        'certified_share' as x_measure,
        'first_contact_share' as y_measure,
        x,
        y,
        1000 as x_bins,
        1000 as y_bins
    from staff
),

-- Rows without one of the two values are one cell
binned as (
    select
        enterprise_id,
        unit,
        x_measure,
        y_measure,
        x,
        y,
        cast(round(case when y is not null then x * x_bins end) as bigint) as x_bin,
        cast(round(case when x is not null then y * y_bins end) as bigint) as y_bin
    from pairs_of_values
)

select
    enterprise_id,
    {{ quarter() }} as quarter,
    unit,
    x_measure,
    y_measure,
    x_bin,
    y_bin,
    {{ pair_sums_of_cell() }}
from binned
group by enterprise_id, unit, x_measure, y_measure, x_bin, y_bin
