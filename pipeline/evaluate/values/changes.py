"""Indicators that compare a period with the same period a year earlier."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluate.values.intervals import reduction_interval, relative_change_interval
from pipeline.evaluate.values.parts import PLACE, finished

ERROR_RATE, INDEX_CHANGE, EFFICIENCY_CHANGE = "I4-1", "I4-2", "I4-3"


def rate_reduction(current: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """I4-1: (E_before − E_now) ÷ E_before of the error rate; undefined if there was no error before (C-20)."""
    pairs = _paired(current, previous, ERROR_RATE)
    now, before = pairs["value"].to_numpy(), pairs["value_before"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(before > 0, (before - now) / before, np.nan)
    low, high = reduction_interval(
        pairs["numerator"].to_numpy(), pairs["denominator"].to_numpy(),
        pairs["numerator_before"].to_numpy(), pairs["denominator_before"].to_numpy(),
    )  # fmt: skip
    numbers = {"value": change, "numerator": before - now, "denominator": before, "ci_low": low, "ci_high": high}
    return _changed(pairs, ERROR_RATE, "katz_log", **numbers)


def relative_change(current: pl.DataFrame, previous: pl.DataFrame, of: str, named: str) -> pl.DataFrame:
    """I4-2, I4-3: now ÷ before − 1 of the values of ``of``, as rows of the indicator ``named``."""
    pairs = _paired(current, previous, of)
    now, before = pairs["value"].to_numpy(), pairs["value_before"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(before > 0, (now - before) / before, np.nan)
    low, high = relative_change_interval(now, pairs["standard_error"].to_numpy(), before, pairs["standard_error_before"].to_numpy())
    numbers = {"value": change, "numerator": now - before, "denominator": before, "ci_low": low, "ci_high": high}
    return _changed(pairs, named, "delta", **numbers)


def _paired(current: pl.DataFrame, previous: pl.DataFrame, indicator_id: str) -> pl.DataFrame:
    of = pl.col("indicator_id") == indicator_id
    return current.filter(of, pl.col("value").is_not_null()).join(
        previous.filter(of, pl.col("value").is_not_null()),
        on=PLACE,
        how="inner",
        suffix="_before",
        maintain_order="left",
    )


def _changed(pairs: pl.DataFrame, named: str, interval: str, **numbers: NDArray[np.float64]) -> pl.DataFrame:
    rows = pairs.select(*PLACE, "sample_size", "cases", indicator_id=pl.lit(named), part=pl.lit(""))
    method = np.where(np.isnan(numbers["ci_low"]), "", interval)
    return finished(rows, [*PLACE, "indicator_id"], method, **numbers)
