"""What makes a value provisional, and the day on which each reason ends: by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from pipeline.evaluate.values.status import mark_provisional

FIRST, LAST = dt.date(2026, 10, 1), dt.date(2026, 12, 31)


def marked(indicator: str, **changes: Any) -> tuple[bool, str | None, str | None]:
    """(is_provisional, reason, until) of a value of 2026-Q4, whose calendar is announced; that of 2027 is not."""
    given = {"newest_request_at": dt.datetime(2027, 3, 1), "open_repair_count": 0, "reached": None, "look_ahead_days": 0} | changes
    rows = pl.DataFrame(
        {"enterprise_id": ["E"], "period": ["2026-Q4"], "indicator_id": [indicator], "value": [1.0]}
        | {"quarters_covered": [given.get("covered", 1)], "quarters_expected": [1]}
    )
    coverage = pl.DataFrame(
        {
            "enterprise_id": ["E"],
            "period": ["2026-Q4"],
            "window_kind": ["quarter"],
            "period_role": ["current"],
            "first_day": [FIRST],
            "last_day": [LAST],
            "quarters_expected": [1],
            "newest_request_at": [given["newest_request_at"]],
            "last_repair_resolved_at": [dt.datetime(2026, 12, 20, 9)],
            "open_repair_count": [given["open_repair_count"]],
        }
    ).cast({"newest_request_at": pl.Datetime("us"), "last_repair_resolved_at": pl.Datetime("us")})
    days = [FIRST + dt.timedelta(days=number) for number in range(150)]
    calendar = pl.DataFrame({"date_day": days, "status": ["announced" if day <= LAST else "provisional" for day in days]})
    reach = pl.DataFrame(
        {"enterprise_id": ["E"], "period": ["2026-Q4"], "period_role": ["current"], "indicator_id": [indicator]}
        | {"until_on": [given["reached"] or FIRST]}
    )
    source_rows = pl.DataFrame(
        {"enterprise_id": ["E"], "table_name": ["service_requests"], "quarter": ["2026-Q4"], "row_count": [1]}
    )
    catalogue = pl.DataFrame({"indicator_id": [indicator], "look_ahead_days": [given["look_ahead_days"]]})
    (row,) = mark_provisional(rows, catalogue, coverage, source_rows, calendar, reach).to_dicts()
    return row["is_provisional"], row["provisional_reason"], row["provisional_until"]


@pytest.mark.parametrize("indicator", ["R5-3", "P2-3b", "P1-4"])
def test_a_working_day_without_a_notice_beyond_the_period(indicator: str) -> None:
    # Received, resolved or offered on 11 January: each day from New Year on is a guess.
    assert marked(indicator, reached=dt.date(2027, 1, 11)) == (True, "calendar", "calendar:2027-01-11")
    assert marked(indicator, reached=dt.date(2026, 12, 31)) == (False, None, None)


def test_other_clocks_do_not_depend_on_notices() -> None:
    assert marked("P2-3a", reached=dt.date(2027, 1, 11)) == (False, None, None)


def test_an_open_window_names_the_day_on_which_it_closes() -> None:
    # 7 days from the end of 31 December: known until 5 January.
    known = dt.datetime(2027, 1, 5, 12)
    assert marked("O1-1", look_ahead_days=7, newest_request_at=known) == (True, "look_ahead", "look_ahead:2027-01-08")
    assert marked("O1-1", look_ahead_days=7, newest_request_at=dt.datetime(2027, 1, 8)) == (False, None, None)
    # 30 days from the last resolution, 20 December; of an open repair nobody knows.
    assert marked("O1-2", look_ahead_days=30, newest_request_at=known) == (True, "look_ahead", "look_ahead:2027-01-19")
    assert marked("O1-2", look_ahead_days=30, open_repair_count=1) == (True, "look_ahead", "look_ahead:open")


def test_missing_quarters_have_no_day() -> None:
    assert marked("P2-3b", covered=0, reached=dt.date(2027, 1, 4)) == (
        True,
        "incomplete_period;calendar",
        "incomplete_period:open;calendar:2027-01-04",
    )
