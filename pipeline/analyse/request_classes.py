"""Values by class of requests (complexity, urgency): for analyses only, no indicator is scored by them.

They are computed as those of places are, from the additive parts of ``mart_request_class_parts``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.evaluate.values.parts import PLACE, measure
from pipeline.settings.indicators import catalogue_frame

_KEY = [*PLACE, "indicator_id"]
_SUMS = ("numerator", "denominator", "n", "cases")
_OPTIONAL_SUMS = ("within_limit", "sum_squares")


def request_class_values(table: Callable[[str], Path], quarter: Quarter) -> pl.DataFrame:
    """Values by class of requests in every period that the run of ``quarter`` publishes, in columns of ``indicator_values``.

    table  the path of a table of the run; without ``mart_request_class_parts``, as of earlier versions, there are no rows
    """
    catalogue, path = catalogue_frame(quarter), table("mart_request_class_parts")
    if path.is_file():
        return class_values(pl.read_parquet(path), catalogue, quarter)
    indicators = pl.read_parquet(table("indicator_values"), n_rows=0)
    return indicators.select(*_KEY, *_VALUES, "status")


def class_values(parts: pl.DataFrame, catalogue: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    """enterprise_id, period, scope_type, scope_id, indicator_id, value, numerator, denominator, sample_size, interval, status.

    parts      mart_request_class_parts, by quarter
    catalogue  indicator_id, method, unit_divisor, multiplier, minimum_n
    """
    counted = parts.join(_quarters(quarter), on="quarter").group_by(_KEY).agg(
        *(pl.col(name).sum() for name in _SUMS),
        # A sum that no quarter has is unknown, not zero.
        *(pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in _OPTIONAL_SUMS),
        *(pl.lit(None, pl.Int64).alias(name) for name in ("sum_products", "count_squares")),
        *(pl.lit("").alias(name) for name in ("variant", "part")),
    )  # fmt: skip
    values = measure(counted.sort(_KEY), catalogue)
    is_few = pl.col("sample_size") < pl.col("minimum_n")
    return values.join(catalogue.select("indicator_id", "minimum_n"), on="indicator_id", maintain_order="left").select(
        *_KEY, *_VALUES, status=pl.when(is_few).then(pl.lit("insufficient_sample")).otherwise(pl.lit("ok"))
    )


_VALUES = ("value", "numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method")


def _quarters(quarter: Quarter) -> pl.DataFrame:
    """period, quarter: of which quarters the periods consist."""
    rows = [
        (each.period, of.label)
        for each in published_periods(quarter)
        if each.role == "current"
        for of in (quarter.shift(-back) for back in range(4))
        if each.first_quarter <= of <= each.last_quarter
    ]
    return pl.DataFrame(rows, schema={"period": pl.String, "quarter": pl.String}, orient="row")
