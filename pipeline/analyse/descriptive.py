"""What the quarter's rates, times and answers look like: mean, deviation, order statistics, how many and how often."""

from __future__ import annotations

import polars as pl

from pipeline.analyse.months import EVENT_RATES, deviation_of
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.values.parts import SHARE_OF_ANSWERS, measure
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from schemas.expectations.analyses import MONTHLY_METHODS

SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "scope_type": pl.String,
        "scope_id": pl.String,
        "indicator_id": pl.String,
        "n": pl.Int64,
        "mean": pl.Float64,
        "standard_deviation": pl.Float64,
        "median": pl.Float64,
        "p90": pl.Float64,
        "p95": pl.Float64,
        "frequency": pl.Float64,
        "status": pl.String,
    }
)
_PLACE = ["enterprise_id", "period", "scope_type", "scope_id"]
KEY = [*_PLACE, "indicator_id"]
_WITHOUT_VALUE = ("no_data", "not_applicable")
_NUMBERS = ("mean", "standard_deviation", "median", "p90", "p95", "frequency")


def write_descriptive(quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_descriptive`` into the run's folder; returns its rows: of the quarter, and of its months."""
    read = {
        name: pl.read_parquet(run.table(name))
        for name in ("mart_indicator_inputs", "mart_duration_statistics", "indicator_values", "indicator_months")
    }
    parts, statistics, values, of_months = read.values()
    table = described(
        parts.filter(quarter=quarter.label).rename({"quarter": "period"}),
        statistics.filter(period=quarter.label),
        values.filter(period=quarter.label).select(*KEY, "status"),
        catalogue_frame(quarter),
    )
    months = of_months.filter(~pl.col("indicator_id").is_in(EVENT_RATES), quarter=quarter.label).select(
        "enterprise_id",
        pl.col("month").alias("period"),
        *KEY[2:],
        "n",
        pl.col("value").alias("mean"),
        "standard_deviation",
        *(pl.lit(None, pl.Float64).alias(name) for name in _NUMBERS[2:]),
        "status",
    )
    run.write("analysis_descriptive", pl.concat([table, months]).sort(KEY))
    return table.height + months.height


def described(parts: pl.DataFrame, statistics: pl.DataFrame, statuses: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The description of every rate, mean and score by place: ``SCHEMA``, sorted.

    parts        mart_indicator_inputs of one quarter, the column quarter as period
    statistics   mart_duration_statistics of that period
    statuses     KEY and status, of the indicator values
    catalogue    indicator_id, method, unit_divisor, multiplier

    Numbers have the indicator's unit; the median, P90 and P95 are those of times and quantities. ``frequency``: how many cases
    fulfil a rate; of answers how many lie in the two best levels.
    """
    described_here = catalogue.filter(pl.col("method").is_in(MONTHLY_METHODS))
    own = (
        parts.filter(pl.col("variant") == "", pl.col("part") == "")
        .join(described_here, on="indicator_id", how="semi")
        .join(statuses, on=KEY, how="inner")
        .sort(KEY)
    )
    values = measure(own, described_here, KEY)
    best = parts.filter(pl.col("variant") == SHARE_OF_ANSWERS, pl.col("part") == "").select(
        *KEY, best=pl.col("numerator").cast(pl.Float64)
    )
    of_rates = described_here.filter(method="rate")["indicator_id"]
    rows = (
        values.with_columns(n=pl.col("sample_size"), mean="value", standard_deviation=deviation_of(own, values))
        .join(own.select(*KEY, "status"), on=KEY, how="left", maintain_order="left")
        .join(best, on=KEY, how="left", maintain_order="left")
        .join(statistics.select(*KEY, median="p50", p90="p90", p95="p95"), on=KEY, how="left", maintain_order="left")
        .with_columns(frequency=pl.when(pl.col("indicator_id").is_in(of_rates.implode())).then("numerator").otherwise("best"))
    )
    has_value = ~pl.col("status").is_in(_WITHOUT_VALUE)
    return (
        rows.with_columns(pl.when(has_value).then(name).alias(name) for name in _NUMBERS)
        .select(SCHEMA.names())
        .cast(SCHEMA)
        .sort(KEY)
    )
