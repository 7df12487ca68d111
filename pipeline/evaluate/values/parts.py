"""From the additive parts of an indicator (numerator, denominator, sums, percentiles) to its value and interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.evaluate.values.intervals import LEVEL, mean_interval, ratio_error, standard_error, wilson

PLACE = ["enterprise_id", "period", "scope_type", "scope_id"]
# Survey indicators without flagged responses, and without weights if weights are given.
VALID_ONLY, UNWEIGHTED = "valid_only", "unweighted"
# Variants that are a plain count, not a ratio of two counts.
COUNTED_VARIANTS = ("incidents", "fatal_incidents")
# Variants of a rate that are no share: several inspections fit into a month.
UNBOUNDED_VARIANTS = ("inspections_per_month",)
# Variants that count everything there is: their share is subject to no chance.
COMPLETE_VARIANTS = ("days_counted",)
# Variants of a score that are a share of answers.
SHARE_OF_ANSWERS = "top_two_box"
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
    none. Where one person gives several values, n counts people, and the interval is that of as many (D-35).
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
    is_variant = "variant" in keys
    is_share = (rows["variant"].str.contains(SHARE_OF_ANSWERS, literal=True) & is_variant).to_numpy()
    has_spread = rows["sum_squares"].is_not_null().to_numpy() & ~is_share
    counted = (rows["variant"].is_in(COUNTED_VARIANTS) & is_variant).to_numpy()
    counted |= (rows["method"] == "count").to_numpy()
    value, denominator = np.where(counted, numerator, value), np.where(counted, 1.0, denominator)
    without_interval = (*UNBOUNDED_VARIANTS, *COMPLETE_VARIANTS)
    counted_or_unbounded = counted | (rows["variant"].is_in(without_interval) & is_variant).to_numpy()
    # Incidents are rare events among services: the interval of their rate, on the indicator's scale.
    is_rate = rows["method"].is_in(("rate", "mean", *SCORE_METHODS) if is_variant else ("rate", "mean")).to_numpy()
    is_rate |= (rows["indicator_id"] == "O4-1").to_numpy()
    rated = is_rate & ~has_spread & ~counted_or_unbounded & (numerator >= 0) & (numerator <= denominator)
    low, high, error = (np.full(len(rows), np.nan) for _ in range(3))
    if rated.any():
        trials = np.where(is_share, _effective_answers(rows), denominator)[rated]
        successes = np.where(trials == denominator[rated], numerator[rated], value[rated] / scale[rated] * trials)
        rate_low, rate_high = wilson(np.minimum(successes, trials), trials)
        low[rated], high[rated] = rate_low * scale[rated], rate_high * scale[rated]
    if has_spread.any():
        spread = rows.filter(pl.Series(has_spread))
        sums = (spread["n"], spread["numerator"], spread["sum_squares"])
        mean_error = np.where(_is_repeated(spread), _error_by_respondent(spread), standard_error(*sums))
        mean_low, mean_high = mean_interval(*sums, error=mean_error, values=denominator[has_spread])
        low[has_spread], high[has_spread] = mean_low * scale[has_spread], mean_high * scale[has_spread]
        error[has_spread] = mean_error * scale[has_spread]
    within = (rows["within_limit"].cast(pl.Float64) / rows["cases"].cast(pl.Float64)).to_numpy()
    numbers = {
        "value": value, "numerator": numerator, "denominator": denominator, "ci_low": low, "ci_high": high,
        "within_limit_rate": within, "standard_error": error,
    }  # fmt: skip
    method = np.where(rated, "wilson", np.where(has_spread, "t", ""))
    return finished(rows.rename({"n": "sample_size"}), keys, method, **numbers)


def _is_repeated(rows: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether anybody gave more than one value."""
    return (rows["count_squares"].is_not_null() & (rows["count_squares"] != rows["denominator"])).to_numpy()


def _error_by_respondent(rows: pl.DataFrame) -> NDArray[np.float64]:
    names = ("n", "numerator", "denominator", "sum_squares", "sum_products", "count_squares")
    return ratio_error(*(rows[name].cast(pl.Float64).to_numpy() for name in names))


def _effective_answers(rows: pl.DataFrame) -> NDArray[np.float64]:
    """The number of independent answers with the precision of those given: answers ÷ design effect by respondent.

    Where all answers agree nothing tells how alike those of one person are: the number of people.
    """
    answers, people = (rows[name].cast(pl.Float64).to_numpy() for name in ("denominator", "n"))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = rows["numerator"].cast(pl.Float64).to_numpy() / answers
        independent = share * (1 - share) / (answers - 1)
        effective = answers * independent / _error_by_respondent(rows) ** 2
    effective = np.where(np.isfinite(effective), np.minimum(effective, answers), people)
    return np.where(_is_repeated(rows), effective, answers)


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


def composed_mean(means: pl.DataFrame, keys: list[str], interval: str) -> pl.DataFrame:
    """Values numerator / denominator with Student's t interval; ``error`` is NaN where it is not known.

    means     keys, numerator, denominator, sample_size, cases, error, freedom (degrees of)
    interval  the name of the interval
    """
    error, freedom = means["error"].to_numpy(), means["freedom"].to_numpy()
    value = (means["numerator"] / means["denominator"]).to_numpy()
    half = stdtrit(np.where(freedom > 0, freedom, np.nan), (1 + LEVEL) / 2) * error
    error = np.where(np.isnan(half), np.nan, error)
    parts = {name: means[name].to_numpy() for name in ("numerator", "denominator")}
    bounds = {"ci_low": value - half, "ci_high": value + half, "standard_error": error}
    method = np.where(np.isnan(error), "", interval)
    return finished(means.with_columns(part=pl.lit("")), keys, method, value=value, **parts, **bounds)
