"""Better or worse: every value against the period before and the same one of the year before.

The interval of a difference is made of the intervals of the two values (MOVER: Newcombe 1998, Stat. Med. 17, 873–890, for rates;
Zou & Donner 2008, Stat. Med. 27, 1693–1702, for all others), so it needs no other assumption than theirs.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.analyse.earlier import values_compared
from pipeline.analyse.multiple_tests import Z, q_value, two_sided
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder

OK, FEW, NO_INTERVAL = "ok", "insufficient_sample", "no_interval"
BETTER, WORSE, UNDECIDED = "better", "worse", "not_distinguishable"
_PLACE = ["enterprise_id", "scope_type", "scope_id", "indicator_id"]
TESTED = {
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
    "p_value": pl.Float64,
    "q_value": pl.Float64,
    "finding": pl.String,
    "status": pl.String,
}
"""What ``compare`` says of two values."""
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "against": pl.String,
        "compared_period": pl.String,
        "scope_type": pl.String,
        "scope_id": pl.String,
        "indicator_id": pl.String,
        "value_before": pl.Float64,
        "value": pl.Float64,
        **TESTED,
    }
)
# One family of tests: an enterprise's of one comparison, over all places and indicators.
_FAMILY = ["enterprise_id"]
FALSE_FINDINGS = 0.05


def write_comparison(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_comparison`` into the run's folder; returns its rows. Without an earlier publication there are none."""
    columns = [*_PLACE, "value", "ci_low", "ci_high", "status"]
    table = values_compared(lake, quarter, run, columns, SCHEMA, compare)
    table = table.sort("enterprise_id", "period", "against", "scope_type", "scope_id", "indicator_id")
    run.write("analysis_comparison", table)
    return table.height


def compare(before: pl.DataFrame, now: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """The difference of every value that both periods have: ``SCHEMA`` without the names of the periods.

    before, now  values of one period each: enterprise_id, scope_type, scope_id, indicator_id, value, ci_low, ci_high, status
    indicators   the catalogue with comparability: indicator_id, direction (higher | lower | exact), incomparable

    Differences have the indicator's unit. ``finding``: better or worse, if among an enterprise's findings at most 5 % are expected
    to be false (q ≤ 0.05, Benjamini & Hochberg); of indicators whose best is an exact value there is none. ``status`` says why a
    difference has neither interval nor finding: the periods are not comparable, too few cases, or a value without an interval.
    """
    both = (
        now.join(before, on=_PLACE, suffix="_before")
        .join(indicators.select("indicator_id", "direction", "incomparable"), on="indicator_id", maintain_order="left")
        .filter(pl.col("value").is_not_null(), pl.col("value_before").is_not_null())
        .with_columns(difference=pl.col("value") - pl.col("value_before"))
        .with_columns(status=_status())
        .with_columns(_bound("low", "high", -1), _bound("high", "low", 1))
    )
    tested = both.filter(pl.col("status") == OK)
    tests = tested.select(_PLACE).with_columns(p_value=pl.Series(_p_values(tested), dtype=pl.Float64))
    return (
        both.join(tests, on=_PLACE, how="left", maintain_order="left")
        .with_columns(q_value=q_value(_FAMILY))
        .with_columns(finding=_finding())
        .select(name for name in SCHEMA.names() if name not in ("period", "against", "compared_period"))
    )


def _status() -> pl.Expr:
    few = pl.any_horizontal(pl.col(name) == FEW for name in ("status", "status_before"))
    unknown = pl.any_horizontal(pl.col(name).is_null() for name in ("ci_low", "ci_high", "ci_low_before", "ci_high_before"))
    return (
        pl.when(pl.col("incomparable").is_not_null())
        .then("incomparable")
        .when(few)
        .then(pl.lit(FEW))
        .when(unknown)
        .then(pl.lit(NO_INTERVAL))
        .otherwise(pl.lit(OK))
    )


def _bound(side: str, other: str, sign: int) -> pl.Expr:
    """A bound of the difference: its distance is that of the two values, to their bounds on opposite sides."""
    own = pl.col("value") - pl.col(f"ci_{side}")
    others = pl.col("value_before") - pl.col(f"ci_{other}_before")
    bound = pl.col("difference") + sign * (own.pow(2) + others.pow(2)).sqrt()
    return pl.when(pl.col("status") == OK).then(bound).alias(f"difference_{side}")


def _p_values(tested: pl.DataFrame) -> np.ndarray:
    """Of no difference: the interval that just reaches 0, so that p < 0.05 where the 95 % interval leaves out 0."""
    difference = tested["difference"].to_numpy()
    bound = np.where(difference > 0, tested["difference_low"].to_numpy(), tested["difference_high"].to_numpy())
    distance = np.abs(difference - bound)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(difference == 0, 0.0, np.where(distance > 0, Z * difference / distance, np.inf))
    return two_sided(z)


def _finding() -> pl.Expr:
    is_better = (pl.col("difference") > 0) == (pl.col("direction") == "higher")
    return (
        pl.when(pl.col("q_value").is_null() | ~pl.col("direction").is_in(["higher", "lower"]))
        .then(None)
        .when(pl.col("q_value") > FALSE_FINDINGS)
        .then(pl.lit(UNDECIDED))
        .when(is_better)
        .then(pl.lit(BETTER))
        .otherwise(pl.lit(WORSE))
    )
