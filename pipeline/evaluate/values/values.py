"""From additive parts to values: numerator ÷ denominator in the indicator's unit, with a 95 % interval.

How an indicator is computed is its ``method`` in the catalogue; whether a value may be shown, is provisional or met is
decided in ``status.py`` and ``scoring.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from pipeline.evaluate.values.intervals import (
    LEVEL,
    mean_interval,
    reduction_interval,
    relative_change_interval,
    standard_error,
    wilson,
)

PLACE = ["enterprise_id", "period", "scope_type", "scope_id"]

# The composite index of the standard and what it is made of (rulings, O2-5; weights in parameters.csv).
INDEX = "O2-5"
INDEX_WEIGHTS = {
    "O2-1": "csi_weight_o2_1",
    "O2-2": "csi_weight_o2_2",
    "O2-3": "csi_weight_o2_3",
    "O2-4": "csi_weight_o2_4",
}
ERROR_RATE, INDEX_CHANGE, EFFICIENCY_CHANGE = "I4-1", "I4-2", "I4-3"

# The survey indicators without the responses that a validity flag is on, and without weights where weights are given.
VALID_ONLY, UNWEIGHTED = "valid_only", "unweighted"

# Variants that count things themselves instead of relating two counts.
_COUNTED_VARIANTS = ("incidents", "fatal_incidents")
_SCORE_METHODS = ("score", "weighted_score")

VALUE_SCHEMA = {
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "sample_size": pl.Int64,
    "cases": pl.Int64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "ci_method": pl.String,
    "within_limit_rate": pl.Float64,
    "standard_error": pl.Float64,
    "part": pl.String,
}


@dataclass(frozen=True)
class Comparison:
    """Values of the periods themselves and of the same periods a year earlier, one row per place × indicator."""

    current: pl.DataFrame
    previous: pl.DataFrame


def compare(inputs: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float]) -> Comparison:
    """Values of every place × indicator in both roles, changes (I4-…) included in the current ones.

    inputs      mart_period_inputs
    catalogue   indicator_id, method, unit_divisor, multiplier, …
    parameters  the weights of the composite index
    """
    roles = {}
    for role in ("current", "previous"):
        parts = inputs.filter((pl.col("period_role") == role) & (pl.col("variant") == ""))
        roles[role] = _values_of(parts, catalogue, parameters)
    current, previous = roles["current"], roles["previous"]
    changing = [ERROR_RATE, EFFICIENCY_CHANGE]
    changes = [
        rate_reduction(current, previous),
        relative_change(current, previous, INDEX, INDEX_CHANGE),
        relative_change(current, previous, EFFICIENCY_CHANGE, EFFICIENCY_CHANGE),
    ]
    return Comparison(
        current=pl.concat([current.filter(~pl.col("indicator_id").is_in(changing)), *changes]),
        previous=previous.filter(~pl.col("indicator_id").is_in(changing)),
    )


def _values_of(parts: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """Values of one reading in one role: each indicator's, the touchpoints' and the index of what there is."""
    measured = measure(parts.filter(pl.col("indicator_id") != "O2-2"), catalogue)
    base = pl.concat([measured, weigh_touchpoints(parts.filter(pl.col("indicator_id") == "O2-2"))])
    return pl.concat([base, compose_index(base, parameters)])


def valid_only(inputs: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """O2-2 and O2-5 of the responses without a validity flag, as variants; the other indicators are rows of ``variants``."""
    parts = inputs.filter((pl.col("period_role") == "current") & (pl.col("variant") == VALID_ONLY))
    composed = _values_of(parts, catalogue, parameters).filter(pl.col("indicator_id").is_in(["O2-2", INDEX]))
    return _as_variant(composed, VALID_ONLY)


def with_weights(
    unweighted: Comparison, inputs: pl.DataFrame, weighted: pl.DataFrame, parameters: Mapping[str, float]
) -> tuple[Comparison, pl.DataFrame]:
    """The comparison with the weighted satisfaction in place of the unweighted one, and the latter as variants (rulings).

    unweighted  of ``compare``
    inputs      mart_period_inputs, for the requests that weigh the touchpoints
    weighted    of ``survey.weighted_parts``

    Like is compared with like: the index changes (I4-2) by weighted values where both periods have weights, else by
    unweighted ones, and no value of a year earlier stands beside a weighted one unless it is weighted too.
    """
    keys = [*PLACE, "indicator_id"]
    roles = {role: _weighted_values(inputs, weighted, role, parameters) for role in ("current", "previous")}
    surveyed = roles["current"].select(keys)
    changes = relative_change(roles["current"], roles["previous"], INDEX, INDEX_CHANGE)
    replaced = pl.concat([roles["current"], changes])
    current = pl.concat([unweighted.current.join(replaced, on=keys, how="anti", maintain_order="left"), replaced])
    # Without weights of a year earlier the change stays that of the unweighted index, of which no earlier value is shown.
    earlier = unweighted.previous.join(surveyed, on=keys, how="anti", maintain_order="left")
    previous = pl.concat([earlier, roles["previous"].join(surveyed, on=keys, how="semi", maintain_order="left")])
    plain = unweighted.current.join(replaced, on=keys, how="semi", maintain_order="left")
    return Comparison(current, previous), _as_variant(plain, UNWEIGHTED)


def _weighted_values(
    inputs: pl.DataFrame, weighted: pl.DataFrame, role: str, parameters: Mapping[str, float]
) -> pl.DataFrame:
    """The weighted survey indicators of one role, the touchpoints' and the index included."""
    own = weighted.filter(pl.col("period_role") == role)
    is_touchpoint = pl.col("indicator_id") == "O2-2"
    plain = own.filter(~is_touchpoint)
    number = {
        name: plain[name].fill_null(np.nan).to_numpy()
        for name in ("value", "numerator", "denominator", "ci_low", "ci_high")
    }
    measured = _finished(
        plain.select(*PLACE, "indicator_id", sample_size=pl.col("n"), cases=pl.col("cases"), part=pl.lit("")),
        number["value"], number["numerator"], number["denominator"], number["ci_low"], number["ci_high"],
        np.full(len(plain), "t_weighted"), np.full(len(plain), np.nan), plain["standard_error"].fill_null(np.nan).to_numpy(),
        [*PLACE, "indicator_id"],
    )  # fmt: skip
    requests = inputs.filter((pl.col("period_role") == role) & (pl.col("variant") == ""), is_touchpoint)
    touchpoints = own.filter(is_touchpoint).join(
        requests.select(*PLACE, "part", "weight"), on=[*PLACE, "part"], how="inner", maintain_order="left"
    )
    usable = touchpoints.filter(pl.col("weight") > 0)
    base = pl.concat([measured, _weigh_means(usable.rename({"value": "mean", "standard_error": "error"}))])
    return pl.concat([base, compose_index(base, parameters)])


