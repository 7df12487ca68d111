"""Satisfaction values: valid responses only, weighted responses, touchpoints, and the composite index O2-5."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.evaluate.values.changes import INDEX_CHANGE, relative_change
from pipeline.evaluate.values.intervals import standard_error
from pipeline.evaluate.values.parts import (
    PLACE,
    SCORE_METHODS,
    UNWEIGHTED,
    VALID_ONLY,
    Comparison,
    as_variant,
    finished,
    measure,
    normal_mean,
)

# The standard's composite index and its components (rulings, O2-5; weights in parameters.csv).
INDEX = "O2-5"
INDEX_WEIGHTS = {
    "O2-1": "csi_weight_o2_1",
    "O2-2": "csi_weight_o2_2",
    "O2-3": "csi_weight_o2_3",
    "O2-4": "csi_weight_o2_4",
}


def values_of(parts: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """Values of one reading in one role: all indicators, touchpoint satisfaction and the index."""
    measured = measure(parts.filter(pl.col("indicator_id") != "O2-2"), catalogue)
    base = pl.concat([measured, weigh_touchpoints(parts.filter(pl.col("indicator_id") == "O2-2"))])
    return pl.concat([base, compose_index(base, parameters)])


def valid_only(inputs: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """O2-2 and O2-5 of responses without a validity flag, as variants; ``variants`` gives the other indicators."""
    parts = inputs.filter((pl.col("period_role") == "current") & (pl.col("variant") == VALID_ONLY))
    composed = values_of(parts, catalogue, parameters).filter(pl.col("indicator_id").is_in(["O2-2", INDEX]))
    return as_variant(composed, VALID_ONLY)


def with_weights(
    unweighted: Comparison, inputs: pl.DataFrame, weighted: pl.DataFrame, parameters: Mapping[str, float]
) -> tuple[Comparison, pl.DataFrame]:
    """The comparison with weighted satisfaction in place of unweighted, and the unweighted values as variants (rulings).

    unweighted  of ``compare``
    inputs      mart_period_inputs, for the requests that weigh the touchpoints
    weighted    of ``survey.weighted_parts``

    Like is compared with like: the index change (I4-2) uses weighted values if both periods have weights, else unweighted
    ones, and a weighted value has no previous value unless that is weighted too.
    """
    keys = [*PLACE, "indicator_id"]
    roles = {role: _weighted_values(inputs, weighted, role, parameters) for role in ("current", "previous")}
    surveyed = roles["current"].select(keys)
    changes = relative_change(roles["current"], roles["previous"], INDEX, INDEX_CHANGE)
    replaced = pl.concat([roles["current"], changes])
    current = pl.concat([unweighted.current.join(replaced, on=keys, how="anti", maintain_order="left"), replaced])
    # Without weights a year earlier the change stays that of the unweighted index, and no previous value is shown.
    earlier = unweighted.previous.join(surveyed, on=keys, how="anti", maintain_order="left")
    previous = pl.concat([earlier, roles["previous"].join(surveyed, on=keys, how="semi", maintain_order="left")])
    plain = unweighted.current.join(replaced, on=keys, how="semi", maintain_order="left")
    return Comparison(current, previous), as_variant(plain, UNWEIGHTED)


def _weighted_values(inputs: pl.DataFrame, weighted: pl.DataFrame, role: str, parameters: Mapping[str, float]) -> pl.DataFrame:
    """The weighted survey indicators of one role, including touchpoint satisfaction and the index."""
    own = weighted.filter(pl.col("period_role") == role)
    is_touchpoint = pl.col("indicator_id") == "O2-2"
    plain = own.filter(~is_touchpoint)
    numbers = {
        name: plain[name].fill_null(np.nan).to_numpy()
        for name in ("value", "numerator", "denominator", "ci_low", "ci_high", "standard_error")
    }
    rows = plain.select(*PLACE, "indicator_id", "cases", sample_size=pl.col("n"), part=pl.lit(""))
    measured = finished(rows, [*PLACE, "indicator_id"], np.full(len(plain), "t_weighted"), **numbers)
    requests = inputs.filter((pl.col("period_role") == role) & (pl.col("variant") == ""), is_touchpoint)
    touchpoints = own.filter(is_touchpoint).join(
        requests.select(*PLACE, "part", "weight"), on=[*PLACE, "part"], how="inner", maintain_order="left"
    )
    usable = touchpoints.filter(pl.col("weight") > 0)
    base = pl.concat([measured, _weigh_means(usable.rename({"value": "mean", "standard_error": "error"}))])
    return pl.concat([base, compose_index(base, parameters)])


def weigh_touchpoints(parts: pl.DataFrame) -> pl.DataFrame:
    """O2-2: touchpoint means weighted by the requests per touchpoint (rulings)."""
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
    return normal_mean(weighed, [*PLACE, "indicator_id"])


def compose_index(values: pl.DataFrame, parameters: Mapping[str, float]) -> pl.DataFrame:
    """O2-5 if all four of its components have a value.

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
    known = pl.when(pl.col("known_errors") == len(INDEX_WEIGHTS)).then("error").otherwise(float("nan"))
    return normal_mean(composed.with_columns(error=known), [*PLACE, "indicator_id"])


def five_point_ratio(values: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """The scores on the x ÷ 5 scale: a Likert mean x is (x − 1)/4 on our scale, so x/5 = 20 + 0.8 × score (C-19)."""
    scored = catalogue.filter(pl.col("method").is_in([*SCORE_METHODS, "composite"]))["indicator_id"]
    return values.filter(pl.col("indicator_id").is_in(scored.implode()), pl.col("value").is_not_null()).with_columns(
        variant=pl.lit("five_point_ratio"),
        value=20 + 0.8 * pl.col("value"),
        ci_low=20 + 0.8 * pl.col("ci_low"),
        ci_high=20 + 0.8 * pl.col("ci_high"),
        numerator=None,
        denominator=None,
    )
