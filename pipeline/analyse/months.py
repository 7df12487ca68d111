"""Values by calendar month, for runs charts and trends: a quarter is one point, its months are three.

The same parts, division and intervals as of a quarter's values. A month rests on what was delivered for its quarter, so it takes
from the publication of its quarter whether there are data at all.
"""

from __future__ import annotations

import polars as pl

from pipeline.analyse.earlier import Earlier
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters
from pipeline.evaluate.values.parts import measure
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from schemas.expectations.analyses import MONTHLY_METHODS

OK, FEW, NO_DATA, NOT_APPLICABLE = "ok", "insufficient_sample", "no_data", "not_applicable"
ASSUMED, NOT_PUBLISHED = "assumed", "not_published"
# Events per opportunity, of which one may have several.
EVENT_RATES = ("O4-1",)
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "quarter": pl.String,
        "month": pl.String,
        "scope_type": pl.String,
        "scope_id": pl.String,
        "indicator_id": pl.String,
        "value": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "ci_method": pl.String,
        "standard_deviation": pl.Float64,
        "n": pl.Int64,
        "status": pl.String,
    }
)
KEY = ["enterprise_id", "quarter", "month", "scope_type", "scope_id", "indicator_id"]
_NUMBERS = ("value", "ci_low", "ci_high", "ci_method", "standard_deviation")


def write_months(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``indicator_months`` into the run's folder; returns its rows.

    Of the quarter and of the look-back quarters that the run reads; of those that are not published only how many cases there are.
    """
    statuses = [_statuses(pl.read_parquet(run.table("indicator_values")), quarter)]
    for each in counted_quarters(quarter)[:-1]:
        earlier = Earlier.of(lake, each)
        if earlier is not None:
            statuses.append(_statuses(earlier.table("indicator_values"), each))
    table = months(pl.read_parquet(run.table("mart_monthly_parts")), catalogue_frame(quarter), pl.concat(statuses))
    run.write("indicator_months", table)
    return table.height


def months_as_published(lake: Lake, quarter: Quarter, run: RunFolder, quarters_back: int) -> pl.DataFrame:
    """The months of this run's quarter and those that earlier quarters published of themselves: ``SCHEMA``.

    What was published before there were months, or is not published, has no rows.
    """
    found = [pl.read_parquet(run.table("indicator_months"), columns=SCHEMA.names()).filter(quarter=quarter.label)]
    for back in range(1, quarters_back + 1):
        each = quarter.shift(-back)
        earlier = Earlier.of(lake, each)
        if earlier is not None and earlier.has("indicator_months"):
            found.append(earlier.table("indicator_months", SCHEMA.names()).filter(quarter=each.label))
    return pl.concat(found)


def months(parts: pl.DataFrame, catalogue: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    """The value of every month: ``SCHEMA``, sorted.

    parts      mart_monthly_parts
    catalogue  indicator_id, method, unit_divisor, multiplier, minimum_n
    statuses   enterprise_id, quarter, indicator_id, quarter_status: of the enterprise's own value of a published quarter

    Values have the indicator's unit. ``status``: ok; insufficient_sample (fewer cases than the indicator's minimum: the value is
    given); no_data, not_applicable or not_published (no value); assumed.
    """
    of_months = catalogue.filter(pl.col("method").is_in(MONTHLY_METHODS) | pl.col("indicator_id").is_in(EVENT_RATES))
    counted = parts.join(of_months, on="indicator_id", how="semi").with_columns(variant=pl.lit(""), part=pl.lit("")).sort(KEY)
    values = measure(counted, of_months, KEY)
    rows = (
        values.join(of_months.select("indicator_id", "minimum_n"), on="indicator_id", maintain_order="left")
        .join(statuses, on=["enterprise_id", "quarter", "indicator_id"], how="left", maintain_order="left")
        .with_columns(n=pl.col("sample_size"), status=_status(), standard_deviation=deviation_of(counted, values))
    )
    has_value = pl.col("status").is_in([OK, FEW, ASSUMED])
    return rows.with_columns(pl.when(has_value).then(name).alias(name) for name in _NUMBERS).select(SCHEMA.names()).cast(SCHEMA)


def deviation_of(parts: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """The standard deviation of single values, in the indicator's unit: of a rate √(p·(1 − p)).

    Null where people give several, and of events, which are not values of their opportunities.

    parts    n, denominator, count_squares
    values   indicator_id, and the value and standard_error that ``measure`` makes of them, row by row
    """
    rows = values.select("indicator_id", "value", "standard_error", "ci_method").with_columns(
        parts.select("n", single=pl.col("count_squares").is_null() | (pl.col("count_squares") == pl.col("denominator")))
    )
    of_values = pl.when("single").then(pl.col("standard_error") * pl.col("n").sqrt())
    of_rate = (pl.col("value") * (1 - pl.col("value"))).sqrt()
    of_either = pl.when(pl.col("ci_method") == "wilson").then(of_rate).otherwise(of_values)
    return rows.select(pl.when(~pl.col("indicator_id").is_in(EVENT_RATES)).then(of_either)).to_series()


def _status() -> pl.Expr:
    of_quarter = pl.col("quarter_status")
    return (
        pl.when(of_quarter.is_null())
        .then(pl.lit(NOT_PUBLISHED))
        .when(of_quarter.is_in([NO_DATA, NOT_APPLICABLE]))
        .then(of_quarter)
        .when(pl.col("value").is_null())
        .then(pl.lit(NO_DATA))
        .when(of_quarter == ASSUMED)
        .then(of_quarter)
        .when(pl.col("sample_size") < pl.col("minimum_n"))
        .then(pl.lit(FEW))
        .otherwise(pl.lit(OK))
    )


def _statuses(values: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    return values.filter(pl.col("scope_type") == "enterprise", pl.col("period") == quarter.label).select(
        "enterprise_id", pl.lit(quarter.label).alias("quarter"), "indicator_id", quarter_status="status"
    )
