-- The indicator values of one quarter, straight from its landing Parquet files: one script, DuckDB's own dialect.
-- Long on purpose: one script, as an engineer would write it without this project.
-- What it does not do: it takes every row as it is; registers have both bounds of their versions.
-- Variables set by the caller: landing, holidays, quarter, first_day, end_day.
-- With one quarter of data the year to date and the trailing year hold the same records as the quarter.

set variable last_day = getvariable('end_day') - 1;

create temp table periods as
select *
from (values
    (getvariable('quarter'), getvariable('first_day'), date_trunc('year', getvariable('first_day'))::date),
    (getvariable('quarter') || '-YTD', date_trunc('year', getvariable('first_day'))::date, date_trunc('year', getvariable('first_day'))::date),
    (getvariable('quarter') || '-TTM', (getvariable('end_day') - interval 1 year)::date, (getvariable('end_day') - interval 1 year)::date)
) as t(period, first_day, measured_from);

create temp macro source(name) as table from read_parquet(getvariable('landing') || '/' || name || '.parquet');

-- in force on a day, start <= day < end
create temp macro in_force(start_on, end_on, on_day) as
    (start_on is null or start_on <= on_day) and (end_on is null or on_day < end_on);

create temp macro in_quarter(moment) as moment >= getvariable('first_day') and moment < getvariable('end_day');

create temp macro seconds(start_at, end_at) as (epoch_us(end_at) - epoch_us(start_at)) / 1e6;

