"""Which way an indicator is better."""

from __future__ import annotations

import polars as pl


def way() -> pl.Expr:
    """Of an indicator of the catalogue (direction, method, requirement): 1 if more is better, −1 if less is, 0 if neither.

    Of a rate that must be exactly 100 %, more is better.
    """
    is_full = (pl.col("direction") == "exact") & (pl.col("method") == "rate") & (pl.col("requirement") == 1)
    by_direction = pl.col("direction").replace_strict({"higher": 1, "lower": -1}, default=0, return_dtype=pl.Int64)
    return pl.when(is_full).then(1).otherwise(by_direction).cast(pl.Int64).alias("way")
