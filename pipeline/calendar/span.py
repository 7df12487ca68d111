"""The time that a delivery covers, as its own rows show it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise

from pipeline.calendar.quarters import Quarter

LARGEST_GAP = 4
"""Quarters: rows further than a year from every other row are outside the delivery's time."""


def far_quarters(rows: Mapping[str, int]) -> tuple[str, ...]:
    """The quarters outside the delivery's time, in time order: placeholders such as 1970-01-01, or slips of the pen.

    The delivery's time is what surrounds the quarter of its middle row, up to the first gap of more than a year without a row.

    rows    quarter → dated rows of the whole delivery
    """
    quarters = sorted(Quarter.parse(label) for label, count in rows.items() if count)
    if not quarters:
        return ()
    counted = list(accumulate(rows[quarter.label] for quarter in quarters))
    middle = next(place for place, total in enumerate(counted) if 2 * total >= counted[-1])
    breaks = [place for place, (one, next_one) in enumerate(pairwise(quarters), 1) if one.shift(LARGEST_GAP) < next_one]
    first = max((place for place in breaks if place <= middle), default=0)
    end = min((place for place in breaks if place > middle), default=len(quarters))
    return tuple(quarter.label for quarter in [*quarters[:first], *quarters[end:]])