def _as_variant(values: pl.DataFrame, variant: str) -> pl.DataFrame:
    return values.select(*PLACE, "indicator_id", pl.lit(variant).alias("variant"), *VALUE_SCHEMA)


def measure(parts: pl.DataFrame, catalogue: pl.DataFrame, keys: list[str] | None = None) -> pl.DataFrame:
    """Value and interval of each row of additive parts; ``keys`` defaults to place × indicator.

    A rate gets a Wilson interval, a mean with its sum of squares a t interval; registers, counts and percentiles have
    none.
    """
    keys = keys or [*PLACE, "indicator_id"]
    rows = parts.join(
        catalogue.select("indicator_id", "method", "unit_divisor", "multiplier"),
        on="indicator_id",
        how="inner",
        maintain_order="left",
    )
    numerator = rows["numerator"].cast(pl.Float64).to_numpy()
    denominator = rows["denominator"].cast(pl.Float64).to_numpy()
    scale = (rows["multiplier"] / rows["unit_divisor"]).to_numpy()
    # One division of exact parts, so that equality with a requirement is decided on the full value.
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(
            denominator > 0,
            numerator * rows["multiplier"].to_numpy() / (denominator * rows["unit_divisor"].to_numpy()),
            np.nan,
        )
    has_spread = rows["sum_squares"].is_not_null().to_numpy()
    is_variant = "variant" in keys
    counted = (rows["variant"].is_in(_COUNTED_VARIANTS) & is_variant).to_numpy()
    counted |= (rows["method"] == "count").to_numpy()
    value, denominator = np.where(counted, numerator, value), np.where(counted, 1.0, denominator)
    # Incidents are rare events among services: the interval of their rate, on the indicator's scale. A variant of a
    # score that has no spread is a share of answers.
    is_rate = rows["method"].is_in(("rate", "mean", *_SCORE_METHODS) if is_variant else ("rate", "mean")).to_numpy()
    is_rate |= (rows["indicator_id"] == "O4-1").to_numpy()
    rated = is_rate & ~has_spread & ~counted & (numerator >= 0) & (numerator <= denominator)
    low, high, error = (np.full(len(rows), np.nan) for _ in range(3))
    if rated.any():
        rate_low, rate_high = wilson(numerator[rated], denominator[rated])
        low[rated], high[rated] = rate_low * scale[rated], rate_high * scale[rated]
    if has_spread.any():
        spread = rows.filter(pl.Series(has_spread))
        sums = (spread["n"], spread["numerator"], spread["sum_squares"])
        mean_error = standard_error(*sums)
        mean_low, mean_high = mean_interval(*sums, error=mean_error)
        low[has_spread], high[has_spread] = mean_low * scale[has_spread], mean_high * scale[has_spread]
        error[has_spread] = mean_error * scale[has_spread]
    within = (rows["within_limit"].cast(pl.Float64) / rows["cases"].cast(pl.Float64)).to_numpy()
    return _finished(
        rows.select(*keys, sample_size=pl.col("n"), cases=pl.col("cases"), part=pl.col("part")),
        value, numerator, denominator, low, high, np.where(rated, "wilson", np.where(has_spread, "t", "")), within, error, keys,
    )  # fmt: skip


