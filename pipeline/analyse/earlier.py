"""The earlier periods that a quarter is compared with, and their published tables.

A run reads what is published when it runs, so quarters are run in their order: an earlier quarter that is evaluated again changes
nothing that was published since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.calendar.comparisons import BACK, PREVIOUS, Comparison, comparisons
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame

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

    def path(self, name: str) -> Path:
        """Where a table of that run is, if it has that table."""
        return self.folder / f"{name}.parquet"

    def has(self, name: str) -> bool:
        """Whether that run published such a table: older versions had fewer."""
        return self.path(name).is_file()

    def table(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """A table as that run published it."""
        return pl.read_parquet(self.path(name), columns=columns)


def values_compared(
    lake: Lake,
    quarter: Quarter,
    run: RunFolder,
    columns: list[str],
    schema: pl.Schema,
    compare: Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame],
    more: Callable[[Callable[[str], Path], Quarter], pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """What ``compare`` makes of the values of each period of a run and its counterparts, with the names of the periods: ``schema``.

    columns  of ``indicator_values``, beside the period
    compare  called with the values before and now, and the catalogue with comparability
    more     makes further rows of values; called with the paths of a run's tables by name, and its quarter

    Without an earlier publication there are no rows.
    """
    columns = ["period", *columns]

    def values_of(path: Callable[[str], Path], of: Quarter) -> pl.DataFrame:
        values = pl.read_parquet(path("indicator_values"), columns=columns)
        return values if more is None else pl.concat([values, more(path, of).select(columns)])

    values = values_of(run.table, quarter)
    indicators = catalogue_frame(quarter)
    found = [pl.DataFrame(schema=schema)]
    for each in comparisons(quarter):
        earlier = Earlier.of(lake, each.quarter)
        if earlier is None:
            continue
        before = values_of(earlier.path, each.quarter).filter(period=each.compared_period)
        compared = compare(before, values.filter(period=each.period), with_comparability(indicators, each))
        names = {"period": each.period, "against": each.against, "compared_period": each.compared_period}
        found.append(compared.with_columns(pl.lit(value).alias(name) for name, value in names.items()).select(schema.names()))
    return pl.concat(found)


def outdated(lake: Lake, quarter: Quarter) -> list[Quarter]:
    """The published later quarters that were compared with other scores than those now published of a quarter, or with none."""
    found = []
    for later in sorted({quarter.shift(back) for backs in BACK.values() for back in backs.values()}):
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
