"""Every value of a month against the month before and the same month of the year before, as ``comparison`` does of quarters."""

from __future__ import annotations

import polars as pl

from pipeline.analyse.comparison import TESTED, compare
from pipeline.analyse.months import FEW, OK, months_as_published
from pipeline.calendar.comparisons import YEAR_BEFORE
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame

PREVIOUS_MONTH = "previous_month"
# How many months back; the first months of the quarter reach into published ones.
_BACK = {PREVIOUS_MONTH: 1, YEAR_BEFORE: 12}
_QUARTERS_BACK = 4
_PLACE = ["enterprise_id", "scope_type", "scope_id", "indicator_id"]
_VALUE = ["value", "ci_low", "ci_high", "n", "status"]
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "month": pl.String,
        "against": pl.String,
        "compared_month": pl.String,
        "scope_type": pl.String,
        "scope_id": pl.String,
        "indicator_id": pl.String,
        "n_before": pl.Int64,
        "n": pl.Int64,
        "value_before": pl.Float64,
        "value": pl.Float64,
        **TESTED,
    }
)


def write_month_comparison(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_month_comparison`` into the run's folder; returns its rows: the quarter's months against published ones."""
    months = months_as_published(lake, quarter, run, _QUARTERS_BACK)
    table = month_comparison(months, quarter, catalogue_frame(quarter))
    run.write("analysis_month_comparison", table)
    return table.height


def month_comparison(months: pl.DataFrame, quarter: Quarter, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The differences of the quarter's months: ``SCHEMA``, sorted.

    months     enterprise_id, month, scope_type, scope_id, indicator_id, value, ci_low, ci_high, n, status
    catalogue  indicator_id, direction

    Interval, test and finding are those of ``comparison.compare``; one family of tests an enterprise, month and earlier month. A
    month that was not published has no row.
    """
    indicators = catalogue.with_columns(incomparable=pl.lit(None, pl.String))
    # What was assumed, or has no data, is compared with nothing.
    known = months.filter(pl.col("status").is_in([OK, FEW]))
    first = quarter.first_day
    found = [pl.DataFrame(schema=SCHEMA)]
    for number in range(first.month, first.month + 3):
        for against, back in _BACK.items():
            now, before = _label(first.year, number), _label(first.year, number - back)
            one, other = (known.filter(month=each).select(*_PLACE, *_VALUE) for each in (now, before))
            compared = compare(other, one, indicators).join(
                one.select(*_PLACE, "n").join(other.select(*_PLACE, n_before="n"), on=_PLACE), on=_PLACE, maintain_order="left"
            )
            names = {"month": now, "against": against, "compared_month": before}
            found.append(compared.with_columns(pl.lit(value).alias(name) for name, value in names.items()).select(SCHEMA.names()))
    return pl.concat(found).sort("enterprise_id", "month", "against", "scope_type", "scope_id", "indicator_id")


def _label(year: int, month: int) -> str:
    """A month counted from a year's first; below 1 those of the year before."""
    years, number = divmod(month - 1, 12)
    return f"{year + years}-{number + 1:02d}"