def weigh_touchpoints(parts: pl.DataFrame) -> pl.DataFrame:
    """O2-2: the mean of each touchpoint weighted by the requests that came through it (rulings)."""
    usable = parts.filter((pl.col("denominator") > 0) & (pl.col("weight") > 0))
    errors = standard_error(usable["n"], usable["numerator"], usable["sum_squares"])
    return _weigh_means(
        usable.with_columns(
            mean=pl.col("numerator").cast(pl.Float64) / pl.col("denominator").cast(pl.Float64),
            error=pl.Series(errors, dtype=pl.Float64),
        )
    )


def _weigh_means(touchpoints: pl.DataFrame) -> pl.DataFrame:
    """O2-2 from mean, error, n, cases and weight (requests) of each touchpoint."""
    weighed = (
        touchpoints.with_columns(pl.col("weight").cast(pl.Float64))
        .sort([*PLACE, "part"])
        .group_by([*PLACE, "indicator_id"], maintain_order=True)
        .agg(
            numerator=(pl.col("weight") * pl.col("mean")).sum(),
            denominator=pl.col("weight").sum(),
            sample_size=pl.col("n").sum(),
            cases=pl.col("cases").sum(),
            error=(pl.col("weight") * pl.col("error")).pow(2).sum().sqrt() / pl.col("weight").sum(),
        )
    )
    value = (weighed["numerator"] / weighed["denominator"]).to_numpy()
    error = weighed["error"].to_numpy()
    half = float(ndtri((1 + LEVEL) / 2)) * error
    none = np.full(len(weighed), np.nan)
    return _finished(
        weighed.select(*PLACE, "indicator_id", "sample_size", "cases", part=pl.lit("")),
        value, weighed["numerator"].to_numpy(), weighed["denominator"].to_numpy(),
        value - half, value + half, np.where(np.isnan(error), "", "normal"), none, error, [*PLACE, "indicator_id"],
    )  # fmt: skip


