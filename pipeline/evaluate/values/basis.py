"""What a value rests on: single records, or what stands in for them where they were not delivered (D-104).

The marts count beside each indicator, as variants, the part of it that comes from a stand-in; this module reads them.
"""

from __future__ import annotations

import polars as pl

from pipeline.evaluate.values.parts import PLACE
from schemas.indicator_columns import STAND_INS

RECORDS = "records"
"""The basis of a value that rests on single records or registers; the others are ``STAND_INS``."""


def stand_in_parts(inputs: pl.DataFrame) -> pl.DataFrame:
    """One row per place × indicator of which some part comes from a stand-in.

    inputs      mart_period_inputs

    Columns: PLACE, indicator_id, and for each of ``STAND_INS`` its ``n_`` (cases that entered the value) and ``cases_`` (cases
    that the stand-in counts, whether they entered or not).
    """
    is_stand_in = (pl.col("period_role") == "current") & pl.col("variant").is_in(STAND_INS)
    sums = [
        pl.col(name).filter(pl.col("variant") == use).sum().cast(pl.Int64).alias(f"{name}_{use}")
        for use in STAND_INS
        for name in ("n", "cases")
    ]
    return inputs.filter(is_stand_in).group_by(*PLACE, "indicator_id", maintain_order=True).agg(sums)


def entered(use: str) -> pl.Expr:
    """The cases of a stand-in that entered the value, 0 where there are none."""
    return pl.col(f"n_{use}").fill_null(0)


def is_of_records() -> pl.Expr:
    """Whether any case of the value comes from single records; true where nothing comes from a stand-in."""
    of_stand_ins = pl.sum_horizontal(entered(use) for use in STAND_INS)
    return (of_stand_ins == 0) | (pl.col("sample_size") > of_stand_ins)


def is_without_usable_totals(use: str) -> pl.Expr:
    """Whether a stand-in has cases of which none can be used: counted with another limit, or not counted."""
    return pl.col("value").is_null() & (entered(use) == 0) & (pl.col(f"cases_{use}").fill_null(0) > 0)


def basis() -> pl.Expr:
    """``records``, the names of the stand-ins, or several of them joined by ``;``."""
    parts = [pl.when(is_of_records()).then(pl.lit(RECORDS)), *(pl.when(entered(use) > 0).then(pl.lit(use)) for use in STAND_INS)]
    return pl.concat_str(parts, separator=";", ignore_nulls=True)
