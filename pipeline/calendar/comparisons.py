"""With which earlier periods a quarter's periods are compared: the one before and the same of a year before."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods

PREVIOUS, YEAR_BEFORE = "previous", "year_before"
# How many quarters back the same kind of period ends; a year to date has no other of its length within the year.
BACK = {
    "quarter": {PREVIOUS: 1, YEAR_BEFORE: 4},
    "year_to_date": {YEAR_BEFORE: 4},
    "trailing_year": {PREVIOUS: 1, YEAR_BEFORE: 4},
    "calendar_year": {YEAR_BEFORE: 4},
}


@dataclass(frozen=True)
class Comparison:
    """A published period, and an earlier one of the same kind, which the run of ``quarter`` publishes."""

    period: str
    window_kind: str
    against: str  # previous | year_before
    compared_period: str
    quarter: Quarter
    first_quarter: Quarter
    """The earlier period reaches from here to ``quarter``."""
    overlaps: bool
    """The two share quarters, so their values are not independent and no test can tell them apart."""


def comparisons(quarter: Quarter) -> list[Comparison]:
    """What a run compares: each of its periods with the one before and with the same of a year before."""
    found = []
    for period in published_periods(quarter):
        if period.role != "current":
            continue
        for against, quarters in BACK[period.window_kind].items():
            earlier = quarter.shift(-quarters)
            (compared,) = [
                each for each in published_periods(earlier) if each.role == "current" and each.window_kind == period.window_kind
            ]
            overlaps = compared.last_quarter >= period.first_quarter
            names = period.period, period.window_kind, against, compared.period
            found.append(Comparison(*names, earlier, compared.first_quarter, overlaps))
    return found
