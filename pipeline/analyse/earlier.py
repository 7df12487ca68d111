"""The earlier periods that a quarter is compared with, and their published tables.

A run reads what is published when it runs, so quarters are run in their order: an earlier quarter that is evaluated again changes
nothing that was published since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame

PREVIOUS, YEAR_BEFORE = "previous", "year_before"
# How many quarters back the same kind of period ends; a year to date has no other of its length within the year.
_BACK = {
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
    overlaps: bool
    """The two share quarters, so their values are not independent and no test can tell them apart."""


def comparisons(quarter: Quarter) -> list[Comparison]:
    """What a run compares: each of its periods with the one before and with the same of a year before."""
    found = []
    for period in published_periods(quarter):
        if period.role != "current":
            continue
        for against, quarters in _BACK[period.window_kind].items():
            earlier = quarter.shift(-quarters)
            (compared,) = [
                each for each in published_periods(earlier) if each.role == "current" and each.window_kind == period.window_kind
            ]
            overlaps = compared.last_quarter >= period.first_quarter
            found.append(Comparison(period.period, period.window_kind, against, compared.period, earlier, overlaps))
    return found


OVERLAPS, OTHER_LENGTH = "periods_overlap", "periods_of_other_length"


def with_comparability(indicators: pl.DataFrame, comparison: Comparison) -> pl.DataFrame:
    """The catalogue with the column ``incomparable``: why two values of an indicator cannot be told apart by a test, or null.

    The periods share quarters, or what is counted since the year's first day has grown since.
    """
    is_before = pl.lit(comparison.against == PREVIOUS)
    shares = pl.lit(comparison.overlaps) | (is_before & (pl.col("period_rule") == "trailing_year"))
    is_longer = is_before & (pl.col("period_rule") == "year_to_date")
    reason = pl.when(shares).then(pl.lit(OVERLAPS)).when(is_longer).then(pl.lit(OTHER_LENGTH))
    return indicators.with_columns(incomparable=reason)


@dataclass(frozen=True)
class Earlier:
    """The published run of an earlier quarter."""

    folder: Path

    @classmethod
    def of(cls, lake: Lake, quarter: Quarter) -> Earlier | None:
        """None if nothing is published of the quarter, or its tables are not in this lake."""
        folder = lake.analyst(quarter)
        return cls(folder) if lake.current(quarter).exists() and folder.is_dir() else None

    @classmethod
    def as_released(cls, lake: Lake, quarter: Quarter) -> Earlier | None:
        """The same for what readers see of it."""
        folder = lake.current(quarter)
        return cls(folder) if (folder / "scores.parquet").is_file() else None

    def table(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """A table as that run published it."""
        return pl.read_parquet(self.folder / f"{name}.parquet", columns=columns)


def values_compared(
    lake: Lake,
    quarter: Quarter,
    run: RunFolder,
    columns: list[str],
    schema: pl.Schema,
    compare: Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """What ``compare`` makes of the values of each period of a run and its counterparts, with the names of the periods: ``schema``.

    columns  of ``indicator_values``, beside the period
    compare  called with the values before and now, and the catalogue with comparability

    Without an earlier publication there are no rows.
    """
    columns = ["period", *columns]
    values = pl.read_parquet(run.table("indicator_values"), columns=columns)
    indicators = catalogue_frame(quarter)
    found = [pl.DataFrame(schema=schema)]
    for each in comparisons(quarter):
        earlier = Earlier.of(lake, each.quarter)
        if earlier is None:
            continue
        before = earlier.table("indicator_values", columns).filter(period=each.compared_period)
        compared = compare(before, values.filter(period=each.period), with_comparability(indicators, each))
        names = {"period": each.period, "against": each.against, "compared_period": each.compared_period}
        found.append(compared.with_columns(pl.lit(value).alias(name) for name, value in names.items()).select(schema.names()))
    return pl.concat(found)


def outdated(lake: Lake, quarter: Quarter) -> list[Quarter]:
    """The published later quarters that were compared with other scores than those now published of a quarter, or with none."""
    found = []
    for later in sorted({quarter.shift(back) for backs in _BACK.values() for back in backs.values()}):
        tables = [lake.current(quarter) / "scores.parquet", lake.current(later) / "score_changes.parquet"]
        if not all(path.is_file() for path in tables):
            continue
        scores, changes = (pl.read_parquet(path) for path in tables)
        compared = changes.filter(level="total").join(
            scores.filter(level="total").select("enterprise_id", compared_period="period", score_now="score"),
            on=["enterprise_id", "compared_period"],
        )
        if not compared["score_before"].equals(compared["score_now"], check_names=False, null_equal=True):
            found.append(later)
    return found
