"""Run charts: the months of every value, and which of them are more than the process's own scatter (control_limits.py)."""

from __future__ import annotations

import polars as pl

from pipeline.analyse.control_limits import LANEY_P, LANEY_U, LINEAR, LOG, NO_SIGNAL, XMR, with_limits, with_signals
from pipeline.analyse.months import EVENT_RATES, FEW, OK, months_as_published
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame

SHORT, TRIAL, NO_SPREAD = "insufficient_history", "trial_limits", "no_spread"
# With fewer months limits say little, with fewer than twenty they still move (Provost & Murray 2011, The Health Care Data Guide).
FEWEST_MONTHS, FIRM_MONTHS = 12, 20
# Of a count: the rarer outcome, a month; of a mean: cases a month. With fewer, stable series leave their limits too often.
FEWEST_CASES = 10
# 27 months; what was before had other circumstances.
_QUARTERS_BACK = 8
# Times of single records are skewed, and their means still are.
_UNITS_OF_TIME = ("s", "min", "h", "working_days")
_SERIES = ["enterprise_id", "scope_type", "scope_id", "indicator_id"]
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "month": pl.String,
        "scope_type": pl.String,
        "scope_id": pl.String,
        "indicator_id": pl.String,
        "chart": pl.String,
        "scale": pl.String,
        "value": pl.Float64,
        "n": pl.Int64,
        "months": pl.Int64,
        "centre_line": pl.Float64,
        "lower_limit": pl.Float64,
        "upper_limit": pl.Float64,
        "signal": pl.String,
        "status": pl.String,
    }
)
_KEY = [*_SERIES, "month"]
_LINES = ("centre_line", "lower_limit", "upper_limit")


def write_run_charts(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_run_charts`` into the run's folder; returns its rows.

    Of every value that the quarter has: its months, and those that the eight quarters before published.
    """
    months = months_as_published(lake, quarter, run, _QUARTERS_BACK)
    current = months.filter(quarter=quarter.label).drop_nulls("value").select(_SERIES).unique()
    table = run_charts(months.join(current, on=_SERIES, how="semi"), catalogue_frame(quarter))
    run.write("analysis_run_charts", table)
    return table.height


def run_charts(months: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The chart of every series: ``SCHEMA``, sorted.

    months     enterprise_id, month, scope_type, scope_id, indicator_id, value, n, status
    catalogue  indicator_id, method, unit, unit_divisor, multiplier

    Values, centre line and limits have the indicator's unit; those of times are computed of logarithms. ``status``: ok;
    trial_limits (12 to 19 months); insufficient_history (fewer), insufficient_sample (too few cases a month) and no_spread (all
    months are alike) have no limits and no signal. ``signal`` is of a single chart: not corrected for the number of charts.
    """
    is_event = pl.col("indicator_id").is_in(EVENT_RATES)
    kinds = catalogue.select(
        "indicator_id",
        chart=pl.when(is_event).then(pl.lit(LANEY_U)).when(pl.col("method") == "rate").then(pl.lit(LANEY_P)).otherwise(pl.lit(XMR)),
        scale=pl.when(pl.col("unit").is_in(_UNITS_OF_TIME)).then(pl.lit(LOG)).otherwise(pl.lit(LINEAR)),
        unit_size=pl.col("multiplier") / pl.col("unit_divisor"),
    )
    rows = (
        months.filter(pl.col("value").is_not_null(), pl.col("n") > 0, pl.col("status").is_in([OK, FEW]))
        .drop("status")
        .join(kinds, on="indicator_id", maintain_order="left")
        .sort(_KEY)
        .with_columns(months=pl.len().cast(pl.Int64).over(_SERIES))
        .with_columns(status=_status())
    )
    has_limits = pl.col("status").is_in([OK, TRIAL])
    charted = with_signals(with_limits(rows.filter(has_limits), _SERIES), _SERIES)
    others = rows.filter(~has_limits).with_columns(pl.lit(None, pl.Float64).alias(name) for name in _LINES)
    others = others.with_columns(signal=pl.lit(NO_SIGNAL))
    return pl.concat([charted.select(SCHEMA.names()), others.select(SCHEMA.names())]).cast(SCHEMA).sort(_KEY)


def _status() -> pl.Expr:
    share = pl.col("value") / pl.col("unit_size")
    events = (share * pl.col("n")).mean()
    rarer = (
        pl.when(pl.col("chart") == LANEY_P)
        .then(pl.min_horizontal(events.over(_SERIES), ((1 - share) * pl.col("n")).mean().over(_SERIES)))
        .when(pl.col("chart") == LANEY_U)
        .then(events.over(_SERIES))
        .otherwise(pl.col("n").mean().over(_SERIES))
    )
    is_flat = (pl.col("value").max() == pl.col("value").min()).over(_SERIES)
    has_no_logarithm = (pl.col("scale") == LOG) & (pl.col("value").min() <= 0).over(_SERIES)
    return (
        pl.when(pl.col("months") < FEWEST_MONTHS)
        .then(pl.lit(SHORT))
        .when((rarer < FEWEST_CASES) | has_no_logarithm)
        .then(pl.lit(FEW))
        .when(is_flat)
        .then(pl.lit(NO_SPREAD))
        .when(pl.col("months") < FIRM_MONTHS)
        .then(pl.lit(TRIAL))
        .otherwise(pl.lit(OK))
    )
