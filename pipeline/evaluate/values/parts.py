"""From the additive parts of an indicator (numerator, denominator, sums, percentiles) to its value and interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from pipeline.evaluate.values.intervals import LEVEL, mean_interval, standard_error, wilson

PLACE = ["enterprise_id", "period", "scope_type", "scope_id"]
# Survey indicators without flagged responses, and without weights if weights are given.
VALID_ONLY, UNWEIGHTED = "valid_only", "unweighted"
# Variants that are a plain count, not a ratio of two counts.
COUNTED_VARIANTS = ("incidents", "fatal_incidents")
SCORE_METHODS = ("score", "weighted_score")
NUMBERS = ("value", "numerator", "denominator", "ci_low", "ci_high", "within_limit_rate", "standard_error")
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


def as_variant(values: pl.DataFrame, variant: str) -> pl.DataFrame:
    """Values as rows of a variant: place, indicator, variant, VALUE_SCHEMA."""
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
    counted = (rows["variant"].is_in(COUNTED_VARIANTS) & is_variant).to_numpy()
    counted |= (rows["method"] == "count").to_numpy()
    value, denominator = np.where(counted, numerator, value), np.where(counted, 1.0, denominator)
    # Incidents are rare events among services: the interval of their rate, on the indicator's scale. A score variant
    # without a sum of squares is a share of answers.
    is_rate = rows["method"].is_in(("rate", "mean", *SCORE_METHODS) if is_variant else ("rate", "mean")).to_numpy()
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
    numbers = {
        "value": value, "numerator": numerator, "denominator": denominator, "ci_low": low, "ci_high": high,
        "within_limit_rate": within, "standard_error": error,
    }  # fmt: skip
    method = np.where(rated, "wilson", np.where(has_spread, "t", ""))
    return finished(rows.rename({"n": "sample_size"}), keys, method, **numbers)


def finished(rows: pl.DataFrame, keys: list[str], ci_method: NDArray[np.str_], **numbers: NDArray[np.float64]) -> pl.DataFrame:
    """The values of a table of parts: VALUE_SCHEMA beside the key columns; a number that is NaN or not given is null.

    rows       the keys, sample_size, cases and part
    ci_method  '' where there is no interval
    """
    given = {name: pl.Series(array, dtype=pl.Float64).fill_nan(None) for name, array in numbers.items()}
    absent = {name: pl.lit(None, pl.Float64) for name in NUMBERS if name not in given}
    return (
        rows.with_columns(**given, **absent)
        .with_columns(ci_method=pl.Series(ci_method.tolist(), dtype=pl.String).replace("", None))
        .with_columns(pl.when(pl.col("ci_low").is_null()).then(None).otherwise(pl.col("ci_method")).alias("ci_method"))
        .select(*keys, *(pl.col(name).cast(kind) for name, kind in VALUE_SCHEMA.items()))
    )


def normal_mean(means: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Values numerator / denominator with the interval of a normal distribution; ``error`` is NaN where it is not known."""
    error = means["error"].to_numpy()
    value = (means["numerator"] / means["denominator"]).to_numpy()
    half = float(ndtri((1 + LEVEL) / 2)) * error
    parts = {name: means[name].to_numpy() for name in ("numerator", "denominator")}
    interval = {"ci_low": value - half, "ci_high": value + half, "standard_error": error}
    method = np.where(np.isnan(error), "", "normal")
    return finished(means.with_columns(part=pl.lit("")), keys, method, value=value, **parts, **interval)
