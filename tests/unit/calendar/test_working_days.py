"""The working calendar against two libraries and the published deadlines; both clocks against their properties."""

from __future__ import annotations

import datetime as dt

import chinese_calendar
import holidays as holidays_library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import ServiceSchedule, schedule_of, service_schedule, service_seconds, working_calendar
from pipeline.errors import UsageError
from schemas.standard.calendar import ServiceWindow, holidays
from schemas.standard.parameters import parameter

CALENDAR = working_calendar()
ANNOUNCED_YEARS = sorted({row.year for row in holidays() if row.status == "announced"})
PROVISIONAL_YEARS = sorted({row.year for row in holidays() if row.status == "provisional"})

days = st.dates(dt.date(2022, 6, 1), dt.date(2028, 12, 31))
moments = st.datetimes(dt.datetime(2022, 6, 1), dt.datetime(2028, 12, 31))


def days_of(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + dt.timedelta(n) for n in range((dt.date(year + 1, 1, 1) - first).days)]


# --- the calendar against two libraries -------------------------------------------------------------------------------


def test_the_announced_years_are_those_the_issue_asks_for() -> None:
    assert ANNOUNCED_YEARS == [2023, 2024, 2025, 2026]


@pytest.mark.parametrize("year", ANNOUNCED_YEARS)
def test_announced_year_equals_chinese_calendar_day_by_day(year: int) -> None:
    differing = [day for day in days_of(year) if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day)]
    assert differing == []


@pytest.mark.parametrize("year", ANNOUNCED_YEARS)
def test_announced_year_equals_holidays_library_day_by_day(year: int) -> None:
    library = holidays_library.country_holidays("CN", years=year)
    differing = [day for day in days_of(year) if CALENDAR.is_workday(day) != library.is_working_day(day)]
    assert differing == []


@pytest.mark.parametrize(("year", "workdays"), [(2023, 249), (2024, 251), (2025, 248), (2026, 248)])
def test_workdays_a_year(year: int, workdays: int) -> None:
    # close-reading §5.1
    assert CALENDAR.workdays_between(dt.date(year - 1, 12, 31), dt.date(year, 12, 31)) == workdays


def test_make_up_days_of_2026() -> None:
    # close-reading §5.1: 01-04, 02-14, 02-28, 05-09, 09-20, 10-10
    weekend_workdays = [f"{d:%m-%d}" for d in days_of(2026) if d.isoweekday() > 5 and CALENDAR.is_workday(d)]
    assert weekend_workdays == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


@pytest.mark.parametrize("year", PROVISIONAL_YEARS)
def test_provisional_year_takes_thirteen_weekdays_off_and_contains_the_librarys_statutory_days(year: int) -> None:
    # 13 statutory days a year since 2025; one that falls on a weekend is made good on a working day
    ours = {day for day in days_of(year) if day.isoweekday() <= 5 and not CALENDAR.is_workday(day)}
    theirs = {day for day in holidays_library.country_holidays("CN", years=year) if day.isoweekday() <= 5}
    assert len(ours) == 13
    # In 2028 中秋节 is 10-03: the notices of 2009 and 2020 made such a coincidence good with one more day
    assert ours - theirs == ({dt.date(2028, 10, 5)} if year == 2028 else set())
    assert theirs <= ours


@pytest.mark.parametrize("year", PROVISIONAL_YEARS)
def test_provisional_year_has_no_make_up_days_and_says_so(year: int) -> None:
    assert not any(CALENDAR.is_workday(day) for day in days_of(year) if day.isoweekday() > 5)
    assert {CALENDAR.status(day) for day in days_of(year)} == {"provisional"}


def test_a_year_without_any_row_is_provisional_weekdays() -> None:
    assert CALENDAR.status(dt.date(2016, 10, 3)) == "provisional"
    assert CALENDAR.is_workday(dt.date(2016, 10, 3))  # a Monday; the national holiday of 2016 is not in the rows
    assert not CALENDAR.is_workday(dt.date(2016, 10, 8))


def test_status_of_a_span_is_that_of_its_least_certain_day() -> None:
    assert CALENDAR.span_status(dt.date(2025, 12, 31), dt.date(2026, 1, 22)) == "announced"
    assert CALENDAR.span_status(dt.date(2026, 12, 31), dt.date(2027, 1, 22)) == "provisional"


def test_names_come_from_the_notice() -> None:
    assert CALENDAR.holiday_name(dt.date(2025, 10, 6)) == "国庆节、中秋节"
    assert CALENDAR.holiday_name(dt.date(2025, 10, 9)) is None


