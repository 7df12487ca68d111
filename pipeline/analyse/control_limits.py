"""Control limits of series of months, by kind of chart, and what in a series is more than chance.

Counts of many cases scatter more from month to month than a binomial or Poisson law allows, so their limits are widened by the
scatter of the months themselves: Laney's p′ and u′ (Laney 2002, Quality Engineering 14, 531–537). Values are charted by the moving
range (XmR; Wheeler & Chambers 1992, Understanding Statistical Process Control). R's qicharts2 computes the same.
"""

from __future__ import annotations

import polars as pl

LANEY_P, LANEY_U, XMR = "laney_p", "laney_u", "xmr"
LOG, LINEAR = "log", "linear"
BEYOND, RUN, NO_SIGNAL = "beyond_limits", "run_of_8", "none"
# The mean moving range of two independent normal values is 1.128 of their standard deviation.
_D2 = 1.128
_SIGMAS = 3
_RUN = 8


def with_limits(months: pl.DataFrame, series: list[str]) -> pl.DataFrame:
    """The rows with centre_line, lower_limit and upper_limit, in the value's unit.

    months  value, n (cases), unit_size (what a count of one for every case is in the value's unit), chart and scale; the months of
            a series in their order, none without a value, of ``log`` all above 0
    series  columns that name a series

    A rate's limits do not leave 0 … 1 (× unit_size), and those of counts and of logarithms not 0.
    """
    is_count, is_log = pl.col("chart") != XMR, pl.col("scale") == LOG
    share = pl.col("value") / pl.col("unit_size")
    rows = months.with_columns(_y=pl.when(is_count).then(share).when(is_log).then(pl.col("value").log()).otherwise("value"))
    centre = pl.when(is_count).then((pl.col("_y") * pl.col("n")).sum() / pl.col("n").sum()).otherwise(pl.col("_y").mean())
    rows = rows.with_columns(_centre=centre.over(series))
    variance = pl.when(pl.col("chart") == LANEY_P).then(pl.col("_centre") * (1 - pl.col("_centre"))).otherwise("_centre")
    # Of counts the error of the month by its law, of values 1, so that the spread is in their own unit.
    rows = rows.with_columns(_error=pl.when(is_count).then((variance.clip(0) / pl.col("n")).sqrt()).otherwise(1.0))
    z = pl.when(pl.col("_error") > 0).then((pl.col("_y") - pl.col("_centre")) / pl.col("_error")).otherwise(0.0)
    rows = rows.with_columns(_z=z)
    spread = pl.col("_z").diff().abs().mean() / _D2
    rows = rows.with_columns(_half=_SIGMAS * pl.col("_error") * spread.over(series))
    lowest = pl.when(is_count).then(0.0)
    highest = pl.when(pl.col("chart") == LANEY_P).then(1.0)
    bounds = {
        "centre_line": pl.col("_centre"),
        "lower_limit": pl.max_horizontal(pl.col("_centre") - pl.col("_half"), lowest),
        "upper_limit": pl.min_horizontal(pl.col("_centre") + pl.col("_half"), highest),
    }
    return rows.with_columns(
        pl.when(is_count).then(each * pl.col("unit_size")).when(is_log).then(each.exp()).otherwise(each).alias(name)
        for name, each in bounds.items()
    ).select(pl.exclude("_y", "_centre", "_error", "_z", "_half"))


def with_signals(months: pl.DataFrame, series: list[str]) -> pl.DataFrame:
    """The rows with ``signal``: beyond_limits; run_of_8, from the eighth month in a row on one side of the centre line on; none.

    months  value, centre_line, lower_limit, upper_limit; the months of a series in their order

    Months on the line neither continue a run nor end it. A value as far as rounding from a limit is not beyond it.
    """
    room = 1e-9 * pl.max_horizontal(pl.col("centre_line").abs(), pl.lit(1e-300))
    is_beyond = (pl.col("value") > pl.col("upper_limit") + room) | (pl.col("value") < pl.col("lower_limit") - room)
    away = pl.col("value") - pl.col("centre_line")
    side = pl.when(away.abs() > room).then(away.sign().cast(pl.Int8))
    rows = months.with_columns(_beyond=is_beyond, _side=side).with_columns(_last=pl.col("_side").forward_fill().over(series))
    rows = rows.with_columns(_run=pl.col("_last").rle_id().over(series))
    length = pl.col("_side").is_not_null().cast(pl.Int32).cum_sum().over([*series, "_run"])
    is_run = pl.col("_side").is_not_null() & (length >= _RUN)
    return rows.with_columns(
        signal=pl.when("_beyond").then(pl.lit(BEYOND)).when(is_run).then(pl.lit(RUN)).otherwise(pl.lit(NO_SIGNAL))
    ).select(pl.exclude("_beyond", "_side", "_last", "_run"))
