"""Gaps to benchmarks: an enterprise's values beside those of others that users handed in (``settings/benchmarks.py``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from pipeline.analyse.comparison import BETTER, FALSE_FINDINGS, FEW, NO_INTERVAL, OK, UNDECIDED, WORSE
from pipeline.analyse.direction import way
from pipeline.analyse.multiple_tests import Z, q_value, two_sided
from pipeline.analyse.rest import mover
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.evaluate.values.intervals import wilson
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.benchmarks import Benchmark
from pipeline.settings.indicators import catalogue_frame

NO_VALUE = "no_value"
_OLD_AFTER_MONTHS = 24
_FAMILY = ["enterprise_id", "period"]
_BENCHMARKS = {
    "indicator_id": pl.String,
    "scope": pl.String,
    "source": pl.String,
    "source_date": pl.Date,
    "licence": pl.String,
    "note": pl.String,
    "benchmark": pl.Float64,
    "benchmark_n": pl.Int64,
}
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        **_BENCHMARKS,
        "value": pl.Float64,
        "gap": pl.Float64,
        "gap_low": pl.Float64,
        "gap_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "is_old": pl.Boolean,
        "finding": pl.String,
        "status": pl.String,
    }
)
_KEY = ["enterprise_id", "period", "indicator_id", "scope", "source", "source_date"]


def write_benchmarks(quarter: Quarter, run: RunFolder, benchmarks: Sequence[Benchmark]) -> int:
    """Write ``analysis_benchmarks`` into the run's folder; returns its rows. Without benchmarks in force there are none."""
    periods = [each.period for each in published_periods(quarter) if each.role == "current"]
    columns = ["enterprise_id", "period", "indicator_id", "value", "ci_low", "ci_high", "status"]
    values = pl.scan_parquet(run.table("indicator_values")).filter(
        pl.col("period").is_in(periods), pl.col("scope_type") == "enterprise"
    )
    in_force = [each for each in benchmarks if each.is_in_force(quarter)]
    table = gaps(values.select(columns).collect(), in_force, catalogue_frame(quarter), quarter.last_day)
    run.write("analysis_benchmarks", table)
    return table.height


def gaps(values: pl.DataFrame, benchmarks: Sequence[Benchmark], indicators: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Every enterprise's value less each benchmark of the indicator: ``SCHEMA``, in the indicator's unit.

    values      of enterprises: enterprise_id, period, indicator_id, value, ci_low, ci_high, status
    indicators  the catalogue: indicator_id, method, direction, requirement
    day         on which a source of more than 24 months is old

    The interval is the value's; of a rate whose benchmark has an ``n`` also the benchmark's (Newcombe). ``finding`` as in
    ``analysis_comparison``, one family an enterprise and period.
    """
    given = pl.DataFrame(
        [asdict(each) | {"benchmark": each.value, "benchmark_n": each.n} for each in benchmarks], schema=_BENCHMARKS
    )
    oldest = pl.lit(day).dt.offset_by(f"-{_OLD_AFTER_MONTHS}mo")
    rows = (
        values.join(given, on="indicator_id")
        .join(indicators.select("indicator_id", "method", way()), on="indicator_id")
        .with_columns(gap=pl.col("value") - pl.col("benchmark"), is_old=pl.col("source_date") < oldest, status=_status())
        .sort(_KEY)
    )
    tested = rows.with_columns(**_tests(rows)).with_columns(q_value=q_value(_FAMILY))
    return tested.with_columns(finding=_finding()).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _tests(rows: pl.DataFrame) -> dict[str, pl.Series]:
    names = ("value", "ci_low", "ci_high", "benchmark", "benchmark_n")
    value, low, high, benchmark, n = (rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in names)
    its_low, its_high = benchmark.copy(), benchmark.copy()
    sampled = np.flatnonzero(np.isfinite(n) & (rows["method"] == "rate").to_numpy())
    its_low[sampled], its_high[sampled] = wilson(benchmark[sampled] * n[sampled], n[sampled])
    gap = value - benchmark
    gap_low, gap_high = mover(gap, (value - low, high - value), (benchmark - its_low, its_high - benchmark))
    distance = np.abs(gap - np.where(gap > 0, gap_low, gap_high))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = two_sided(np.where(gap == 0, 0.0, np.where(distance > 0, Z * gap / distance, np.inf)))
    is_known = (rows["status"] == OK).to_numpy()
    found = {"gap_low": gap_low, "gap_high": gap_high, "p_value": p_values}
    return {
        name: pl.Series(np.where(is_known, numbers, np.nan), dtype=pl.Float64).fill_nan(None) for name, numbers in found.items()
    }


def _status() -> pl.Expr:
    return (
        pl.when(pl.col("value").is_null())
        .then(pl.lit(NO_VALUE))
        .when(pl.col("status") == FEW)
        .then(pl.lit(FEW))
        .when(pl.col("ci_low").is_null() | pl.col("ci_high").is_null())
        .then(pl.lit(NO_INTERVAL))
        .otherwise(pl.lit(OK))
    )


def _finding() -> pl.Expr:
    return (
        pl.when(pl.col("q_value").is_null() | (pl.col("way") == 0))
        .then(None)
        .when(pl.col("q_value") > FALSE_FINDINGS)
        .then(pl.lit(UNDECIDED))
        .when(pl.col("gap") * pl.col("way") > 0)
        .then(pl.lit(BETTER))
        .otherwise(pl.lit(WORSE))
    )
