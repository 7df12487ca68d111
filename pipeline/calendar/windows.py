"""Which quarters a run reads and which periods it publishes.

Only calendar arithmetic: the SQL of the marts gets the result as tables (``marts/inputs.py``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.calendar.quarters import Quarter
from schemas.contract import Table

# The trailing twelve months and the twelve before them (I4-1) reach seven quarters back.
LOOK_BACK_QUARTERS = 7
# Repeat contacts and repeat repairs within 30 days reach into the next quarter.
LOOK_AHEAD_QUARTERS = 1


@dataclass(frozen=True)
class Period:
    """A span of whole quarters with values of its own; ``role`` tells it from the same span a year earlier."""

    period: str
    window_kind: str  # quarter | year_to_date | trailing_year | calendar_year
    role: str  # current | previous
    first_quarter: Quarter
    last_quarter: Quarter
    measured_from: dt.date

    @property
    def first_day(self) -> dt.date:
        return self.first_quarter.first_day

    @property
    def last_day(self) -> dt.date:
        return self.last_quarter.last_day

    @property
    def end_day(self) -> dt.date:
        return self.last_quarter.end_day


def counted_quarters(quarter: Quarter) -> list[Quarter]:
    """The quarters whose records count for a period of this run, in time order."""
    return [quarter.shift(offset) for offset in range(-LOOK_BACK_QUARTERS, 1)]


def read_quarters(quarter: Quarter) -> list[Quarter]:
    """The quarters whose clean records a run reads: the counted ones and the look-ahead."""
    return [quarter.shift(offset) for offset in range(-LOOK_BACK_QUARTERS, LOOK_AHEAD_QUARTERS + 1)]


def published_periods(quarter: Quarter) -> list[Period]:
    """The periods a run publishes, each with its counterpart a year earlier.

    ``2025-Q1`` the quarter, ``2025-Q1-YTD`` the year to date, ``2025-Q1-TTM`` the trailing twelve months and, in the run of a
    fourth quarter, ``2025`` the calendar year. Training and innovation are measured from the year's first day; for the trailing
    year from its own first day (rulings R3-4, I3-1).
    """
    first_of_year = Quarter(quarter.year, 1)
    spans = [
        (quarter.label, "quarter", quarter, first_of_year.first_day),
        (f"{quarter.label}-YTD", "year_to_date", first_of_year, first_of_year.first_day),
        (f"{quarter.label}-TTM", "trailing_year", quarter.shift(-3), quarter.shift(-3).first_day),
    ]
    if quarter.number == 4:
        spans.append((str(quarter.year), "calendar_year", first_of_year, first_of_year.first_day))
    periods = []
    for label, kind, first, measured_from in spans:
        periods.append(Period(label, kind, "current", first, quarter, measured_from))
        a_year_before = dt.date(measured_from.year - 1, measured_from.month, measured_from.day)
        periods.append(Period(label, kind, "previous", first.shift(-4), quarter.shift(-4), a_year_before))
    return periods


def surrounding_quarters(table: Table, quarter: Quarter) -> list[Quarter]:
    """The look-back and look-ahead quarters in time order; registers are read as of the quarter itself and have none."""
    return [each for each in read_quarters(quarter) if each != quarter] if table.has_quarters else []