# --- deadlines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        ("2024-Q3", "2024-10-25"),
        ("2024-Q4", "2025-01-22"),
        ("2025-Q1", "2025-04-22"),
        ("2025-Q2", "2025-07-21"),
        ("2025-Q3", "2025-10-28"),
        ("2025-Q4", "2026-01-22"),
        ("2026-Q1", "2026-04-22"),
        ("2026-Q2", "2026-07-21"),
        ("2026-Q3", "2026-10-27"),
        ("2026-Q4", "2027-01-22"),
    ],
)
def test_quarterly_deadlines_of_close_reading_5_2(quarter: str, due: str) -> None:
    last_day = Quarter.parse(quarter).last_day
    assert CALENDAR.deadline(last_day, int(parameter("quarterly_report_working_days"))) == dt.date.fromisoformat(due)


@pytest.mark.parametrize(("year", "due"), [(2024, "2025-02-18"), (2025, "2026-02-12"), (2026, "2027-02-18")])
def test_annual_deadlines_of_close_reading_5_2(year: int, due: str) -> None:
    last_day = dt.date(year, 12, 31)
    assert CALENDAR.deadline(last_day, int(parameter("annual_report_working_days"))) == dt.date.fromisoformat(due)


def test_deadline_of_2025_q3_by_hand() -> None:
    # October 2025: 1–8 off, 11 a make-up Saturday. Working days: 9 10 11 | 13–17 | 20–24 | 27 28 → 3 + 5 + 5 + 2 = 15
    assert CALENDAR.deadline(dt.date(2025, 9, 30), 15) == dt.date(2025, 10, 28)


# --- working days and working time ------------------------------------------------------------------------------------


def test_the_starting_day_is_day_zero() -> None:
    # Friday 2025-01-24 → Sunday 26 is a make-up day (1), Monday 27 (2), 28 January–4 February off, Wednesday 5 (3)
    assert CALENDAR.workdays_between(dt.date(2025, 1, 24), dt.date(2025, 1, 25)) == 0
    assert CALENDAR.workdays_between(dt.date(2025, 1, 24), dt.date(2025, 1, 26)) == 1
    assert CALENDAR.workdays_between(dt.date(2025, 1, 24), dt.date(2025, 2, 4)) == 2
    assert CALENDAR.add_workdays(dt.date(2025, 1, 24), 3) == dt.date(2025, 2, 5)
    assert CALENDAR.add_workdays(dt.date(2025, 1, 25), 0) == dt.date(2025, 1, 25)


def test_going_back_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        CALENDAR.add_workdays(dt.date(2025, 1, 24), -1)


def test_working_seconds_over_spring_festival() -> None:
    # Mon 2025-01-27 18:00 → Wed 02-05 06:00: 6 h of the 27th, eight days off, 6 h of the 5th = half a working day
    seconds = CALENDAR.working_seconds(dt.datetime(2025, 1, 27, 18), dt.datetime(2025, 2, 5, 6))
    assert seconds == 12 * 3600
    assert seconds / 86_400 == 0.5


@given(days, days, days)
def test_workdays_add_up_over_a_split(a: dt.date, b: dt.date, c: dt.date) -> None:
    a, b, c = sorted([a, b, c])
    assert CALENDAR.workdays_between(a, b) + CALENDAR.workdays_between(b, c) == CALENDAR.workdays_between(a, c)


@given(days, st.integers(0, 400))
def test_adding_workdays_undoes_counting_them(day: dt.date, count: int) -> None:
    later = CALENDAR.add_workdays(day, count)
    assert CALENDAR.workdays_between(day, later) == count
    assert count == 0 or CALENDAR.is_workday(later)


@given(days, st.integers(0, 400))
def test_workdays_are_those_met_on_the_way(day: dt.date, length: int) -> None:
    met = sum(CALENDAR.is_workday(day + dt.timedelta(n)) for n in range(1, length + 1))
    assert CALENDAR.workdays_between(day, day + dt.timedelta(length)) == met


@given(moments, moments, moments)
def test_working_seconds_add_up_over_a_split(a: dt.datetime, b: dt.datetime, c: dt.datetime) -> None:
    a, b, c = sorted([a, b, c])
    parts = CALENDAR.working_seconds(a, b) + CALENDAR.working_seconds(b, c)
    assert parts == pytest.approx(CALENDAR.working_seconds(a, c), abs=1e-5)


@given(moments, st.timedeltas(dt.timedelta(0), dt.timedelta(90)), st.timedeltas(dt.timedelta(0), dt.timedelta(90)))
def test_working_seconds_grow_with_time_and_never_beyond_it(start: dt.datetime, first: dt.timedelta, more: dt.timedelta) -> None:
    short = CALENDAR.working_seconds(start, start + first)
    long = CALENDAR.working_seconds(start, start + first + more)
    assert 0 <= short <= long <= (first + more).total_seconds()


@given(days)
def test_a_day_counts_in_full_or_not_at_all(day: dt.date) -> None:
    midnight = dt.datetime.combine(day, dt.time.min)
    expected = 86_400 if CALENDAR.is_workday(day) else 0
    assert CALENDAR.working_seconds(midnight, midnight + dt.timedelta(1)) == expected


