"""What is planted into one enterprise's events, as data: which effect, where and from when.

The subjects' modules apply the effects; ``plants`` decides who gets which and says what must be found.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.calendar.quarters import Quarter

PEAK_DAY = 205
"""Day of the year on which the demand of a positive ``season`` is highest: late July."""
FAILING_ONE_TOUCH = 0.70
"""Share of requests solved in one contact in the failing region."""
FAILING_RESPONSE, FAILING_RESOLUTION = 2.5, 2.0
"""By how much longer the failing region takes to respond and to resolve."""
GAMED_SHARE, DUPLICATED_SHARE = 0.9, 0.5
"""Shares of the late requests that the gaming outlet closes at the limit, and of its visits that it enters twice."""
BURST_SHARE = 0.5
"""Share of the month's complaints that turn to the burst's topic."""
PROJECT_KEEPS = 0.4
"""Share of the abandoned calls that are still abandoned once the project is in effect."""
PROJECT_TITLE = "提高接通率"
HARD_DEMAND = 2.25
"""By how much demand for the hard categories grows in the quarter of the mix shift."""
EASY_ONE_TOUCH, HARD_ONE_TOUCH = (0.94, 0.96), (0.50, 0.54)
"""Shares solved in one contact, before and in the quarter of the mix shift."""


@dataclass(frozen=True)
class Effects:
    """The effects in one enterprise's rows; as made without arguments there is none.

    >>> Effects(season=0.15).season
    0.15
    """

    has_calendar: bool = False
    """Demand follows weekdays, holidays and make-up working days, and peak hours make callers wait."""
    season: float = 0.0
    """Amplitude of the year's wave of demand; negative: lowest on ``PEAK_DAY``."""
    has_seasonal_products: bool = False
    has_drivers: bool = False
    """Response time, resolution and attitude make customers content; slow responses and slow resolutions come together."""
    failing_region: int | None = None
    """Position of a region with slow service and few requests solved in one contact."""
    gaming_outlet: int | None = None
    """Position of an outlet that closes late requests just inside the limit and enters visits twice."""
    burst_month: dt.date | None = None
    """First day of a month in which complaints turn to one topic."""
    project_from: dt.date | None = None
    """Day on which a project takes effect that leaves fewer calls abandoned."""
    mix_shift: Quarter | None = None
    """Quarter in which every product category does better while demand moves to the hard ones: the total falls."""

    def is_hard(self, category: int) -> bool:
        """Whether a product category, by position, is one that takes more contacts."""
        return category % 2 == 1