def compose_index(values: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """O2-5 where all four of its components have a value.

    The components come from the same customers, so their errors are added as if fully correlated: the widest interval.
    """
    weights = pl.DataFrame(
        {"indicator_id": list(INDEX_WEIGHTS), "component_weight": [parameters[name] for name in INDEX_WEIGHTS.values()]}
    )
    composed = (
        values.join(weights, on="indicator_id", how="inner")
        .filter(pl.col("value").is_not_null())
        .sort([*PLACE, "indicator_id"])
        .group_by(PLACE, maintain_order=True)
        .agg(
            count=pl.len(),
            numerator=(pl.col("component_weight") * pl.col("value")).sum(),
            denominator=pl.col("component_weight").sum(),
            error=(pl.col("component_weight") * pl.col("standard_error")).sum(),
            known_errors=pl.col("standard_error").is_not_null().sum(),
            sample_size=pl.col("sample_size").min(),
            cases=pl.col("cases").min(),
        )
        .filter(pl.col("count") == len(INDEX_WEIGHTS))
        .with_columns(indicator_id=pl.lit(INDEX))
    )
    value = (composed["numerator"] / composed["denominator"]).to_numpy()
    error = np.where(composed["known_errors"].to_numpy() == len(INDEX_WEIGHTS), composed["error"].to_numpy(), np.nan)
    half = float(ndtri((1 + LEVEL) / 2)) * error
    return _finished(
        composed.select(*PLACE, "indicator_id", "sample_size", "cases", part=pl.lit("")),
        value, composed["numerator"].to_numpy(), composed["denominator"].to_numpy(),
        value - half, value + half, np.where(np.isnan(error), "", "normal"), np.full(len(composed), np.nan), error,
        [*PLACE, "indicator_id"],
    )  # fmt: skip


def rate_reduction(current: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """I4-1: (E_before − E_now) ÷ E_before of the error rate; undefined where there was no error before (C-20)."""
    pairs = _paired(current, previous, ERROR_RATE)
    now, before = pairs["value"].to_numpy(), pairs["value_before"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(before > 0, (before - now) / before, np.nan)
    low, high = reduction_interval(
        pairs["numerator"].to_numpy(), pairs["denominator"].to_numpy(),
        pairs["numerator_before"].to_numpy(), pairs["denominator_before"].to_numpy(),
    )  # fmt: skip
    return _changed(pairs, change, before - now, before, low, high, "katz_log", ERROR_RATE)


def relative_change(current: pl.DataFrame, previous: pl.DataFrame, of: str, named: str) -> pl.DataFrame:
    """I4-2, I4-3: now ÷ before − 1 of the values of ``of``, as rows of the indicator ``named``."""
    pairs = _paired(current, previous, of)
    now, before = pairs["value"].to_numpy(), pairs["value_before"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(before > 0, (now - before) / before, np.nan)
    low, high = relative_change_interval(
        now, pairs["standard_error"].to_numpy(), before, pairs["standard_error_before"].to_numpy()
    )
    return _changed(pairs, change, now - before, before, low, high, "delta", named)


def _paired(current: pl.DataFrame, previous: pl.DataFrame, indicator_id: str) -> pl.DataFrame:
    of = pl.col("indicator_id") == indicator_id
    return current.filter(of, pl.col("value").is_not_null()).join(
        previous.filter(of, pl.col("value").is_not_null()),
        on=PLACE,
        how="inner",
        suffix="_before",
        maintain_order="left",
    )


def _changed(
    pairs: pl.DataFrame, change: NDArray[np.float64], difference: NDArray[np.float64], before: NDArray[np.float64],
    low: NDArray[np.float64], high: NDArray[np.float64], interval: str, named: str,
) -> pl.DataFrame:  # fmt: skip
    none = np.full(len(pairs), np.nan)
    return _finished(
        pairs.select(
            *PLACE, pl.lit(named).alias("indicator_id"), pl.col("sample_size"), pl.col("cases"), pl.lit("").alias("part")
        ),
        change, difference, before, low, high, np.where(np.isnan(low), "", interval), none, none, [*PLACE, "indicator_id"],
    )  # fmt: skip


def _finished(
    rows: pl.DataFrame, value: NDArray[np.float64], numerator: NDArray[np.float64], denominator: NDArray[np.float64],
    low: NDArray[np.float64], high: NDArray[np.float64], interval: NDArray[np.str_], within: NDArray[np.float64],
    error: NDArray[np.float64], keys: list[str],
) -> pl.DataFrame:  # fmt: skip
    numbers = {
        "value": value, "numerator": numerator, "denominator": denominator, "ci_low": low, "ci_high": high,
        "within_limit_rate": within, "standard_error": error,
    }  # fmt: skip
    return (
        rows.with_columns(
            **{name: pl.Series(array, dtype=pl.Float64).fill_nan(None) for name, array in numbers.items()}
        )
        .with_columns(ci_method=pl.Series(interval.tolist(), dtype=pl.String).replace("", None))
        .with_columns(pl.when(pl.col("ci_low").is_null()).then(None).otherwise(pl.col("ci_method")).alias("ci_method"))
        .select(*keys, *(pl.col(name).cast(kind) for name, kind in VALUE_SCHEMA.items()))
    )


def variants(
    inputs: pl.DataFrame, statistics: pl.DataFrame, catalogue: pl.DataFrame, undelivered: pl.DataFrame
) -> pl.DataFrame:
    """Every other reading published beside the values: named variants and order statistics.

    undelivered   enterprise_id, period, indicator_id of indicators whose table or column was not delivered: of these only means
                  are shown, because a share counts what is not recorded as not fulfilled
    """
    keys = [*PLACE, "indicator_id", "variant"]
    is_named = (pl.col("variant") != "") & (pl.col("part") == "")
    is_touchpoint = (pl.col("indicator_id") == "O2-2") & (pl.col("part") != "")
    recorded = (
        inputs.filter((pl.col("period_role") == "current") & (is_named | is_touchpoint))
        .join(undelivered.with_columns(is_undelivered=True), on=undelivered.columns, how="left", maintain_order="left")
        .filter(pl.col("is_undelivered").is_null() | pl.col("sum_squares").is_not_null())
    )
    named = measure(recorded.filter(is_named), catalogue, keys)
    touchpoints = recorded.filter(is_touchpoint)
    by_touchpoint = measure(
        touchpoints.with_columns(
            variant=pl.when(pl.col("variant") == "").then(pl.lit("touchpoint")).otherwise(pl.col("variant"))
            + "_"
            + pl.col("part")
        ),
        catalogue,
        keys,
    )
    ordered = statistics.unpivot(
        on=["smallest", "p50", "p90", "p95", "largest"],
        index=[*PLACE, "indicator_id", "n"],
        variable_name="variant",
        value_name="value",
    ).select(
        *keys,
        *(
            pl.col("n").cast(kind).alias(name)
            if name in ("sample_size", "cases")
            else (pl.col(name) if name == "value" else pl.lit(None, dtype=kind).alias(name))
            for name, kind in VALUE_SCHEMA.items()
        ),
    )
    return pl.concat([named, by_touchpoint, ordered])


def five_point_ratio(values: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The scores on the x ÷ 5 scale: a Likert mean x stands at (x − 1)/4 on ours, so x/5 = 20 + 0.8 × score (C-19)."""
    scored = catalogue.filter(pl.col("method").is_in([*_SCORE_METHODS, "composite"]))["indicator_id"]
    return values.filter(pl.col("indicator_id").is_in(scored.implode()), pl.col("value").is_not_null()).with_columns(
        variant=pl.lit("five_point_ratio"),
        value=20 + 0.8 * pl.col("value"),
        ci_low=20 + 0.8 * pl.col("ci_low"),
        ci_high=20 + 0.8 * pl.col("ci_high"),
        numerator=None,
        denominator=None,
    )
