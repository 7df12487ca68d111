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

requests as (
    select
        enterprise_id,
        request_id,
        response_seconds,
        resolution_seconds,
        is_repeated,
        is_first_contact_resolution
    from {{ ref('int_request_measures') }}
    where quarter = {{ quarter() }}
),

answered as (
    select
        requests.*,
        answers.satisfaction
    from requests
    inner join answers on requests.enterprise_id = answers.enterprise_id and requests.request_id = answers.request_id
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

-- Few requests have answers, so that those alone are looked at where a pair wants them
pairs_of_values as (
    {%- for relation, condition in [
        ('answered', "(pairs.x_measure = 'satisfaction' or pairs.y_measure = 'satisfaction')"),
        ('(select *, cast(null as decimal(18, 6)) as satisfaction from requests)', "pairs.x_measure <> 'satisfaction' and pairs.y_measure <> 'satisfaction'"),
    ] %}
    select
        figures.enterprise_id,
        'requests' as unit,
        pairs.x_measure,
        pairs.y_measure,
        {{ pair_value('pairs.x_measure') }} as x,
        {{ pair_value('pairs.y_measure') }} as y,
        {{ bins_per_unit('pairs.x_measure') }} as x_bins,
        {{ bins_per_unit('pairs.y_measure') }} as y_bins
    from {{ relation }} as figures
    cross join pairs
    left join visits on figures.enterprise_id = visits.enterprise_id and figures.request_id = visits.request_id
    where
        {{ condition }}
        and {{ has_pair_value('pairs.x_measure') }}
        and {{ has_pair_value('pairs.y_measure') }}
    union all
    {%- endfor %}
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
),

cells as (
    select
        enterprise_id,
        unit,
        x_measure,
        y_measure,
        x_bin,
        y_bin,
        {{ pair_sums_of_cell() }}
    from binned
    group by enterprise_id, unit, x_measure, y_measure, x_bin, y_bin
),

counted as (
    select
        {%- for name, _, _, given in pair_measures() if given %}
        count({{ given }}) as {{ name }},
        {%- endfor %}
        enterprise_id
    from requests
    group by enterprise_id
),

-- How many requests have each figure
having_figure as (
    {%- for name, _, _, given in pair_measures() if given %}
    select
        enterprise_id,
        '{{ name }}' as measure,
        {{ name }} as request_count
    from counted
    union all
    {%- endfor %}
    select
        counted.enterprise_id,
        'satisfaction' as measure,
        count(answered.request_id) as request_count
    from counted
    left join answered on counted.enterprise_id = answered.enterprise_id
    group by counted.enterprise_id
),

having_both as (
    select
        enterprise_id,
        x_measure,
        y_measure,
        sum(n) as request_count
    from cells
    where unit = 'requests'
    group by enterprise_id, x_measure, y_measure
)

select
    enterprise_id,
    {{ quarter() }} as quarter,
    unit,
    x_measure,
    y_measure,
    x_bin,
    y_bin,
    n,
    sum_x,
    sum_y,
    sum_xx,
    sum_yy,
    sum_xy,
    excluded
from cells
union all
-- The requests that have one figure of a pair only
select
    having_x.enterprise_id,
    {{ quarter() }} as quarter,
    'requests' as unit,
    pairs.x_measure,
    pairs.y_measure,
    null as x_bin,
    null as y_bin,
    0 as n,
    null as sum_x,
    null as sum_y,
    null as sum_xx,
    null as sum_yy,
    null as sum_xy,
    cast(having_x.request_count + having_y.request_count - 2 * coalesce(having_both.request_count, 0) as bigint) as excluded
from pairs
inner join having_figure as having_x on pairs.x_measure = having_x.measure
inner join having_figure as having_y on pairs.y_measure = having_y.measure and having_x.enterprise_id = having_y.enterprise_id
left join having_both
    on
        having_x.enterprise_id = having_both.enterprise_id
        and pairs.x_measure = having_both.x_measure
        and pairs.y_measure = having_both.y_measure
