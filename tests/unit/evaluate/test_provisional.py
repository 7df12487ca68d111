"""What makes a value provisional, and the day on which each reason ends: by hand."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.evaluate.values.status import COVERING_TABLES, mark_provisional

FIRST, LAST = dt.date(2026, 10, 1), dt.date(2026, 12, 31)


def marked(indicator: str, **changes: Any) -> tuple[bool, str | None, str | None]:
    """(is_provisional, reason, until) of a value of 2026-Q4, whose calendar is announced; that of 2027 is not."""
    given = {"newest_request_at": dt.datetime(2027, 3, 1), "open_repair_count": 0, "reached": None, "look_ahead_days": 0} | changes
    first = given.get("first_day", FIRST)
    calendar_from = given.get("calendar_from", FIRST)
    rows = pl.DataFrame(
        {"enterprise_id": ["E"], "period": ["2026-Q4"], "indicator_id": [indicator], "value": [1.0]}
        | {"quarters_covered": [given.get("covered", 1)], "quarters_expected": [given.get("expected", 1)]}
    )
    coverage = pl.DataFrame(
        {
            "enterprise_id": ["E"],
            "period": ["2026-Q4"],
            "window_kind": [given.get("window_kind", "quarter")],
            "period_role": ["current"],
            "first_day": [first],
            "last_day": [LAST],
            "quarters_expected": [given.get("expected", 1)],
            "newest_request_at": [given["newest_request_at"]],
            "last_repair_resolved_at": [given.get("resolved_at", dt.datetime(2026, 12, 20, 9))],
            "open_repair_count": [given["open_repair_count"]],
        }
    ).cast({"newest_request_at": pl.Datetime("us"), "last_repair_resolved_at": pl.Datetime("us")})
    days = [calendar_from + dt.timedelta(days=number) for number in range((FIRST - calendar_from).days + 150)]
    calendar = pl.DataFrame({"date_day": days, "status": ["announced" if FIRST <= day <= LAST else "provisional" for day in days]})
    reach = pl.DataFrame(
        {"enterprise_id": ["E"], "period": ["2026-Q4"], "period_role": ["current"], "indicator_id": [indicator]}
        | {"until_on": [given["reached"] or FIRST]}
    )
    records_from = given.get("records_from", "2026-Q4")
    source_rows = pl.DataFrame(
        {
            "enterprise_id": ["E"],
            "table_name": ["service_requests"],
            "quarter": [records_from],
            "row_count": [int(bool(records_from))],
        },
        schema_overrides={"quarter": pl.String},
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
    # 30 days from the last resolution, 20 December; an open repair may be resolved until a run reads no further: 31 March.
    assert marked("O1-2", look_ahead_days=30, newest_request_at=known) == (True, "look_ahead", "look_ahead:2027-01-19")
    assert marked("O1-2", look_ahead_days=30, open_repair_count=1) == (True, "look_ahead", "look_ahead:2027-04-01")


def test_an_open_window_is_over_when_the_quarter_after_was_read_to_its_end() -> None:
    # Requests of 29 March at the latest, on three days none: whatever is still open will not be read by a run of this quarter.
    at_the_end = {"newest_request_at": dt.datetime(2027, 3, 29)}
    assert marked("O1-2", look_ahead_days=30, open_repair_count=2, **at_the_end) == (False, None, None)
    assert marked("O1-2", look_ahead_days=30, resolved_at=dt.datetime(2027, 3, 20), **at_the_end) == (False, None, None)
    day_before = {"newest_request_at": dt.datetime(2027, 3, 28, 23)}
    found = marked("O1-2", look_ahead_days=30, resolved_at=dt.datetime(2027, 3, 20), **day_before)
    assert found == (True, "look_ahead", "look_ahead:2027-04-01")


def test_quarters_before_the_first_record_are_not_awaited() -> None:
    # Of 2026-Q1 to Q4 two have records.
    gap = {"window_kind": "trailing_year", "first_day": dt.date(2026, 1, 1), "covered": 2, "expected": 4}
    assert marked("P2-3a", records_from="2026-Q3", **gap) == (False, None, None)
    # The first record is of Q2: Q3 or Q4 was not delivered, or Q2 has no other.
    assert marked("P2-3a", records_from="2026-Q2", **gap) == (True, "incomplete_period", "incomplete_period:open")
    assert marked("P2-3a", records_from=None, **gap) == (True, "incomplete_period", "incomplete_period:open")


def test_days_before_the_first_notice_await_none() -> None:
    # The calendar is announced for the fourth quarter only; the trailing year begins in January.
    year = {"window_kind": "trailing_year", "first_day": dt.date(2026, 1, 1), "reached": LAST}
    assert marked("P2-3b", calendar_from=dt.date(2026, 1, 1), **year) == (False, None, None)


def test_the_tables_that_cover_a_quarter_are_those_of_the_mart() -> None:
    model = Path(__file__).parents[3] / "dbt_project" / "models" / "marts" / "mart_period_coverage.sql"
    listed = re.search(r"table_name in \(([^)]*)\)", model.read_text(encoding="utf-8"))
    assert listed is not None
    assert set(re.findall(r"'(\w+)'", listed[1])) == set(COVERING_TABLES)


def test_missing_quarters_have_no_day() -> None:
    assert marked("P2-3b", covered=0, reached=dt.date(2027, 1, 4)) == (
        True,
        "incomplete_period;calendar",
        "incomplete_period:open;calendar:2027-01-04",
    )