def test_zero_on_every_day_off_and_full_on_every_make_up_day() -> None:
    for row in holidays():
        midnight = dt.datetime.combine(row.date, dt.time.min)
        seconds = CALENDAR.working_seconds(midnight, midnight + dt.timedelta(1))
        assert seconds == (86_400 if row.is_workday else 0), row


@given(moments, moments)
def test_time_never_runs_backwards(a: dt.datetime, b: dt.datetime) -> None:
    earlier, later = sorted([a, b])
    assert CALENDAR.working_seconds(later, earlier) == 0
    assert CALENDAR.workdays_between(later.date(), earlier.date()) == 0
    assert service_seconds(later, earlier, ROUND_THE_CLOCK) == 0


# --- service hours ----------------------------------------------------------------------------------------------------


def window(weekday: int, opens: float, closes: float, **validity: dt.date) -> ServiceWindow:
    return ServiceWindow("E1", weekday, int(opens * 3600), int(closes * 3600), validity.get("valid_from"), validity.get("valid_to"))


ROUND_THE_CLOCK = ServiceSchedule(tuple(window(weekday, 0, 24) for weekday in range(1, 8)))
# Monday to Friday 09:00–12:00 and 13:30–18:00, Saturday mornings; closed on 2025-05-01, open 10–16 on Sunday 2025-04-27
SHOP = ServiceSchedule(
    (*(window(weekday, *hours) for weekday in range(1, 6) for hours in ((9, 12), (13.5, 18))), window(6, 9, 12)),
    {dt.date(2025, 5, 1): (), dt.date(2025, 4, 27): ((10 * 3600, 16 * 3600),)},
)


def test_service_seconds_over_a_week_with_exceptions() -> None:
    # Fri 2025-04-25 from 17:00 1 h, Sat 3 h, Sun (exception) 6 h, Mon–Wed 3 × 7.5 h, Thu 1 May closed, Fri 0.5 h
    seconds = service_seconds(dt.datetime(2025, 4, 25, 17), dt.datetime(2025, 5, 2, 9, 30), SHOP)
    assert seconds == (1 + 3 + 6 + 22.5 + 0 + 0.5) * 3600


def test_lunch_break_does_not_count() -> None:
    assert service_seconds(dt.datetime(2025, 3, 3, 11, 59), dt.datetime(2025, 3, 3, 13, 31), SHOP) == 120


def test_a_window_holds_only_while_it_is_valid() -> None:
    change = dt.date(2025, 3, 10)
    schedule = ServiceSchedule((window(1, 9, 17, valid_to=change), window(1, 10, 16, valid_from=change)))
    assert schedule.windows_on(dt.date(2025, 3, 3)) == ((9 * 3600, 17 * 3600),)
    assert schedule.windows_on(change) == ((10 * 3600, 16 * 3600),)


@given(moments, st.timedeltas(dt.timedelta(0), dt.timedelta(60)))
def test_round_the_clock_equals_wall_clock(start: dt.datetime, length: dt.timedelta) -> None:
    assert service_seconds(start, start + length, ROUND_THE_CLOCK) == pytest.approx(length.total_seconds(), abs=1e-5)


@given(moments, st.timedeltas(dt.timedelta(0), dt.timedelta(60)), st.floats(0, 1))
def test_service_seconds_add_up_over_a_split(start: dt.datetime, length: dt.timedelta, share: float) -> None:
    middle, end = start + length * share, start + length
    parts = service_seconds(start, middle, SHOP) + service_seconds(middle, end, SHOP)
    assert parts == pytest.approx(service_seconds(start, end, SHOP), abs=1e-5)


@given(moments, st.timedeltas(dt.timedelta(0), dt.timedelta(30)), st.timedeltas(dt.timedelta(0), dt.timedelta(30)))
def test_service_seconds_grow_with_time_and_never_beyond_it(start: dt.datetime, first: dt.timedelta, more: dt.timedelta) -> None:
    short = service_seconds(start, start + first, SHOP)
    long = service_seconds(start, start + first + more, SHOP)
    assert 0 <= short <= long <= (first + more).total_seconds()


def test_an_enterprise_without_rows_of_its_own_has_the_default() -> None:
    rows = [ServiceWindow("*", 1, 0, 3600, None, None), ServiceWindow("E1", 2, 0, 3600, None, None)]
    assert [w.weekday for w in schedule_of("E1", rows).windows] == [2]
    assert [w.weekday for w in schedule_of("E2", rows).windows] == [1]
    with pytest.raises(UsageError, match="no default"):
        schedule_of("E2", rows[1:])


def test_default_schedule_itself_meets_clause_r1_3() -> None:
    schedule = service_schedule("any enterprise")
    hours = [
        sum(closes - opens for opens, closes in schedule.windows_on(day)) / 3600 for day in days_of(2025)[5:12]
    ]  # Monday 2025-01-06 to Sunday
    assert sum(h >= parameter("open_hours_per_day") for h in hours) >= parameter("open_days_per_week")