-- Seconds since midnight; service hours are 08:30 to 18:00 every day
create temp macro seconds_of_day(moment) as (epoch_us(moment) % 86400000000) / 1e6;
create temp macro service_clock(moment) as (epoch_us(moment) // 86400000000) * 34200 + greatest(least(seconds_of_day(moment), 64800) - 30600, 0);

create temp table calendar as
select
    d.day::date as day,
    coalesce(h.is_workday, isodow(d.day) <= 5) as is_workday,
    sum(coalesce(h.is_workday, isodow(d.day) <= 5)::int) over (order by d.day)::bigint as workdays_through,
    workdays_through - coalesce(h.is_workday, isodow(d.day) <= 5)::int as workdays_before
from range(getvariable('first_day') - interval 2 year, getvariable('end_day') + interval 2 year, interval 1 day) as d(day)
left join read_csv(getvariable('holidays')) as h on h.date = d.day::date;

-- One measured part of a group: a rate, a mean of seconds (or of anything) with the share within its limit, a ratio
create temp macro rate(indicator, variant, cases, hits) as {
    'indicator_id': indicator, 'variant': variant, 'numerator': coalesce(hits, 0)::double, 'denominator': cases::double, 'divisor': 1.0::double,
    'cases': cases::bigint, 'within': null::bigint, 'spread': null::double
};
create temp macro mean(indicator, variant, total, n, cases, within, divisor) as {
    'indicator_id': indicator, 'variant': variant, 'numerator': total::double, 'denominator': n::double, 'divisor': divisor::double,
    'cases': cases::bigint, 'within': within::bigint, 'spread': null::double
};
-- The mean of x where ``counted``; with its sample deviation, if the caller has defined ``spread``
create temp macro if not exists spread(x, counted) as null::double;
create temp macro mean_of(indicator, variant, x, counted, cases, within, divisor) as {
    'indicator_id': indicator, 'variant': variant, 'numerator': (sum(x) filter (where counted))::double,
    'denominator': (count(x) filter (where counted))::double, 'divisor': divisor::double, 'cases': cases::bigint, 'within': within::bigint,
    'spread': spread(x, counted)::double
};
-- Smallest, median, P90, P95 and largest
create temp macro ordered(indicator, n, low, quantiles, high, divisor) as {
    'indicator_id': indicator, 'n': n, 'values': [low::double, quantiles[1]::double, quantiles[2]::double, quantiles[3]::double, high::double],
    'divisor': divisor::double
};

create temp table parts (
    enterprise_id varchar, scope_type varchar, scope_id varchar, indicator_id varchar, variant varchar, numerator double,
    denominator double, divisor double, cases bigint, within bigint, spread double, period varchar default null
);
create temp table statistics (
    enterprise_id varchar, scope_type varchar, scope_id varchar, indicator_id varchar, n bigint, "values" double[], divisor double
);

------------------------------------------------------------------------------------------------------------------------
-- Service requests: what one request contributes

-- What else the caller wants to keep of a request
create temp macro if not exists further(requested_at, product_model, issue_class, service_type, urgency, complexity, status) as null;

-- Those merged into one that counts, step by step; the others count by themselves
create temp table merged_away as
with recursive steps as (
    select enterprise_id, request_id, merged_into as reached from source('service_requests') where merged_into is not null
    union
    select steps.enterprise_id, steps.request_id, later.merged_into
    from steps
    inner join source('service_requests') as later on steps.enterprise_id = later.enterprise_id and steps.reached = later.request_id
    where later.merged_into is not null
)

select distinct steps.enterprise_id, steps.request_id
from steps
inner join source('service_requests') as last on steps.enterprise_id = last.enterprise_id and steps.reached = last.request_id
where last.merged_into is null and last.is_test is not true;

create temp table requests as
with scoped as not materialized (
    select
        *,
        coalesce('serial:' || product_serial, 'model:' || product_model, 'category:' || product_category) as product,
        case when service_type = 'repair' then product_serial end as repaired
    from source('service_requests')
    anti join merged_away using (enterprise_id, request_id)
    where is_test is not true
),

-- Repairs of one product and fault that came again; only their few columns go through the ordered join
repeated as (
    select a.enterprise_id, a.request_id
    from (from scoped where repaired is not null and resolved_at is not null) as a
    asof join (from scoped where repaired is not null) as b
        on a.enterprise_id = b.enterprise_id and a.repaired = b.repaired and a.issue_class = b.issue_class and a.resolved_at < b.requested_at
    where b.requested_at <= a.resolved_at + interval 30 day
),

followed as (
    select
        *,
        customer_id is not null and issue_class is not null and product is not null as is_traceable,
        first_value(requested_at) over (
            partition by enterprise_id, customer_id, product, issue_class
            order by requested_at
            groups between 1 following and 1 following
        ) as next_requested_at
    from scoped
)

select
    r.enterprise_id,
    r.request_id,
    r.customer_id,
    r.region_code,
    r.outlet_id,
    r.staff_id,
    r.channel,
    r.product_category,
    r.urgency = 'urgent' as is_urgent,
    r.complexity = 'general' as is_general,
    r.complexity = 'complex' as is_complex,
    seconds(r.requested_at, r.responded_at) as response_seconds,
    seconds(r.responded_at, r.resolved_at) - coalesce(r.paused_seconds, 0) as resolution_seconds,
    seconds(r.requested_at, r.resolved_at) as total_seconds,
    case
        when r.responded_at is not null and r.resolved_at is not null then greatest(
            (resolved_day.workdays_before - responded_day.workdays_before) * 86400
            + case when resolved_day.is_workday then seconds_of_day(r.resolved_at) else 0 end
            - case when responded_day.is_workday then seconds_of_day(r.responded_at) else 0 end
            - coalesce(r.paused_seconds, 0), 0
        )
    end as working_seconds,
    service_clock(r.resolved_at) - service_clock(r.responded_at) as service_seconds,
    r.resolved_at is not null as is_resolved,
    r.status = 'closed' as is_closed,
    r.status in ('resolved', 'closed') and r.contact_count = 1 as is_one_touch,
    r.reopened_count = 0 and r.customer_confirmed is distinct from false as is_not_disputed,
    -- not known without customer, issue or product: the next request about the same would not be recognised
    case when r.is_traceable then (r.next_requested_at <= r.requested_at + interval 7 day) is not true end as has_no_contact_in_7_days,
    case when r.is_traceable then (r.next_requested_at <= r.requested_at + interval 30 day) is not true end as has_no_contact_in_30_days,
    is_one_touch and is_not_disputed and has_no_contact_in_7_days as is_solved_at_once,
    is_not_disputed and has_no_contact_in_30_days as is_solved_for_good,
    r.issue_class is not null as has_issue,
    r.customer_confirmed,
    r.channel = 'onsite' as is_onsite,
    r.service_type = 'repair' and r.resolved_at is not null as is_repair_done,
    repeated.request_id is not null as is_repair_repeated,
    case when r.performance_ratio > 1 then 1 else round(r.performance_ratio, 9) end as recovered_performance,
    r.acceptance_passed,
    r.personalised_plan,
    r.special_need,
    r.special_need_met,
    r.notices_required > 0 as is_notice_required,
    coalesce(r.notices_sent, 0) >= r.notices_required as is_notified,
    r.form_fields_required > 0 as has_form,
    r.form_fields_valid >= r.form_fields_required as is_form_valid,
    r.charged_amount > 0 as is_paid,
    r.charged_amount > r.quoted_amount and r.scope_change_signed is not true as is_overcharged,
    r.has_service_error,
    further(r.requested_at, r.product_model, r.issue_class, r.service_type, r.urgency, r.complexity, r.status) as further
from followed as r
left join repeated on r.enterprise_id = repeated.enterprise_id and r.request_id = repeated.request_id
left join calendar as responded_day on responded_day.day = r.responded_at::date
left join calendar as resolved_day on resolved_day.day = r.resolved_at::date
where in_quarter(r.requested_at);

create temp table requests_of as
select
    enterprise_id,
    case
        when grouping(region_code) = 0 then 'region'
        when grouping(outlet_id) = 0 then 'outlet'
        when grouping(staff_id) = 0 then 'staff'
        when grouping(channel) = 0 then 'channel'
        when grouping(product_category) = 0 then 'product_category'
        else 'enterprise'
    end as scope_type,
    coalesce(region_code, outlet_id, staff_id, channel, product_category) as place,
    count(*) as requests,
    count_if(is_repair_done) as repairs,
    [
        mean_of('P2-1c', '', response_seconds, is_urgent, count_if(is_urgent), count_if(is_urgent and response_seconds <= 15 * 60), 60),
        mean_of('P2-3a', '', resolution_seconds, is_general, count_if(is_general), count_if(is_general and resolution_seconds <= 4 * 3600), 3600),
        mean_of('P2-3a', 'service_hours', service_seconds, is_general, count_if(is_general), null, 3600),
        mean_of('P2-3a', 'customer_total_time', total_seconds, is_general, count_if(is_general), null, 3600),
        mean_of('P2-3a', 'customer_total_time_all_requests', total_seconds, true, count(*), null, 3600),
        mean_of('P2-3b', '', working_seconds, is_complex, count_if(is_complex), count_if(is_complex and working_seconds <= 3 * 86400), 86400),
        mean_of('P2-3b', 'natural_days', resolution_seconds, is_complex, count_if(is_complex), null, 86400),
        mean_of('P2-3b', 'customer_total_time', total_seconds, is_complex, count_if(is_complex), null, 86400),
        rate('P3-3', '', count_if(has_form), count_if(has_form and is_form_valid)),
        rate('P4-2', '', count_if(is_notice_required and not is_one_touch), count_if(is_notice_required and not is_one_touch and is_notified)),
        rate('P5-1', '', count(*), count_if(personalised_plan)),
        rate('P5-2', '', count_if(special_need), count_if(special_need and special_need_met)),
        rate('O1-1', '', count(is_solved_at_once), count_if(is_solved_at_once)),
        rate('O1-1', 'one_touch', count(is_one_touch), count_if(is_one_touch)),
        rate('O1-1', 'survey_confirmed', count_if(customer_confirmed is not null and is_one_touch is not null), count_if(is_one_touch and customer_confirmed)),
        rate('O1-1', 'without_onsite', count_if(not is_onsite and is_solved_at_once is not null), count_if(not is_onsite and is_solved_at_once)),
        rate('O1-2', '', count_if(is_repair_done and has_issue), count_if(is_repair_done and has_issue and is_repair_repeated)),
        rate('O1-3', '', count_if(is_closed and is_solved_for_good is not null), count_if(is_closed and is_solved_for_good)),
        mean_of('O1-4', 'measured_ratio', recovered_performance, is_repair_done, count_if(is_repair_done), null, 1),
        rate('O1-4', 'acceptance_passed', count_if(is_repair_done and acceptance_passed is not null), count_if(is_repair_done and acceptance_passed)),
        rate('O3-2', '', count_if(is_paid), count_if(is_paid and is_overcharged)),
        rate('O3-2', 'of_all_requests', count(*), count_if(is_paid and is_overcharged))
    ] as measured,
    [
        ordered('P2-1c', count(response_seconds) filter (where is_urgent), min(response_seconds) filter (where is_urgent),
            quantile_cont(response_seconds, [0.5, 0.9, 0.95]) filter (where is_urgent), max(response_seconds) filter (where is_urgent), 60),
        ordered('P2-3a', count(resolution_seconds) filter (where is_general), min(resolution_seconds) filter (where is_general),
            quantile_cont(resolution_seconds, [0.5, 0.9, 0.95]) filter (where is_general), max(resolution_seconds) filter (where is_general), 3600),
        ordered('P2-3b', count(working_seconds) filter (where is_complex), min(working_seconds) filter (where is_complex),
            quantile_cont(working_seconds, [0.5, 0.9, 0.95]) filter (where is_complex), max(working_seconds) filter (where is_complex), 86400)
    ] as in_order
from requests
group by grouping sets (
    (enterprise_id), (enterprise_id, region_code), (enterprise_id, outlet_id), (enterprise_id, staff_id), (enterprise_id, channel),
    (enterprise_id, product_category)
)
having scope_type = 'enterprise' or place is not null;

insert into parts by name
select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(measured, recursive := true) from requests_of;

insert into statistics by name
select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(in_order, recursive := true) from requests_of;

-- O1-4: the mean ratio where four fifths of the repairs were measured, else the share that passed
insert into parts by name
select * replace ('' as variant)
from parts
where
    indicator_id = 'O1-4'
    and variant = case
        when (
            select m.denominator >= 0.8 * m.cases
            from parts as m
            where m.indicator_id = 'O1-4' and m.variant = 'measured_ratio' and m.enterprise_id = parts.enterprise_id
                and m.scope_type = parts.scope_type and m.scope_id = parts.scope_id
        ) then 'measured_ratio' else 'acceptance_passed'
    end;

------------------------------------------------------------------------------------------------------------------------
-- Hotline calls and online sessions; what belongs to a test request is a test too

create temp table tests as
select enterprise_id, request_id from source('service_requests') where is_test;

create temp table calls_of as
with calls as (
    select
        enterprise_id,
        staff_id,
        outcome = 'answered' as is_answered,
        outcome in ('answered', 'abandoned', 'rejected') and in_service_hours as is_offered,
        outcome in ('answered', 'abandoned', 'rejected') and not in_service_hours as is_offered_out_of_hours,
        outcome = 'abandoned' and seconds(queued_at, ended_at) < 5 as is_short_abandon,
        seconds(queued_at, answered_at) as wait_seconds
    from source('hotline_calls')
    anti join tests using (enterprise_id, request_id)
    where in_quarter(queued_at)
)

select
    enterprise_id,
    if(grouping(staff_id) = 0, 'staff', 'enterprise') as scope_type,
    coalesce(staff_id, enterprise_id) as scope_id,
    [
        rate('P1-1', '', count_if(is_offered), count_if(is_offered and is_answered)),
        rate('P1-1', 'without_short_abandons', count_if(is_offered and is_short_abandon is not true), count_if(is_offered and is_answered)),
        rate('P1-1', 'out_of_hours', count_if(is_offered_out_of_hours), count_if(is_offered_out_of_hours and is_answered)),
        rate('P1-2', '', count_if(is_offered), count_if(is_offered and is_answered and wait_seconds <= 15)),
        rate('P1-2', 'of_answered', count_if(is_offered and is_answered), count_if(is_offered and is_answered and wait_seconds <= 15)),
        mean_of('P2-1a', '', wait_seconds, is_answered, count_if(is_answered), count_if(is_answered and wait_seconds <= 30), 1)
    ] as measured,
    ordered('P2-1a', count(wait_seconds) filter (where is_answered), min(wait_seconds) filter (where is_answered),
        quantile_cont(wait_seconds, [0.5, 0.9, 0.95]) filter (where is_answered), max(wait_seconds) filter (where is_answered), 1) as in_order
from calls
group by grouping sets ((enterprise_id), (enterprise_id, staff_id))
having grouping(staff_id) = 1 or staff_id is not null;

insert into parts by name
select * from (select enterprise_id, scope_type, scope_id, unnest(measured, recursive := true) from calls_of)
where scope_type = 'enterprise' or indicator_id = 'P2-1a' or variant = 'of_answered';

-- Answered calls of which none has the time of its answer say nothing about waits
delete from parts
where
    indicator_id = 'P1-2'
    and enterprise_id in (
        select enterprise_id from parts where indicator_id = 'P2-1a' and scope_type = 'enterprise' and cases > 0 and denominator = 0
    );

insert into statistics by name
select enterprise_id, scope_type, scope_id, unnest([in_order], recursive := true) from calls_of;

create temp table sessions_of as
with sessions as (
    select
        enterprise_id,
        staff_id,
        is_live,
        seconds(opened_at, first_human_reply_at) as reply_seconds,
        service_clock(first_human_reply_at) - service_clock(opened_at) as reply_service_seconds
    from source('online_sessions')
    anti join tests using (enterprise_id, request_id)
    where in_quarter(opened_at)
)

select
    enterprise_id,
    if(grouping(staff_id) = 0, 'staff', 'enterprise') as scope_type,
    coalesce(staff_id, enterprise_id) as scope_id,
    [
        rate('P1-3', '', count(*), count_if(reply_seconds <= 30 * 60)),
        rate('P1-3', 'service_hours', count(*), count_if(reply_service_seconds <= 30 * 60)),
        mean_of('P2-1b', '', reply_seconds, is_live, count_if(is_live), count_if(is_live and reply_seconds <= 5 * 60), 60)
    ] as measured,
    ordered('P2-1b', count(reply_seconds) filter (where is_live), min(reply_seconds) filter (where is_live),
        quantile_cont(reply_seconds, [0.5, 0.9, 0.95]) filter (where is_live), max(reply_seconds) filter (where is_live), 60) as in_order
from sessions
group by grouping sets ((enterprise_id), (enterprise_id, staff_id))
having grouping(staff_id) = 1 or staff_id is not null;

insert into parts by name
select enterprise_id, scope_type, scope_id, unnest(measured, recursive := true) from sessions_of;

insert into statistics by name
select enterprise_id, scope_type, scope_id, unnest([in_order], recursive := true) from sessions_of;

------------------------------------------------------------------------------------------------------------------------
-- Visits, appointments (those of merged requests were made all the same), complaints

create temp table outlets as
select *, opened_on <= getvariable('last_day') and (closed_on is null or getvariable('last_day') < closed_on) as is_active
from source('outlets')
where in_force(valid_from, valid_to, getvariable('last_day'));

insert into parts by name
with visits as (
    select
        v.enterprise_id, q.region_code, v.outlet_id, v.staff_id, q.product_category,
        v.outcome in ('done', 'missed', 'rescheduled_by_company') as is_due,
        case when v.outcome = 'done' then seconds(v.appointed_at, v.arrived_at) / 60 end as minutes_late
    from source('onsite_visits') as v
    left join source('service_requests') as q on q.enterprise_id = v.enterprise_id and q.request_id = v.request_id
    where in_quarter(v.appointed_at) and q.is_test is not true
),

grouped as (
    select
        enterprise_id,
        case
            when grouping(region_code) = 0 then 'region'
            when grouping(outlet_id) = 0 then 'outlet'
            when grouping(staff_id) = 0 then 'staff'
            when grouping(product_category) = 0 then 'product_category'
            else 'enterprise'
        end as scope_type,
        coalesce(region_code, outlet_id, staff_id, product_category) as place,
        [
            rate('P2-2', '', count_if(is_due), count_if(is_due and abs(minutes_late) <= 30)),
            rate('P2-2', 'too_early', count_if(is_due), count_if(is_due and minutes_late < -30)),
            rate('P2-2', 'too_late', count_if(is_due), count_if(is_due and minutes_late > 30))
        ] as measured
    from visits
    group by grouping sets (
        (enterprise_id), (enterprise_id, region_code), (enterprise_id, outlet_id), (enterprise_id, staff_id),
        (enterprise_id, product_category)
    )
    having scope_type = 'enterprise' or place is not null
)

select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(measured, recursive := true) from grouped;

insert into parts by name
with appointments as (
    select
        a.enterprise_id, q.region_code, q.outlet_id, q.channel, q.product_category,
        offered.workdays_through - requested.workdays_through <= 3 as is_in_time
    from source('appointments') as a
    left join source('service_requests') as q on q.enterprise_id = a.enterprise_id and q.request_id = a.request_id
    left join calendar as requested on requested.day = a.requested_at::date
    left join calendar as offered on offered.day = a.earliest_offered_on
    where in_quarter(a.requested_at) and q.is_test is not true
),

grouped as (
    select
        enterprise_id,
        case
            when grouping(region_code) = 0 then 'region'
            when grouping(outlet_id) = 0 then 'outlet'
            when grouping(channel) = 0 then 'channel'
            when grouping(product_category) = 0 then 'product_category'
            else 'enterprise'
        end as scope_type,
        coalesce(region_code, outlet_id, channel, product_category) as place,
        [rate('P1-4', '', count(*), count_if(is_in_time))] as measured
    from appointments
    group by grouping sets (
        (enterprise_id), (enterprise_id, region_code), (enterprise_id, outlet_id), (enterprise_id, channel),
        (enterprise_id, product_category)
    )
    having scope_type = 'enterprise' or place is not null
)

select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(measured, recursive := true) from grouped;

insert into parts by name
with complaints as (
    select enterprise_id, region_code, outlet_id, channel, is_urgent, satisfaction, seconds(received_at, first_reply_at) as reply_seconds
    from source('complaints')
    where in_quarter(received_at)
),

grouped as (
    select
        enterprise_id,
        case
            when grouping(region_code) = 0 then 'region'
            when grouping(outlet_id) = 0 then 'outlet'
            when grouping(channel) = 0 then 'channel'
            else 'enterprise'
        end as scope_type,
        coalesce(region_code, outlet_id, channel) as place,
        [
            rate('I1-2', '', count(*), count_if(reply_seconds <= 24 * 3600)),
            rate('I1-2', 'urgent', count_if(is_urgent), count_if(is_urgent and reply_seconds <= 15 * 60)),
            rate('I1-3', '', count(satisfaction), count_if(satisfaction >= 4)),
            rate('I1-3', 'answered', count(*), count(satisfaction)),
            rate('I1-3', 'silence_as_dissatisfied', count(*), count_if(satisfaction >= 4))
        ] as measured
    from complaints
    group by grouping sets ((enterprise_id), (enterprise_id, region_code), (enterprise_id, outlet_id), (enterprise_id, channel))
    having scope_type = 'enterprise' or place is not null
)

select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(measured, recursive := true) from grouped;

------------------------------------------------------------------------------------------------------------------------
-- Surveys

-- Who answers a survey again, after a complete response, is not counted; in the order of the file if both came at once
create temp table responses as
select
    *,
    seconds(started_at, submitted_at) as taken,
    is_complete and row_number() over (
        partition by enterprise_id, customer_id, survey_id, is_complete order by submitted_at, file_row_number
    ) > 1 as is_repeated
from read_parquet(getvariable('landing') || '/survey_responses.parquet', file_row_number = true);

-- Responses in doubt: one answer to ten items or more, a third of the usual time or less, a device of several customers
create temp table doubtful as
with came as (
    from responses
    where
        in_quarter(submitted_at)
        and not is_repeated
        and survey_id in (select survey_id from source('survey_questions') where survey_type = 'satisfaction')
)

select r.enterprise_id, r.response_id
from came as r
join source('survey_answers') as a on a.enterprise_id = r.enterprise_id and a.response_id = r.response_id
join source('survey_questions') as s on s.survey_id = r.survey_id and s.question_id = a.question_id and s.scale_max - s.scale_min > 1
where r.is_complete
group by r.enterprise_id, r.response_id
having count(a.score) >= 10 and min(a.score) = max(a.score)
union
select enterprise_id, response_id
from came
where is_complete
qualify taken < 0.33::double * quantile_cont(taken, 0.5) over (partition by enterprise_id, survey_id)
union
select enterprise_id, response_id
from came
where mode = 'online' and (enterprise_id, survey_id, device_token) in (
    select (enterprise_id, survey_id, device_token)
    from came
    where mode = 'online' and device_token is not null
    group by enterprise_id, survey_id, device_token
    having count(distinct customer_id) > 1
);

-- One row per counted answer, with the person (or the visit) that gave it
create temp table answers as
with questions as (
    select *, if(measures = 'O2-2', coalesce(touchpoint, 'other'), '') as part
    from source('survey_questions')
    where measures in ('P4-1', 'P4-3', 'P4-4', 'P5-3', 'O2-1', 'O2-2', 'O2-3', 'O2-4', 'O3-1b', 'O3-3')
),

given as (
    select
        r.enterprise_id, r.customer_id as respondent_id, coalesce(r.region_code, q.region_code) as region_code, q.outlet_id, q.staff_id,
        q.channel, q.product_category, s.measures, s.part, s.survey_type = 'mystery' as is_mystery, s.scale_min, s.scale_max, a.score,
        a.expectation, d.response_id is null as is_valid
    from responses as r
    join source('survey_answers') as a on a.enterprise_id = r.enterprise_id and a.response_id = r.response_id
    join questions as s on s.survey_id = r.survey_id and s.question_id = a.question_id
    left join requests as q on q.enterprise_id = r.enterprise_id and q.request_id = r.request_id
    left join doubtful as d on d.enterprise_id = r.enterprise_id and d.response_id = r.response_id
    where in_quarter(r.submitted_at) and r.is_complete and not r.is_repeated
    union all by name
    select
        v.enterprise_id, v.visit_id as respondent_id, o.region_code, v.outlet_id, s.measures, s.part, true as is_mystery, s.scale_min,
        s.scale_max, v.score, false as is_valid
    from source('mystery_visits') as v
    join questions as s on s.survey_id = v.survey_id and s.question_id = v.question_id
    left join outlets as o on o.enterprise_id = v.enterprise_id and o.outlet_id = v.outlet_id
    where in_quarter(v.visited_at)
)

select
    * exclude (score, expectation, scale_min, scale_max),
    100 * (score - scale_min) / (scale_max - scale_min) as points,
    100 * (expectation - scale_min) / (scale_max - scale_min) as expected,
    100 * (expectation - score) / (scale_max - scale_min) as gap,
    score >= scale_max - 1 as is_top_two
from given;

create temp table surveyed as
select
    enterprise_id, measures, part, is_mystery,
    case
        when grouping(region_code) = 0 then 'region'
        when grouping(outlet_id) = 0 then 'outlet'
        when grouping(staff_id) = 0 then 'staff'
        when grouping(channel) = 0 then 'channel'
        when grouping(product_category) = 0 then 'product_category'
        else 'enterprise'
    end as scope_type,
    coalesce(region_code, outlet_id, staff_id, channel, product_category) as place,
    [
        mean(measures, '', sum(points), count(points), count(*), null, 1),
        mean(measures, 'valid_only', sum(points) filter (where is_valid), count(points) filter (where is_valid), count_if(is_valid), null, 1),
        mean(measures, 'top_two_box', count_if(is_top_two), count(points), count(*), null, 1),
        mean(measures, 'expectation', sum(expected), count(expected), count(*), null, 1),
        mean(measures, 'gap', sum(gap), count(gap), count(*), null, 1)
    ] as measured
from answers
group by grouping sets (
    (enterprise_id, measures, part, is_mystery),
    (enterprise_id, measures, part, is_mystery, region_code), (enterprise_id, measures, part, is_mystery, outlet_id),
    (enterprise_id, measures, part, is_mystery, staff_id), (enterprise_id, measures, part, is_mystery, channel),
    (enterprise_id, measures, part, is_mystery, product_category)
)
having scope_type = 'enterprise' or place is not null;

create temp macro survey_variant(is_mystery, variant, part) as concat_ws(
    '_',
    if(is_mystery, 'mystery', null),
    if(variant <> '', variant, if(part <> '' and not is_mystery, 'touchpoint', null)),
    if(part <> '', part, null)
);

create temp table survey_parts as
select * replace (survey_variant(is_mystery, variant, part) as variant)
from (
    select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, part, is_mystery, unnest(measured, recursive := true)
    from surveyed
)
-- Responses in doubt are left out for the enterprise, its regions and channels
where not contains(variant, 'valid_only') or (not is_mystery and scope_type in ('enterprise', 'region', 'channel'));

insert into parts by name
select * exclude (part, is_mystery) from survey_parts;

-- O2-2: the touchpoints weighted by the requests that came through each
create temp table volumes as
select
    enterprise_id,
    channel,
    case
        when grouping(region_code) = 0 then 'region'
        when grouping(outlet_id) = 0 then 'outlet'
        when grouping(staff_id) = 0 then 'staff'
        when grouping(product_category) = 0 then 'product_category'
        else 'enterprise'
    end as scope_type,
    coalesce(region_code, outlet_id, staff_id, product_category) as place,
    coalesce(place, enterprise_id) as scope_id,
    count(*) as requests
from requests
where channel is not null
group by grouping sets (
    (enterprise_id, channel), (enterprise_id, channel, region_code), (enterprise_id, channel, outlet_id),
    (enterprise_id, channel, staff_id), (enterprise_id, channel, product_category)
)
having scope_type = 'enterprise' or place is not null;

insert into parts by name
select
    p.enterprise_id,
    p.scope_type,
    p.scope_id,
    'O2-2' as indicator_id,
    if(starts_with(p.variant, 'valid_only'), 'valid_only', '') as variant,
    sum(v.requests * p.numerator / p.denominator) as numerator,
    sum(v.requests) as denominator,
    1 as divisor,
    sum(p.cases) as cases
from survey_parts as p
join volumes as v
    on v.enterprise_id = p.enterprise_id and v.scope_type = p.scope_type and v.scope_id = p.scope_id and v.channel = p.part
where p.variant in ('touchpoint_' || p.part, 'valid_only_' || p.part) and p.part <> '' and p.denominator > 0
group by p.enterprise_id, p.scope_type, p.scope_id, starts_with(p.variant, 'valid_only');

------------------------------------------------------------------------------------------------------------------------
-- Spare parts, inspections, incidents

create temp table outlet_events as
select d.enterprise_id, d.outlet_id, d.is_common, d.filled_from_stock, null::bigint as cases_inspected, null::bigint as cases_conforming,
    null::bigint as violations, null as severity
from source('parts_demands') as d
where in_quarter(d.requested_at)
union all
select enterprise_id, outlet_id, null, null, cases_inspected, cases_conforming, violations, null
from source('quality_inspections')
where in_quarter(inspected_on)
union all
select enterprise_id, outlet_id, null, null, null, null, null, severity
from source('safety_incidents')
where in_quarter(occurred_at);

insert into parts by name
with grouped as (
    select
        e.enterprise_id,
        case when grouping(o.region_code) = 0 then 'region' when grouping(e.outlet_id) = 0 then 'outlet' else 'enterprise' end as scope_type,
        coalesce(o.region_code, e.outlet_id) as place,
        [
            rate('R5-1', '', count_if(e.is_common and e.filled_from_stock is not null), count_if(e.is_common and e.filled_from_stock)),
            rate('P3-1', '', sum(e.cases_inspected), sum(e.cases_conforming)),
            rate('P3-4', '', sum(e.cases_inspected), sum(e.cases_inspected - e.violations)),
            mean('O4-1', 'incidents', count(e.severity), 1, count(e.severity), null, 1),
            mean('O4-1', 'fatal_incidents', count_if(e.severity = 'fatal'), 1, count_if(e.severity = 'fatal'), null, 1)
        ] as measured
    from outlet_events as e
    left join outlets as o on o.enterprise_id = e.enterprise_id and o.outlet_id = e.outlet_id
    group by grouping sets ((e.enterprise_id), (e.enterprise_id, o.region_code), (e.enterprise_id, e.outlet_id))
    having scope_type = 'enterprise' or place is not null
)

select * from (select enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(measured, recursive := true) from grouped)
where cases > 0;

insert into parts by name
select
    r.enterprise_id, r.scope_type, coalesce(r.place, r.enterprise_id) as scope_id, 'O4-1' as indicator_id, '' as variant,
    coalesce(i.numerator, 0) * 10000 as numerator, r.requests as denominator, 1 as divisor, r.requests as cases
from requests_of as r
left join parts as i
    on i.enterprise_id = r.enterprise_id and i.scope_type = r.scope_type and i.scope_id = coalesce(r.place, r.enterprise_id)
        and i.indicator_id = 'O4-1' and i.variant = 'incidents'
where r.scope_type in ('enterprise', 'region', 'outlet');

-- No incident among services is a number too
insert into parts by name
select
    r.enterprise_id, r.scope_type, coalesce(r.place, r.enterprise_id) as scope_id, 'O4-1' as indicator_id, v.variant, 0 as numerator,
    1 as denominator, 1 as divisor, 1 as cases
from requests_of as r
cross join (values ('incidents'), ('fatal_incidents')) as v(variant)
anti join parts as i
    on i.enterprise_id = r.enterprise_id and i.scope_type = r.scope_type and i.scope_id = coalesce(r.place, r.enterprise_id)
        and i.indicator_id = 'O4-1' and i.variant = v.variant
where r.scope_type in ('enterprise', 'region', 'outlet');

create temp table orders_of as
with orders as (
    select
        o.enterprise_id, o.is_urgent, seconds(o.ordered_at, o.shipped_at) as dispatch_seconds,
        received.workdays_through - ordered.workdays_through as lead_days
    from source('parts_orders') as o
    left join calendar as ordered on ordered.day = o.ordered_at::date
    left join calendar as received on received.day = o.received_at::date
    where in_quarter(o.ordered_at)
)

select
    enterprise_id,
    [
        mean_of('R5-2', '', dispatch_seconds, is_urgent, count_if(is_urgent), count_if(is_urgent and dispatch_seconds <= 24 * 3600), 3600),
        mean_of('R5-3', '', lead_days, not is_urgent, count_if(not is_urgent), count_if(not is_urgent and lead_days <= 7), 1)
    ] as measured,
    [
        ordered('R5-2', count(dispatch_seconds) filter (where is_urgent), min(dispatch_seconds) filter (where is_urgent),
            quantile_cont(dispatch_seconds, [0.5, 0.9, 0.95]) filter (where is_urgent), max(dispatch_seconds) filter (where is_urgent), 3600),
        ordered('R5-3', count(lead_days) filter (where not is_urgent), min(lead_days) filter (where not is_urgent),
            quantile_cont(lead_days, [0.5, 0.9, 0.95]) filter (where not is_urgent), max(lead_days) filter (where not is_urgent), 1)
    ] as in_order
from orders
group by enterprise_id;

insert into parts by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest(measured, recursive := true) from orders_of;

insert into statistics by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest(in_order, recursive := true) from orders_of;

------------------------------------------------------------------------------------------------------------------------
-- Registers as of the quarter's last day

create temp table enterprises as
select distinct enterprise_id from (from requests select enterprise_id union all from source('staff') select enterprise_id);

create temp table outlets_of as
select
    enterprise_id,
    if(grouping(region_code) = 0, 'region', 'enterprise') as scope_type,
    coalesce(region_code, enterprise_id) as scope_id,
    count_if(is_active) as active,
    [
        rate('R1-3a', '', count_if(is_active), count_if(is_active and open_days_per_week >= 6)),
        mean_of('R1-3a', 'mean', open_days_per_week, is_active, count_if(is_active), null, 1),
        rate('R1-3b', '', count_if(is_active), count_if(is_active and open_hours_per_day >= 8)),
        mean_of('R1-3b', 'mean', open_hours_per_day, is_active, count_if(is_active), null, 1),
        mean('R1-2a', '', quantile_cont(service_radius_km, 0.95) filter (where is_active and urbanicity = 'urban'), 1,
            count_if(is_active and urbanicity = 'urban'), count_if(is_active and urbanicity = 'urban' and service_radius_km <= 5), 1),
        mean_of('R1-2a', 'mean', service_radius_km, is_active and urbanicity = 'urban', count_if(is_active and urbanicity = 'urban'),
            count_if(is_active and urbanicity = 'urban' and service_radius_km <= 5), 1),
        mean('R1-2b', '', quantile_cont(service_radius_km, 0.95) filter (where is_active and urbanicity = 'suburban'), 1,
            count_if(is_active and urbanicity = 'suburban'), count_if(is_active and urbanicity = 'suburban' and service_radius_km <= 20), 1),
        mean_of('R1-2b', 'mean', service_radius_km, is_active and urbanicity = 'suburban', count_if(is_active and urbanicity = 'suburban'),
            count_if(is_active and urbanicity = 'suburban' and service_radius_km <= 20), 1),
        rate('R2-2', '', count_if(is_active), count_if(is_active and has_service_system))
    ] as measured,
    [
        ordered('R1-2a', count(service_radius_km) filter (where is_active and urbanicity = 'urban'),
            min(service_radius_km) filter (where is_active and urbanicity = 'urban'),
            quantile_cont(service_radius_km, [0.5, 0.9, 0.95]) filter (where is_active and urbanicity = 'urban'),
            max(service_radius_km) filter (where is_active and urbanicity = 'urban'), 1),
        ordered('R1-2b', count(service_radius_km) filter (where is_active and urbanicity = 'suburban'),
            min(service_radius_km) filter (where is_active and urbanicity = 'suburban'),
            quantile_cont(service_radius_km, [0.5, 0.9, 0.95]) filter (where is_active and urbanicity = 'suburban'),
            max(service_radius_km) filter (where is_active and urbanicity = 'suburban'), 1),
        ordered('R1-3a', count(open_days_per_week) filter (where is_active), min(open_days_per_week) filter (where is_active),
            quantile_cont(open_days_per_week, [0.5, 0.9, 0.95]) filter (where is_active), max(open_days_per_week) filter (where is_active), 1),
        ordered('R1-3b', count(open_hours_per_day) filter (where is_active), min(open_hours_per_day) filter (where is_active),
            quantile_cont(open_hours_per_day, [0.5, 0.9, 0.95]) filter (where is_active), max(open_hours_per_day) filter (where is_active), 1)
    ] as in_order
from outlets
group by grouping sets ((enterprise_id), (enterprise_id, region_code));

insert into parts by name
select enterprise_id, scope_type, scope_id, unnest(measured, recursive := true) from outlets_of;

insert into statistics by name
select enterprise_id, scope_type, scope_id, unnest(in_order, recursive := true) from outlets_of;

-- R1-1
insert into parts by name
with areas as (
    select
        enterprise_id, if(grouping(region_code) = 0, 'region', 'enterprise') as scope_type, coalesce(region_code, enterprise_id) as scope_id,
        sum(area_km2) as area_km2
    from source('regions')
    where in_force(valid_from, valid_to, getvariable('last_day'))
    group by grouping sets ((enterprise_id), (enterprise_id, region_code))
)

select
    a.enterprise_id, a.scope_type, a.scope_id, 'R1-1' as indicator_id, '' as variant, coalesce(o.active, 0) * 10000 as numerator,
    a.area_km2 as denominator, 1 as divisor, 1 as cases
from areas as a
left join outlets_of as o on o.enterprise_id = a.enterprise_id and o.scope_type = a.scope_type and o.scope_id = a.scope_id;

-- R2-3
insert into parts by name
with grouped as (
    select
        e.enterprise_id,
        case when grouping(o.region_code) = 0 then 'region' when grouping(e.outlet_id) = 0 then 'outlet' else 'enterprise' end as scope_type,
        coalesce(o.region_code, e.outlet_id, e.enterprise_id) as scope_id,
        [rate('R2-3', '', count(*), count_if(e.calibrated_until >= getvariable('last_day')))] as measured
    from source('equipment') as e
    join outlets as o on o.enterprise_id = e.enterprise_id and o.outlet_id = e.outlet_id and o.is_active
    where in_force(e.valid_from, e.valid_to, getvariable('last_day'))
    group by grouping sets ((e.enterprise_id), (e.enterprise_id, o.region_code), (e.enterprise_id, e.outlet_id))
)

select enterprise_id, scope_type, scope_id, unnest(measured, recursive := true) from grouped;

-- R2-1 and I2-2 over the month-ends of each period; the version of a register row in force at the quarter's end counts
insert into parts by name
with month_ends as (
    select p.period, c.day, date_trunc('quarter', c.day) + interval 3 month - interval 1 day as quarter_end
    from calendar as c
    join periods as p on c.day >= p.first_day and c.day < getvariable('end_day')
    where c.day = last_day(c.day)
),

vehicles as (
    select m.period, v.enterprise_id, count(*) as vehicles
    from source('vehicles') as v
    join month_ends as m
        on v.in_service_on <= m.day and (v.retired_on is null or m.day < v.retired_on) and in_force(v.valid_from, v.valid_to, m.quarter_end)
    where v.is_dedicated
    group by m.period, v.enterprise_id
),

heads as (
    select m.period, s.enterprise_id, count(*) as heads, count_if(s.role = 'field') as field_heads
    from source('staff') as s
    join month_ends as m
        on s.hired_on <= m.day and (s.left_on is null or m.day < s.left_on) and in_force(s.valid_from, s.valid_to, m.quarter_end)
    where s.is_service_staff
    group by m.period, s.enterprise_id
),

inspections as (
    select p.period, i.enterprise_id, count(distinct date_trunc('month', i.inspected_on)) as months, count(*) as inspections
    from source('quality_inspections') as i
    join periods as p on i.inspected_on >= p.first_day and i.inspected_on < getvariable('end_day')
    where i.is_full
    group by p.period, i.enterprise_id
),

months as (select period, count(*) as months from month_ends group by period),

collected as (
    select
        m.period,
        e.enterprise_id,
        [
            rate('R2-1', '', h.heads, v.vehicles),
            rate('R2-1', 'field_staff', h.field_heads, v.vehicles),
            rate('I2-2', '', m.months, i.months),
            rate('I2-2', 'inspections_per_month', m.months, i.inspections)
        ] as measured
    from enterprises as e
    cross join months as m
    left join vehicles as v using (period, enterprise_id)
    left join heads as h using (period, enterprise_id)
    left join inspections as i using (period, enterprise_id)
)

select period, enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest(measured, recursive := true) from collected;

-- R3-1, R4-1; a staff register that holds nobody any more is a 0
insert into parts by name
with at_end as (
    select
        enterprise_id,
        count_if(is_service_staff and hired_on <= getvariable('last_day') and in_force(valid_from, least(valid_to, left_on), getvariable('last_day'))) as staff,
        count_if(role = 'expert' and hired_on <= getvariable('last_day') and in_force(valid_from, least(valid_to, left_on), getvariable('last_day'))) as experts
    from source('staff')
    group by enterprise_id
),

served as (
    select enterprise_id, count(distinct customer_id) as customers from requests group by enterprise_id
),

registered as (
    select enterprise_id, count(distinct customer_id) as customers
    from source('customers')
    where
        in_force(valid_from, valid_to, getvariable('last_day'))
        and registered_on <= getvariable('last_day')
        and (left_on is null or getvariable('last_day') < left_on)
    group by enterprise_id
),

collected as (
    select
        e.enterprise_id,
        [
            rate('R3-1', '', if(a.staff is null, null, s.customers), a.staff),
            rate('R3-1', 'registered_customers', if(a.staff is null, null, r.customers), a.staff),
            rate('R4-1', '', 1, a.experts)
        ] as measured
    from enterprises as e
    left join at_end as a using (enterprise_id)
    left join served as s using (enterprise_id)
    left join registered as r using (enterprise_id)
)

select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest(measured, recursive := true) from collected;

-- Who is on a post, per period: certificates on every version's days, the rest by the last version
create temp table people as
with on_post as (
    select
        p.period,
        p.measured_from,
        s.*,
        greatest(s.valid_from, s.hired_on, p.first_day) as post_from,
        least(s.valid_to, s.left_on, getvariable('end_day')) - 1 as post_until,
        greatest(post_from, s.certificate_valid_from) as certified_from,
        least(post_until, s.certificate_valid_until) as certified_until
    from source('staff') as s
    cross join periods as p
    where post_from <= post_until
)

select
    s.period,
    s.measured_from,
    s.enterprise_id,
    s.staff_id,
    arg_max_null(s.outlet_id, s.post_from) as outlet_id,
    arg_max(s.is_service_staff and s.post_until = getvariable('last_day'), s.post_from) as is_employed,
    arg_max(s.is_technical, s.post_from) as is_technical,
    arg_max(s.hired_on, s.post_from) as hired_on,
    sum(b.workdays_through - a.workdays_before) filter (where s.is_service_staff and s.requires_certificate) as required_days,
    coalesce(
        sum(d.workdays_through - c.workdays_before) filter (
            where
                s.is_service_staff
                and s.requires_certificate
                and coalesce(s.certificate_valid_from, s.certificate_valid_until) is not null
                and s.certified_from <= s.certified_until
        ), 0
    ) as certified_days
from on_post as s
left join calendar as a on a.day = s.post_from
left join calendar as b on b.day = s.post_until
left join calendar as c on c.day = s.certified_from
left join calendar as d on d.day = s.certified_until
group by s.period, s.measured_from, s.enterprise_id, s.staff_id;

-- R3-2, R3-3, R3-4, per period
insert into parts by name
with training as (
    select p.period, t.enterprise_id, t.staff_id, round(sum(t.hours), 9) as hours
    from source('training_records') as t
    join periods as p on t.trained_on >= p.measured_from and t.trained_on < getvariable('end_day')
    group by p.period, t.enterprise_id, t.staff_id
),

judged as (
    select
        s.*,
        o.region_code,
        coalesce(t.hours, 0) as hours,
        coalesce(t.hours, 0) * 12 >= 40 * (
            datediff('month', greatest(s.hired_on, s.measured_from), getvariable('last_day')) + 1
        ) as is_trained
    from people as s
    left join outlets as o on o.enterprise_id = s.enterprise_id and o.outlet_id = s.outlet_id
    left join training as t on t.period = s.period and t.enterprise_id = s.enterprise_id and t.staff_id = s.staff_id
),

grouped as (
    select
        period,
        enterprise_id,
        case when grouping(region_code) = 0 then 'region' when grouping(outlet_id) = 0 then 'outlet' else 'enterprise' end as scope_type,
        coalesce(region_code, outlet_id) as place,
        [
            rate('R3-2', '', count_if(required_days > 0), count_if(required_days > 0 and certified_days >= required_days)),
            rate('R3-2', 'person_days', sum(required_days), sum(certified_days)),
            rate('R3-3', '', count_if(is_employed), count_if(is_employed and is_technical)),
            rate('R3-4', '', count_if(is_employed), count_if(is_employed and is_trained)),
            mean_of('R3-4', 'mean_hours', hours, is_employed, count_if(is_employed), null, 1)
        ] as measured
    from judged
    group by grouping sets ((period, enterprise_id), (period, enterprise_id, region_code), (period, enterprise_id, outlet_id))
    having scope_type = 'enterprise' or place is not null
)

select period, enterprise_id, scope_type, coalesce(place, enterprise_id) as scope_id, unnest(measured, recursive := true) from grouped;

-- Key steps, price items, checklists, hazards, suggestions, projects
insert into parts by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest([
    rate('I2-1', '', count(*), count_if(monitored_since <= getvariable('last_day')))
], recursive := true)
from source('process_steps')
where is_key and in_force(valid_from, valid_to, getvariable('last_day'))
group by enterprise_id
union all by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest([
    rate('O3-1a', '', count(*), count_if(is_published))
], recursive := true)
from source('price_items')
where is_chargeable and in_force(valid_from, valid_to, getvariable('last_day'))
group by enterprise_id
union all by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest([
    mean(indicator_id, '', sum(weight * achieved), sum(weight), count(*), null, 1)
], recursive := true)
from (
    from source('checklist_items')
    where assessed_on <= getvariable('last_day')
    qualify assessed_on = max(assessed_on) over (partition by enterprise_id, indicator_id)
)
group by enterprise_id, indicator_id
union all by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest([
    rate('O4-2', '', count(*), count_if(fixed_at::date <= due_on))
], recursive := true)
from source('safety_hazards')
where in_quarter(due_on)
group by enterprise_id
union all by name
select enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, unnest([
    rate('I1-4', '', count_if(source = 'customer'), count_if(source = 'customer' and adopted)),
    rate('I1-4', 'employees', count_if(source = 'employee'), count_if(source = 'employee' and adopted))
], recursive := true)
from source('suggestions')
where in_quarter(submitted_at) and evaluated_at is not null
group by enterprise_id
union all by name
select e.enterprise_id, 'enterprise' as scope_type, e.enterprise_id as scope_id, unnest([
    rate('I3-1', '', 1, count_if(p.kind = 'innovation')), rate('I3-3', '', 1, count_if(p.kind = 'process_optimisation'))
], recursive := true)
from enterprises as e
left join source('improvement_projects') as p on p.enterprise_id = e.enterprise_id and in_quarter(p.effective_on)
group by e.enterprise_id;

-- I1-1, per period
insert into parts by name
select
    p.period, c.enterprise_id, 'enterprise' as scope_type, c.enterprise_id as scope_id, 'I1-1' as indicator_id, '' as variant,
    count_if(
        c.published
        and (
            (c.last_probe_passed_on >= p.first_day and c.last_probe_passed_on < getvariable('end_day'))
            or (c.enterprise_id, c.channel) in (
                select (enterprise_id, channel) from source('complaints') where in_quarter(received_at)
            )
        )
    ) as numerator,
    1 as denominator, 1 as divisor, 1 as cases
from source('complaint_channels') as c
cross join periods as p
where in_force(c.valid_from, c.valid_to, getvariable('last_day'))
group by p.period, c.enterprise_id;

-- I2-3: of the eight analyses of clause 七, these values allow description (order statistics), comparison (of two members of a
-- dimension; one quarter of data has no earlier period), root causes (cases of any indicator that may miss its requirement) and
-- correlation (30 requests with response time and overall satisfaction, or 30 people with days that need a certificate and requests of
-- their own)
insert into parts by name
with rated as (
    select distinct r.enterprise_id, r.request_id
    from responses as r
    join source('survey_answers') as a on a.enterprise_id = r.enterprise_id and a.response_id = r.response_id
    join source('survey_questions') as s on s.survey_id = r.survey_id and s.question_id = a.question_id
    where s.measures = 'O2-1' and s.survey_type <> 'mystery' and a.score is not null and r.is_complete and not r.is_repeated
        and in_quarter(r.submitted_at)
),

cases as (
    select enterprise_id, count(*) as n
    from requests
    join rated using (enterprise_id, request_id)
    where response_seconds is not null
    group by enterprise_id
    union all
    select p.enterprise_id, count(*) as n
    from people as p
    join parts as o on o.enterprise_id = p.enterprise_id and o.scope_type = 'staff' and o.scope_id = p.staff_id and o.indicator_id = 'O1-1'
    where p.period = getvariable('quarter') and p.required_days > 0 and o.variant = '' and o.denominator > 0
    group by p.enterprise_id
),

done as (
    select enterprise_id, 'description' as method from statistics where n > 0
    union
    select enterprise_id, 'comparison' from parts
    where variant = '' and cases > 0 and denominator > 0 and scope_type in ('region', 'outlet', 'channel', 'product_category', 'staff')
    group by enterprise_id, scope_type, indicator_id
    having count(distinct scope_id) > 1
    union
    select enterprise_id, 'root causes' from parts where variant = '' and cases > 0 and denominator > 0
    union
    select enterprise_id, 'correlation' from cases where n >= 30
)

select
    enterprise_id, 'enterprise' as scope_type, enterprise_id as scope_id, 'I2-3' as indicator_id, '' as variant,
    count(*) as numerator, 8 as denominator, 1 as divisor, 1 as cases
from done
group by enterprise_id;

------------------------------------------------------------------------------------------------------------------------
-- The values

create temp table indicator_values as
with measured as (
    select
        p.enterprise_id, q.period, p.scope_type, p.scope_id, p.indicator_id, p.variant,
        case when p.denominator > 0 then p.numerator / (p.denominator * p.divisor) end as value,
        p.numerator, p.denominator, p.divisor, p.cases, p.spread, p.within / p.cases as within_limit_rate
    from parts as p
    join periods as q on p.period is null or p.period = q.period
    where p.cases > 0
),

composed as (
    select
        enterprise_id, period, scope_type, scope_id, 'O2-5' as indicator_id, variant,
        sum(if(indicator_id = 'O2-1', 0.4::double, 0.2::double) * value) as value,
        1 as denominator,
        1 as divisor
    from measured
    where variant in ('', 'valid_only') and indicator_id in ('O2-1', 'O2-2', 'O2-3', 'O2-4') and value is not null
    group by enterprise_id, period, scope_type, scope_id, variant
    having count(*) = 4
),

all_values as (
    from measured
    union all by name
    from composed
    union all by name
    select
        s.enterprise_id, q.period, s.scope_type, s.scope_id, s.indicator_id,
        unnest(['smallest', 'p50', 'p90', 'p95', 'largest']) as variant, unnest(s."values") / s.divisor as value
    from statistics as s
    join periods as q on s.scope_type = 'enterprise' or q.period = getvariable('quarter')
    where s.n > 0
)

from all_values
union all by name
-- the scores on the x ÷ 5 scale
select enterprise_id, period, scope_type, scope_id, indicator_id, 'five_point_ratio' as variant, 20 + 0.8::double * value as value,
    denominator, divisor
from all_values
where
    variant = ''
    and indicator_id in ('P4-1', 'P4-3', 'P4-4', 'P5-3', 'O2-1', 'O2-2', 'O2-3', 'O2-4', 'O2-5', 'O3-1b', 'O3-3');
