"""Satisfaction values: valid responses only, weighted responses, touchpoints, and the composite index O2-5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.evaluate.values.changes import INDEX_CHANGE, relative_change
from pipeline.evaluate.values.intervals import spread
from pipeline.evaluate.values.parts import (
    PLACE,
    SCORE_METHODS,
    UNWEIGHTED,
    VALID_ONLY,
    Comparison,
    as_variant,
    composed_mean,
    finished,
    measure,
)

# The standard's composite index and its components (rulings, O2-5; weights in parameters.csv).
INDEX = "O2-5"
INDEX_WEIGHTS = {
    "O2-1": "csi_weight_o2_1",
    "O2-2": "csi_weight_o2_2",
    "O2-3": "csi_weight_o2_3",
    "O2-4": "csi_weight_o2_4",
}


TOUCHPOINTS = "O2-2"
_COMPONENTS = ("component", "other_component")
# Readings of all answers that are made without weights, of an indicator or of a touchpoint.
_EQUALLY_WEIGHTED = "^(touchpoint|top_two_box|expectation|gap)(_|$)"
# A variance below this share of its terms is a rounding error of their sum.
_NOISE = 1e-12


def values_of(
    parts: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float], covariances: pl.DataFrame
) -> pl.DataFrame:
    """Values of one reading in one role: all indicators, touchpoint satisfaction and the index.

    covariances   of ``covariances_by_respondent`` for the same reading and role
    """
    measured = measure(parts.filter(pl.col("indicator_id") != TOUCHPOINTS), catalogue)
    touchpoints = parts.filter((pl.col("indicator_id") == TOUCHPOINTS) & (pl.col("denominator") > 0) & (pl.col("weight") > 0))
    means = touchpoints.with_columns(mean=pl.col("numerator").cast(pl.Float64) / pl.col("denominator").cast(pl.Float64))
    return _with_composed(measured, means, parameters, covariances, "t")


def valid_only(inputs: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float], pairs: pl.DataFrame) -> pl.DataFrame:
    """O2-2 and O2-5 of responses without a validity flag, as variants; ``variants`` gives the other indicators."""
    parts = inputs.filter((pl.col("period_role") == "current") & (pl.col("variant") == VALID_ONLY))
    covariances = covariances_by_respondent(pairs, "current", VALID_ONLY)
    composed = values_of(parts, catalogue, parameters, covariances).filter(pl.col("indicator_id").is_in(["O2-2", INDEX]))
    return as_variant(composed, VALID_ONLY)


def with_weights(
    unweighted: Comparison,
    inputs: pl.DataFrame,
    weighted: pl.DataFrame,
    covariances: pl.DataFrame,
    parameters: Mapping[str, float],
) -> tuple[Comparison, pl.DataFrame]:
    """The comparison with weighted satisfaction in place of unweighted, and the variants that belong to it (rulings).

    These are the unweighted values, and the weighted means of the touchpoints that the weighted O2-2 consists of.

    unweighted  of ``compare``
    inputs      mart_period_inputs, for the requests that weigh the touchpoints
    weighted    of ``survey.weighted_parts``
    covariances of ``survey.weighted_covariances``

    Like is compared with like: the index change (I4-2) uses weighted values if both periods have weights, else unweighted
    ones, and a weighted value has no previous value unless that is weighted too.
    """
    keys = [*PLACE, "indicator_id"]
    people = {"current": unweighted.current, "previous": unweighted.previous}
    roles = {
        role: _weighted_values(inputs, weighted, covariances, role, parameters).pipe(_with_people, people[role])
        for role in ("current", "previous")
    }
    surveyed = roles["current"].select(keys)
    changes = relative_change(roles["current"], roles["previous"], INDEX, INDEX_CHANGE)
    replaced = pl.concat([roles["current"], changes])
    current = pl.concat([unweighted.current.join(replaced, on=keys, how="anti", maintain_order="left"), replaced])
    # Without weights a year earlier the change stays that of the unweighted index, and no previous value is shown.
    earlier = unweighted.previous.join(surveyed, on=keys, how="anti", maintain_order="left")
    previous = pl.concat([earlier, roles["previous"].join(surveyed, on=keys, how="semi", maintain_order="left")])
    plain = unweighted.current.join(replaced, on=keys, how="semi", maintain_order="left")
    touchpoints = _weighted_touchpoints(inputs, weighted, unweighted.current)
    return Comparison(current, previous), pl.concat([as_variant(plain, UNWEIGHTED), touchpoints])


def _with_people(weighted: pl.DataFrame, unweighted: pl.DataFrame) -> pl.DataFrame:
    """The sample sizes of the unweighted values: weights count responses, and a person may answer several rounds."""
    people = unweighted.select(*PLACE, "indicator_id", people=pl.col("sample_size"))
    return (
        weighted.join(people, on=[*PLACE, "indicator_id"], how="left", maintain_order="left")
        .with_columns(sample_size=pl.coalesce("people", "sample_size"))
        .drop("people")
    )


def _weighted_touchpoints(inputs: pl.DataFrame, weighted: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """The weighted mean of each touchpoint, as variants ``touchpoint_…`` of O2-2; sample sizes count people."""
    own = weighted.filter((pl.col("period_role") == "current") & (pl.col("indicator_id") == TOUCHPOINTS))
    people = inputs.filter(
        (pl.col("period_role") == "current") & (pl.col("variant") == "") & (pl.col("indicator_id") == TOUCHPOINTS)
    ).select(*PLACE, "part", people=pl.col("n"))
    rows = own.join(people, on=[*PLACE, "part"], how="left", maintain_order="left").select(
        *PLACE,
        "indicator_id",
        "cases",
        pl.concat_str(pl.lit("touchpoint_"), pl.col("part")).alias("variant"),
        sample_size=pl.coalesce("people", "n"),
        part=pl.lit(""),
    )
    keys = [*PLACE, "indicator_id", "variant"]
    return finished(rows, keys, np.full(len(own), "t_weighted"), **_numbers(own))


def _numbers(weighted: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    names = ("value", "numerator", "denominator", "ci_low", "ci_high", "standard_error")
    return {name: weighted[name].fill_null(np.nan).to_numpy() for name in names}


def _weighted_values(
    inputs: pl.DataFrame, weighted: pl.DataFrame, covariances: pl.DataFrame, role: str, parameters: Mapping[str, float]
) -> pl.DataFrame:
    """The weighted survey indicators of one role, including touchpoint satisfaction and the index."""
    own = weighted.filter(pl.col("period_role") == role)
    is_touchpoint = pl.col("indicator_id") == TOUCHPOINTS
    plain = own.filter(~is_touchpoint)
    rows = plain.select(*PLACE, "indicator_id", "cases", sample_size=pl.col("n"), part=pl.lit(""))
    measured = finished(rows, [*PLACE, "indicator_id"], np.full(len(plain), "t_weighted"), **_numbers(plain))
    requests = inputs.filter((pl.col("period_role") == role) & (pl.col("variant") == ""), is_touchpoint)
    touchpoints = own.filter(is_touchpoint).join(
        requests.select(*PLACE, "part", "weight"), on=[*PLACE, "part"], how="inner", maintain_order="left"
    )
    usable = touchpoints.filter(pl.col("weight") > 0).with_columns(mean=pl.col("value"))
    return _with_composed(measured, usable, parameters, covariances.filter(pl.col("period_role") == role), "t_weighted")


def covariances_by_respondent(pairs: pl.DataFrame, role: str, variant: str) -> pl.DataFrame:
    """Covariances of the component means, over the respondents of each place (cluster-robust, D-35).

    pairs    mart_survey_pairs

    One row per place × two components with the covariance Σ (y − ȳ·m)(z − z̄·k) ÷ (Σ m · Σ k), and one per place with the
    respondents of O2-2 and of O2-5.
    """
    own = pairs.filter((pl.col("period_role") == role) & (pl.col("variant") == variant))
    numbers = ("numerator", "denominator", "sum_products", "value_counts", "count_values", "count_products")
    own = own.with_columns(pl.col(numbers).cast(pl.Float64))
    of_one = own.filter(pl.col("component") == pl.col("other_component"), pl.col("denominator") > 0)
    means = of_one.select(*PLACE, "component", "denominator", mean=pl.col("numerator") / pl.col("denominator"))
    both = own.drop("denominator")
    for name, suffix in zip(_COMPONENTS, ("", "_other"), strict=True):
        side = means.rename({"component": name, "mean": f"mean{suffix}", "denominator": f"answers{suffix}"})
        both = both.join(side, on=[*PLACE, name], how="left", maintain_order="left")
    together = spread(
        both["sum_products"].to_numpy(),
        both["value_counts"].to_numpy(),
        both["count_values"].to_numpy(),
        both["count_products"].to_numpy(),
        means=(both["mean"].to_numpy(), both["mean_other"].to_numpy()),
    )
    return both.select(
        *PLACE,
        *_COMPONENTS,
        covariance=pl.Series(together, dtype=pl.Float64).fill_nan(None) / (pl.col("answers") * pl.col("answers_other")),
        respondents="respondents",
        freedom=pl.col("respondents").cast(pl.Float64) - 1,
    )


def _with_composed(
    measured: pl.DataFrame,
    touchpoints: pl.DataFrame,
    parameters: Mapping[str, float],
    covariances: pl.DataFrame,
    interval: str,
) -> pl.DataFrame:
    """Measured values with O2-2 and O2-5 beside them.

    touchpoints   place, part, mean, n, cases and weight (requests) of each usable touchpoint
    covariances   place, component, other_component, covariance; for O2-2 and O2-5 themselves respondents (null: the covariances
                  need no correction for their number) and degrees of freedom
    """
    weights = touchpoints.with_columns(pl.col("weight").cast(pl.Float64)).sort([*PLACE, "part"])
    of_touchpoints = weights.select(
        *PLACE,
        component=pl.lit(f"{TOUCHPOINTS} ") + pl.col("part"),
        coefficient=pl.col("weight") / pl.col("weight").sum().over(PLACE),
    )
    together = (
        weights.group_by(PLACE, maintain_order=True)
        .agg(
            numerator=(pl.col("weight") * pl.col("mean")).sum(),
            denominator=pl.col("weight").sum(),
            sample_size=pl.col("n").sum(),
            cases=pl.col("cases").sum(),
        )
        .with_columns(indicator_id=pl.lit(TOUCHPOINTS))
        .pipe(_with_errors, TOUCHPOINTS, of_touchpoints, covariances)
    )
    # The respondents of all touchpoints are known: one person may be asked about several.
    together = together.with_columns(sample_size=pl.coalesce("people", "sample_size"))
    base = pl.concat([measured, composed_mean(together, [*PLACE, "indicator_id"], interval)])
    of_index = pl.DataFrame(
        {"indicator_id": list(INDEX_WEIGHTS), "component_weight": [parameters[name] for name in INDEX_WEIGHTS.values()]}
    )
    components = base.join(of_index, on="indicator_id", how="inner").filter(pl.col("value").is_not_null())
    composed = (
        components.sort([*PLACE, "indicator_id"])
        .group_by(PLACE, maintain_order=True)
        .agg(
            count=pl.len(),
            numerator=(pl.col("component_weight") * pl.col("value")).sum(),
            denominator=pl.col("component_weight").sum(),
            sample_size=pl.col("sample_size").min(),
            cases=pl.col("cases").min(),
            known_errors=pl.col("standard_error").is_not_null().sum(),
        )
        .filter(pl.col("count") == len(INDEX_WEIGHTS))
        .with_columns(indicator_id=pl.lit(INDEX))
    )
    total = float(sum(of_index["component_weight"]))
    of_parts = pl.concat(
        [
            components.filter(pl.col("indicator_id") != TOUCHPOINTS).select(
                *PLACE, component="indicator_id", coefficient=pl.col("component_weight") / total
            ),
            of_touchpoints.with_columns(pl.col("coefficient") * parameters[INDEX_WEIGHTS[TOUCHPOINTS]] / total),
        ]
    )
    index = _with_errors(composed, INDEX, of_parts, covariances)
    known = pl.when(pl.col("known_errors") == len(INDEX_WEIGHTS)).then("error").otherwise(float("nan"))
    return pl.concat([base, composed_mean(index.with_columns(error=known), [*PLACE, "indicator_id"], interval)])


def _with_errors(composed: pl.DataFrame, indicator_id: str, coefficients: pl.DataFrame, covariances: pl.DataFrame) -> pl.DataFrame:
    """Add ``error``, √Σ c·c'·Cov over all pairs of components, ``people`` and ``freedom``."""
    both = covariances
    for name, suffix in zip(_COMPONENTS, ("", "_other"), strict=True):
        side = coefficients.rename({"component": name, "coefficient": f"coefficient{suffix}"})
        both = both.join(side, on=[*PLACE, name], how="inner", maintain_order="left")
    twice = pl.when(pl.col("component") == pl.col("other_component")).then(1).otherwise(2)
    term = twice * pl.col("coefficient") * pl.col("coefficient_other") * pl.col("covariance")
    variances = both.group_by(PLACE, maintain_order=True).agg(variance=term.sum(), size=term.abs().sum())
    people = covariances.filter(pl.col("component") == indicator_id).select(*PLACE, "freedom", people="respondents")
    n = pl.col("people")
    correction = pl.when(n > 1).then(n / (n - 1)).when(n.is_null()).then(1.0)
    variance = pl.when(pl.col("variance") > _NOISE * pl.col("size")).then(pl.col("variance")).otherwise(0.0)
    return (
        composed.join(variances, on=PLACE, how="left", maintain_order="left")
        .join(people, on=PLACE, how="left", maintain_order="left")
        .with_columns(
            error=pl.when(pl.col("variance").is_not_null()).then((variance * correction).sqrt()).fill_null(np.nan),
        )
    )


