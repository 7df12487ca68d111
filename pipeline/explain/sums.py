"""Which sums a value is made of, so that its records add up to them: the parts of the marts, by indicator.

Most indicators are one numerator and one denominator. The others are put together from several here, as ``mart_period_inputs`` and
``pipeline/evaluate/values/`` do; the numbers themselves are theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import Period, published_periods
from schemas.standard.catalogue import Indicator

CURRENT, PREVIOUS = "current", "previous"
_BOTH, _NUMERATOR, _DENOMINATOR = "both", "numerator", "denominator"
# Counts since the year's first day; rates of the trailing year in every period.
_SINCE, _TRAILING = ("I3-1",), ("I4-1",)
# Of what an indicator is the change, if not of its own parts.
_CHANGE_OF = {"I4-2": "O2-5"}
_COMPONENTS = {"O2-5": ("O2-1", "O2-2", "O2-3", "O2-4")}
_VARIANTS = {
    "O4-1": (("incidents", _NUMERATOR), ("services", _DENOMINATOR)),
    "I4-3": (("resolved", _NUMERATOR), ("working_days", _DENOMINATOR)),
    "I3-1": (("effective", _NUMERATOR), ("", _BOTH)),
    "R1-2a": (("mean", _BOTH),),
    "R1-2b": (("mean", _BOTH),),
}


@dataclass(frozen=True)
class Sum:
    """A numerator and denominator of the marts to which records add up: of an indicator, in a period or the same a year earlier.

    ``variants``: the variants of the records that make it, and which of the two they make; ``parted``: one sum per touchpoint.
    """

    indicator_id: str
    role: str
    variants: tuple[tuple[str, str], ...]
    parted: bool = False


def sums_of(indicator: Indicator, part: str) -> Iterator[Sum]:
    """The sums that the value of an indicator is made of; ``part``: which of its readings it is (O1-4).

    A composite has those of its components, a change those of both years.
    """
    roles = (CURRENT, PREVIOUS) if indicator.method == "change" else (CURRENT,)
    of = _CHANGE_OF.get(indicator.indicator_id, indicator.indicator_id)
    for role in roles:
        for each in _COMPONENTS.get(of, (of,)):
            chosen = ((part, _BOTH),) if each == "O1-4" else _VARIANTS.get(each, (("", _BOTH),))
            yield Sum(each, role, chosen, parted=each == "O2-2")


def is_percentile(indicator_id: str) -> bool:
    """Whether the value is a percentile of the records' own values, not a sum."""
    return indicator_id in ("R1-2a", "R1-2b")


def counted_in(indicator_id: str, period: str, role: str, quarter: Quarter) -> tuple[Quarter, ...]:
    """The quarters whose records a sum of the indicator counts, in a period that the run of ``quarter`` publishes."""
    kind = "trailing_year" if indicator_id in _TRAILING else None
    (span,) = (
        each
        for each in published_periods(quarter)
        if each.role == role and (each.window_kind == kind if kind else each.period == period)
    )
    first = _quarter_of(span) if indicator_id in _SINCE else span.first_quarter
    quarters = [first]
    while quarters[-1] < span.last_quarter:
        quarters.append(quarters[-1].shift(1))
    return tuple(quarters)


def _quarter_of(span: Period) -> Quarter:
    return Quarter(span.measured_from.year, (span.measured_from.month + 2) // 3)
