from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import Period, counted_quarters, published_periods, read_quarters

quarters = st.builds(Quarter, st.integers(2000, 2100), st.integers(1, 4))


def _described(period: Period) -> tuple[str, ...]:
    return (
        period.period,
        period.window_kind,
        period.role,
        f"{period.first_day} to {period.last_day}",
        f"from {period.measured_from}",
    )


def test_the_periods_of_a_first_quarter() -> None:
    assert [_described(period) for period in published_periods(Quarter(2025, 1))] == [
        ("2025-Q1", "quarter", "current", "2025-01-01 to 2025-03-31", "from 2025-01-01"),
        ("2025-Q1", "quarter", "previous", "2024-01-01 to 2024-03-31", "from 2024-01-01"),
        ("2025-Q1-YTD", "year_to_date", "current", "2025-01-01 to 2025-03-31", "from 2025-01-01"),
        ("2025-Q1-YTD", "year_to_date", "previous", "2024-01-01 to 2024-03-31", "from 2024-01-01"),
        ("2025-Q1-TTM", "trailing_year", "current", "2024-04-01 to 2025-03-31", "from 2024-04-01"),
        ("2025-Q1-TTM", "trailing_year", "previous", "2023-04-01 to 2024-03-31", "from 2023-04-01"),
    ]


def test_the_periods_of_a_third_quarter_reach_back_to_new_year() -> None:
    assert [_described(period) for period in published_periods(Quarter(2024, 3))] == [
        ("2024-Q3", "quarter", "current", "2024-07-01 to 2024-09-30", "from 2024-01-01"),
        ("2024-Q3", "quarter", "previous", "2023-07-01 to 2023-09-30", "from 2023-01-01"),
        ("2024-Q3-YTD", "year_to_date", "current", "2024-01-01 to 2024-09-30", "from 2024-01-01"),
        ("2024-Q3-YTD", "year_to_date", "previous", "2023-01-01 to 2023-09-30", "from 2023-01-01"),
        ("2024-Q3-TTM", "trailing_year", "current", "2023-10-01 to 2024-09-30", "from 2023-10-01"),
        ("2024-Q3-TTM", "trailing_year", "previous", "2022-10-01 to 2023-09-30", "from 2022-10-01"),
    ]


def test_a_fourth_quarter_publishes_the_calendar_year_too() -> None:
    assert [_described(period) for period in published_periods(Quarter(2024, 4))] == [
        ("2024-Q4", "quarter", "current", "2024-10-01 to 2024-12-31", "from 2024-01-01"),
        ("2024-Q4", "quarter", "previous", "2023-10-01 to 2023-12-31", "from 2023-01-01"),
        ("2024-Q4-YTD", "year_to_date", "current", "2024-01-01 to 2024-12-31", "from 2024-01-01"),
        ("2024-Q4-YTD", "year_to_date", "previous", "2023-01-01 to 2023-12-31", "from 2023-01-01"),
        ("2024-Q4-TTM", "trailing_year", "current", "2024-01-01 to 2024-12-31", "from 2024-01-01"),
        ("2024-Q4-TTM", "trailing_year", "previous", "2023-01-01 to 2023-12-31", "from 2023-01-01"),
        ("2024", "calendar_year", "current", "2024-01-01 to 2024-12-31", "from 2024-01-01"),
        ("2024", "calendar_year", "previous", "2023-01-01 to 2023-12-31", "from 2023-01-01"),
    ]


def test_a_period_ends_the_day_after_its_last_day() -> None:
    current, previous, *_ = published_periods(Quarter(2024, 4))
    assert current.end_day == dt.date(2025, 1, 1)
    assert previous.end_day == dt.date(2024, 1, 1)


def test_a_run_counts_eight_quarters_and_reads_one_ahead() -> None:
    labels = [quarter.label for quarter in counted_quarters(Quarter(2025, 1))]
    assert labels == ["2023-Q2", "2023-Q3", "2023-Q4", "2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"]
    assert [quarter.label for quarter in read_quarters(Quarter(2025, 1))] == [*labels, "2025-Q2"]


@given(quarters)
def test_every_published_day_is_counted(quarter: Quarter) -> None:
    counted = counted_quarters(quarter)
    periods = published_periods(quarter)
    # Training and innovation are measured from the year's first day, which may lie before the quarter itself.
    for day in (day for period in periods for day in (period.first_day, period.last_day, period.measured_from)):
        assert Quarter.of(day) in counted
    assert counted == sorted(counted)
    assert read_quarters(quarter)[:-1] == counted
    # No quarter is read for nothing: the earliest one counts for the trailing year before.
    assert min(period.first_day for period in periods) == counted[0].first_day


@given(quarters)
def test_every_period_has_its_counterpart_a_year_earlier(quarter: Quarter) -> None:
    periods = published_periods(quarter)
    currents, previouses = ([p for p in periods if p.role == role] for role in ("current", "previous"))
    assert len({period.period for period in currents}) == len(currents) == len(previouses)
    for now, then in zip(currents, previouses, strict=True):
        assert (now.period, now.window_kind) == (then.period, then.window_kind)
        for one, other in (
            (now.first_day, then.first_day),
            (now.end_day, then.end_day),
            (now.measured_from, then.measured_from),
        ):
            assert (other.year, other.month, other.day) == (one.year - 1, one.month, one.day)


@pytest.mark.parametrize(("number", "kinds"), [(1, 3), (2, 3), (3, 3), (4, 4)])
def test_only_a_fourth_quarter_closes_a_year(number: int, kinds: int) -> None:
    assert len({period.window_kind for period in published_periods(Quarter(2025, number))}) == kinds