def with_unweighted_named(readings: pl.DataFrame, weighted: pl.DataFrame) -> pl.DataFrame:
    """Readings whose equally weighted ones are called so where the value itself is weighted (``unweighted_gap``).

    weighted    of ``survey.weighted_parts``
    """
    keys = [*PLACE, "indicator_id"]
    places = weighted.filter(pl.col("period_role") == "current").select(keys).unique().with_columns(is_weighted=True)
    is_plain = pl.col("variant").str.contains(_EQUALLY_WEIGHTED) & pl.col("is_weighted").is_not_null()
    return (
        readings.join(places, on=keys, how="left", maintain_order="left")
        .with_columns(variant=pl.when(is_plain).then(pl.lit(f"{UNWEIGHTED}_") + pl.col("variant")).otherwise(pl.col("variant")))
        .drop("is_weighted")
    )


Scored = TypeVar("Scored", float, pl.Expr, NDArray[np.float64])


def on_five_point_ratio(score: Scored) -> Scored:
    """A score 0–100 on the x ÷ 5 scale: a Likert mean x is (x − 1)/4 on our scale, so x/5 = 20 + 0.8 × score (C-19)."""
    return 20 + 0.8 * score


def five_point_ratio(values: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The scores on the x ÷ 5 scale."""
    scored = catalogue.filter(pl.col("method").is_in([*SCORE_METHODS, "composite"]))["indicator_id"]
    return values.filter(pl.col("indicator_id").is_in(scored.implode()), pl.col("value").is_not_null()).with_columns(
        variant=pl.lit("five_point_ratio"),
        value=on_five_point_ratio(pl.col("value")),
        ci_low=on_five_point_ratio(pl.col("ci_low")),
        ci_high=on_five_point_ratio(pl.col("ci_high")),
        numerator=None,
        denominator=None,
    )
