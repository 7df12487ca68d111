from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.errors import UsageError

quarters = st.builds(Quarter, st.integers(1950, 2150), st.integers(1, 4))
written = st.builds(Quarter, st.integers(1900, 2099), st.integers(1, 4))
days = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))


def test_a_quarter_is_read_as_it_is_written() -> None:
    assert Quarter.parse("2025-Q1") == Quarter(2025, 1)
    assert Quarter.parse(" 2024-Q4\n") == Quarter(2024, 4)
    assert str(Quarter(2025, 1)) == Quarter(2025, 1).label == "2025-Q1"


@pytest.mark.parametrize(
    "text",
    ["", "2025", "2025Q1", "2025-Q0", "2025-Q5", "2025-q1", "25-Q1", "2025-Q1x", "2025-Q1 2025-Q2", "2025-01-01"],
)
def test_anything_else_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a quarter: write it like 2025-Q1") as refused:
        Quarter.parse(text)
    assert f"'{text}'" in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("label", "first_day", "last_day", "end_day"),
    [
        ("2025-Q1", "2025-01-01", "2025-03-31", "2025-04-01"),
        ("2024-Q2", "2024-04-01", "2024-06-30", "2024-07-01"),
        ("2024-Q3", "2024-07-01", "2024-09-30", "2024-10-01"),
        ("2024-Q4", "2024-10-01", "2024-12-31", "2025-01-01"),
    ],
)
def test_a_quarter_is_three_calendar_months(label: str, first_day: str, last_day: str, end_day: str) -> None:
    quarter = Quarter.parse(label)
    assert [day.isoformat() for day in (quarter.first_day, quarter.last_day, quarter.end_day)] == [
        first_day,
        last_day,
        end_day,
    ]


def test_dagster_knows_a_quarter_by_its_first_day() -> None:
    assert Quarter(2025, 1).partition_key == "2025-01-01"
    assert Quarter.from_partition_key("2024-10-01") == Quarter(2024, 4)
    # Dagster hands over some keys with a time of day.
    assert Quarter.from_partition_key("2024-10-01-00:00") == Quarter(2024, 4)


@pytest.mark.parametrize(
    ("start", "step", "end"),
    [("2025-Q1", 1, "2025-Q2"), ("2025-Q1", -1, "2024-Q4"), ("2024-Q4", 1, "2025-Q1"), ("2025-Q1", -7, "2023-Q2"),
     ("2025-Q3", 0, "2025-Q3"), ("2025-Q1", -8, "2023-Q1")],
)  # fmt: skip
def test_shifting_crosses_years(start: str, step: int, end: str) -> None:
    assert Quarter.parse(start).shift(step).label == end


@pytest.mark.parametrize("text", ["0000-Q1", "1899-Q4", "2100-Q1", "9999-Q4"])
def test_a_quarter_far_from_our_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=rf"'{text}' is not a quarter of the years 1900 to 2099"):
        Quarter.parse(text)
    assert Quarter.parse("1900-Q1") < Quarter.parse("2099-Q4")


@given(written)
def test_labels_and_partition_keys_lose_nothing(quarter: Quarter) -> None:
    assert Quarter.parse(quarter.label) == quarter
    assert Quarter.from_partition_key(quarter.partition_key) == quarter


@given(days)
def test_every_day_lies_in_its_quarter_and_in_no_other(day: dt.date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first_day <= day < quarter.end_day
    assert quarter.shift(-1).end_day == quarter.first_day
    assert quarter.last_day == quarter.end_day - dt.timedelta(days=1)


@given(quarters, st.integers(-40, 40), st.integers(-40, 40))
def test_shifts_add_up_and_order_is_that_of_time(quarter: Quarter, one: int, two: int) -> None:
    assert quarter.shift(one).shift(two) == quarter.shift(one + two)
    assert (quarter.shift(one) < quarter.shift(two)) == (one < two)
    assert (quarter.shift(one).first_day < quarter.shift(two).first_day) == (one < two)


def test_a_range_includes_both_ends() -> None:
    assert [quarter.label for quarter in quarter_range("2024-Q3..2025-Q2")] == [
        "2024-Q3",
        "2024-Q4",
        "2025-Q1",
        "2025-Q2",
    ]
    assert quarter_range("2025-Q1..2025-Q1") == quarter_range("2025-Q1") == [Quarter(2025, 1)]


def test_a_range_of_nine_quarters_has_every_comparison() -> None:
    nine = quarter_range("2023-Q1..2025-Q1")
    assert len(nine) == 9
    assert nine[-1].shift(-4) in nine


@pytest.mark.parametrize("text", ["2025-Q1..", "..2025-Q1", "2025-Q1..2025", "2025-Q1...2025-Q2", "2024-Q1..2024-Q2..2024-Q3"])
def test_a_range_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a quarter"):
        quarter_range(text)


def test_a_range_backwards_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'2025-Q1\.\.2024-Q4' ends before it starts"):
        quarter_range("2025-Q1..2024-Q4")
