"""The surveys of a run: validity of responses, their weights, and weighted satisfaction.

Builds ``survey_validity``, ``survey_weights`` and the weighted values from the marts' flags and sums; the mathematics of
weights is in ``post_stratification.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import Period
from pipeline.evaluate.survey.post_stratification import Weighting, weigh
from pipeline.evaluate.values.intervals import LEVEL, spread
from pipeline.evaluate.values.satisfaction import INDEX, TOUCHPOINTS
from pipeline.settings.plan import SurveyChoices
from pipeline.settings.survey_files import RAKED

_ROUND = ["enterprise_id", "quarter", "survey_id"]
_CELL = [*_ROUND, "region_code", "channel"]
_STRATUM = ["quarter", "survey_id", "stratum"]
_PLACE = ["enterprise_id", "period", "period_role", "scope_type", "scope_id"]
# Sums of weights have rounding errors in their last digits; a mean must be able to equal its requirement exactly.
_DECIMALS = 10
# Means are on a scale of 100.
_SAME_MEAN = 1e-10

WEIGHTS_SCHEMA = {
    "enterprise_id": pl.String,
    "quarter": pl.String,
    "survey_id": pl.String,
    "region_code": pl.String,
    "channel": pl.String,
    "responses": pl.Int64,
    "stratum": pl.Int64,
    "weight": pl.Float64,
    "method": pl.String,
}
_WEIGHTING_SCHEMA = {
    "weighting": pl.String,
    "weighting_reason": pl.String,
    "weighted_responses": pl.Int64,
    "cells": pl.Int64,
    "merged_cells": pl.Int64,
    "outside_population": pl.Int64,
    "capped": pl.Int64,
    "largest_difference": pl.Float64,
    "largest_weight": pl.Float64,
    "design_effect": pl.Float64,
    "effective_n": pl.Float64,
}
WEIGHTED_SCHEMA = {
    "enterprise_id": pl.String,
    "period": pl.String,
    "period_role": pl.String,
    "scope_type": pl.String,
    "scope_id": pl.String,
    "indicator_id": pl.String,
    "part": pl.String,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "value": pl.Float64,
    "standard_error": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "n": pl.Int64,
    "cases": pl.Int64,
}
COVARIANCE_SCHEMA = {
    "enterprise_id": pl.String,
    "period": pl.String,
    "period_role": pl.String,
    "scope_type": pl.String,
    "scope_id": pl.String,
    "component": pl.String,
    "other_component": pl.String,
    "covariance": pl.Float64,
    "respondents": pl.Int64,
    "freedom": pl.Float64,
}


@dataclass(frozen=True)
class RoundWeights:
    """Weights by cell (``WEIGHTS_SCHEMA``) of the weighted rounds, and the outcome of every round's weighting."""

    weights: pl.DataFrame
    rounds: pl.DataFrame


def weigh_rounds(cells: pl.DataFrame, choices: SurveyChoices, numbers: Mapping[str, float]) -> RoundWeights:
    """Weigh the responses of each enterprise × quarter × survey round against the margins of that quarter.

    cells   mart_survey_cells
    """
    minimum = int(choices.minimum_cell or numbers["survey_cell_minimum"])
    cap = choices.largest_weight or numbers["survey_weight_cap"]
    weights: list[dict[str, Any]] = []
    rounds: list[dict[str, Any]] = []
    filled = cells.with_columns(pl.col("region_code", "channel").fill_null("")).sort(_CELL)
    for key, own in filled.group_by(_ROUND, maintain_order=True):
        place = dict(zip(_ROUND, key, strict=True))
        sample = {(region, channel): n for region, channel, n in own.select("region_code", "channel", "responses").iter_rows()}
        population = choices.margins.of(str(place["enterprise_id"]), Quarter.parse(str(place["quarter"])))
        weighting = None if population is None else weigh(sample, population, minimum, cap)
        rounds.append(place | _weighting_row(weighting, sum(sample.values()), population is not None))
        if weighting is not None:
            for (region, channel), n in sample.items():
                weights.append(
                    place
                    | {"region_code": region or None, "channel": channel or None, "responses": n}
                    | {"stratum": weighting.strata[region, channel], "weight": weighting.weights[region, channel]}
                    | {"method": weighting.method}
                )
    schema = dict.fromkeys(_ROUND, pl.String) | _WEIGHTING_SCHEMA
    return RoundWeights(
        weights=pl.DataFrame(weights, schema=WEIGHTS_SCHEMA).sort(_CELL, nulls_last=True),
        rounds=pl.DataFrame(rounds, schema=schema).sort(_ROUND),
    )


def _weighting_row(weighting: Weighting | None, responses: int, has_margins: bool) -> dict[str, Any]:
    if weighting is None:
        return {
            "weighting_reason": "margins_do_not_fit" if has_margins else "no_margins",
            "weighted_responses": responses,
            "design_effect": 1.0,
            "effective_n": float(responses),
        }
    return {
        "weighting": weighting.method,
        "weighted_responses": responses,
        "cells": weighting.cells,
        "merged_cells": weighting.merged,
        "outside_population": weighting.outside,
        "capped": weighting.capped,
        "largest_difference": weighting.largest_difference,
        "largest_weight": max(weighting.weights.values()),
        "design_effect": weighting.design_effect,
        "effective_n": weighting.effective_n,
    }


def weighted_parts(scores: pl.DataFrame, weighed: RoundWeights, periods: list[Period]) -> pl.DataFrame:
    """Weighted means (``WEIGHTED_SCHEMA``) of the survey items at enterprise, region and channel, in 0–100.

    scores   mart_survey_scores

    A period with an unweighted round is not weighted at all: weighted and unweighted answers are not mixed. With S_h the sum
    and m_h the number of answers in stratum h of weight w_h, the mean is Σ w_h·S_h ÷ Σ w_h·m_h (if everybody answers
    Σ W_h·ȳ_h, the post-stratified mean). Its variance is that of ``_weighted_covariance``, by respondent. The interval is
    Student's t with effective n − 1 degrees of freedom.
    """
    scoped = _in_places(scores, weighed, periods)
    if scoped is None:
        return pl.DataFrame(schema=WEIGHTED_SCHEMA)
    item = [*_PLACE, "indicator_id", "part"]
    sums = ("numerator", "sum_squares", "sum_products", "n", "respondents", "cases", "count_squares")
    strata = _by_stratum(scoped, item, sums)
    rows = [dict(zip(item, key, strict=True)) | _weighted_mean(own) for key, own in strata.group_by(item, maintain_order=True)]
    return pl.DataFrame(rows, schema=WEIGHTED_SCHEMA).filter(pl.col("n") > 0)


def weighted_covariances(pairs: pl.DataFrame, weighed: RoundWeights, periods: list[Period]) -> pl.DataFrame:
    """Covariances (``COVARIANCE_SCHEMA``) of the weighted means of the index's components, by respondent.

    pairs   mart_survey_cell_pairs

    One row per place × two components, and one per place for O2-2 and for O2-5 with the effective n − 1 as degrees of freedom.
    """
    scoped = _in_places(pairs, weighed, periods)
    if scoped is None:
        return pl.DataFrame(schema=COVARIANCE_SCHEMA)
    names = ("component", "other_component")
    sums = ("numerator", "denominator", "respondents", "sum_products", "value_counts", "count_values", "count_products")
    strata = _by_stratum(scoped, [*_PLACE, *names], sums)
    rows = []
    for key, own in strata.group_by(_PLACE, maintain_order=True):
        place = dict(zip(_PLACE, key, strict=True))
        rows += [place | row for row in _covariances(own)]
    return pl.DataFrame(rows, schema=COVARIANCE_SCHEMA)


def _in_places(sums: pl.DataFrame, weighed: RoundWeights, periods: list[Period]) -> pl.DataFrame | None:
    """Sums of cells with the weight of each, for every place and period that is weighted; None without any."""
    if weighed.weights.is_empty() or sums.is_empty():
        return None
    quarters = pl.DataFrame(
        [
            {"period": each.period, "period_role": each.role, "quarter": quarter.label}
            for each in periods
            for quarter in _quarters_of(each)
        ]
    )
    unweighted = (
        weighed.rounds.filter(pl.col("weighting").is_null())
        .join(quarters, on="quarter")
        .select("enterprise_id", "period", "period_role")
        .unique()
    )
    answers = (
        sums.join(weighed.weights.drop("responses"), on=_CELL, how="inner", nulls_equal=True)
        .join(quarters, on="quarter")
        .join(unweighted, on=["enterprise_id", "period", "period_role"], how="anti")
    )
    return pl.concat(
        [
            answers.with_columns(scope_type=pl.lit(kind), scope_id=pl.col(column)).filter(pl.col(column).is_not_null())
            for kind, column in (("enterprise", "enterprise_id"), ("region", "region_code"), ("channel", "channel"))
        ]
    )


def _by_stratum(scoped: pl.DataFrame, item: list[str], sums: tuple[str, ...]) -> pl.DataFrame:
    """The sums of each item by stratum, as floats; the decimals of a stratum are added exactly."""
    return (
        scoped.sort([*item, *_CELL], nulls_last=True)
        .group_by([*item, *_STRATUM, "weight", "method"], maintain_order=True)
        .agg(pl.col(sums).sum())
        .with_columns(pl.col(sums).cast(pl.Float64))
    )


def _weighted_mean(strata: pl.DataFrame) -> dict[str, Any]:
    cases = int(strata["cases"].sum())
    strata = strata.filter(pl.col("n") > 0)
    found: dict[str, Any] = {"n": int(strata["respondents"].sum()), "cases": cases}
    if strata.is_empty():
        return found
    names = ("weight", "n", "numerator", "respondents", "sum_squares", "sum_products", "count_squares")
    w, n, total, people, squares, products, counts = (strata[name].to_numpy() for name in names)
    weight = float(w @ n)
    side = _Side(total / n, float(w @ total) / weight, weight)
    sums = _Products(squares, products, products, counts)
    is_raked = bool((strata["method"] == RAKED).any())
    variance = _weighted_covariance(w, people, sums, (side, side), is_raked)
    effective = float(w @ people) ** 2 / float(w**2 @ people)
    error = float(np.sqrt(max(variance, 0)))
    half = float(stdtrit(effective - 1, (1 + LEVEL) / 2)) * error if effective > 1 else np.nan
    value = round(side.overall, _DECIMALS)
    interval = {"standard_error": error, "ci_low": value - half, "ci_high": value + half}
    return (
        found
        | {"numerator": float(w @ total), "denominator": weight, "value": value}
        | {name: None if np.isnan(number) else number for name, number in interval.items()}
    )


@dataclass(frozen=True)
class _Side:
    """One of two means: by stratum, overall, and the weight of all its answers."""

    means: NDArray[np.float64]
    overall: float
    weight: float


@dataclass(frozen=True)
class _Products:
    """Sums over the respondents of each stratum: of y·z, y·k, m·z and m·k, for the sums y, z of m and k values."""

    values: NDArray[np.float64]
    value_counts: NDArray[np.float64]
    count_values: NDArray[np.float64]
    counts: NDArray[np.float64]


def _weighted_covariance(
    w: NDArray[np.float64], people: NDArray[np.float64], sums: _Products, sides: tuple[_Side, _Side], is_raked: bool
) -> float:
    """Covariance of two weighted means over respondents; nan if no stratum has two of them.

    Σ_h w_h²·n_h/(n_h − 1)·Σ_i r_i·q_i ÷ (Σ w·m · Σ w·k) with the residuals r = y − ȳ_h·m and q = z − z̄_h·k about the means of
    the stratum; a stratum with one respondent takes the pooled product of the others. Raked weights have no strata: n/(n − 1) and
    residuals about the overall means.
    """
    one, other = sides
    within = spread(sums.values, sums.value_counts, sums.count_values, sums.counts, (one.means, other.means))
    scale = one.weight * other.weight
    if is_raked:
        apart, apart_other = one.means - one.overall, other.means - other.overall
        # A difference of the last digits is none.
        apart, apart_other = (np.where(np.abs(each) < _SAME_MEAN, 0.0, each) for each in (apart, apart_other))
        r_counts = sums.value_counts - one.means * sums.counts
        q_counts = sums.count_values - other.means * sums.counts
        about = within + apart_other * r_counts + apart * q_counts + apart * apart_other * sums.counts
        n = float(people.sum())
        return float(w**2 @ about) * n / (n - 1) / scale if n > 1 else float("nan")
    has_spread = people > 1
    if not has_spread.any():
        return float("nan")
    of_one = np.where(has_spread, within / np.where(has_spread, people - 1, 1), 0.0)
    pooled = float((people[has_spread] - 1) @ of_one[has_spread]) / float((people[has_spread] - 1).sum())
    return float(w**2 * people @ np.where(has_spread, of_one, pooled)) / scale


def _covariances(pairs: pl.DataFrame) -> list[dict[str, Any]]:
    """The covariances of one place from the sums of its strata."""
    of_one = pairs.filter(pl.col("component") == pl.col("other_component"))
    strata = of_one.group_by([*_STRATUM, "weight"], maintain_order=True).agg(people=pl.col("respondents").max())
    means = of_one.select(*_STRATUM, "component", "numerator", "denominator")
    overall = {}
    for (component,), own in of_one.group_by(["component"], maintain_order=True):
        weight = float((own["weight"] * own["denominator"]).sum())
        overall[component] = float((own["weight"] * own["numerator"]).sum()) / weight, weight
    is_raked = bool((pairs["method"] == RAKED).any())
    rows: list[dict[str, Any]] = []
    for (one, other), own in pairs.group_by(["component", "other_component"], maintain_order=True):
        known = own.drop("numerator", "denominator").join(strata.drop("weight"), on=_STRATUM, how="left", maintain_order="left")
        sides = []
        for component in (one, other):
            side = known.join(means.filter(pl.col("component") == component).drop("component"), on=_STRATUM, how="left")
            by_stratum = (side["numerator"] / side["denominator"]).to_numpy()
            sides.append(_Side(by_stratum, *overall[component]))
        names = ("sum_products", "value_counts", "count_values", "count_products")
        sums = _Products(*(known[name].to_numpy() for name in names))
        found = _weighted_covariance(known["weight"].to_numpy(), known["people"].to_numpy(), sums, (sides[0], sides[1]), is_raked)
        rows.append({"component": one, "other_component": other, "covariance": None if np.isnan(found) else found})
    w, people = strata["weight"].to_numpy(), strata["people"].to_numpy()
    freedom = float(w @ people) ** 2 / float(w**2 @ people) - 1
    return rows + [{"component": name, "other_component": name, "freedom": freedom} for name in (TOUCHPOINTS, INDEX)]


def _quarters_of(period: Period) -> list[Quarter]:
    quarters = [period.first_quarter]
    while quarters[-1] < period.last_quarter:
        quarters.append(quarters[-1].shift(1))
    return quarters


def validity_table(counted: pl.DataFrame, rounds: pl.DataFrame, choices: SurveyChoices) -> pl.DataFrame:
    """The published table ``survey_validity``: one row per enterprise × quarter × satisfaction survey round.

    counted   mart_survey_validity
    rounds    of ``weigh_rounds``

    Shares are of all responses, repeated ones included; the response rate is of the questionnaires delivered, or sent if the
    plan gives only those.
    """
    invited = pl.DataFrame(
        [
            {"enterprise_id": enterprise, "survey_id": survey, "sent": each.sent, "delivered": each.delivered}
            for (enterprise, survey), each in sorted(choices.invitations.items())
        ],
        schema={"enterprise_id": pl.String, "survey_id": pl.String, "sent": pl.Int64, "delivered": pl.Int64},
    )
    table = counted.join(invited, on=["enterprise_id", "survey_id"], how="left", maintain_order="left").join(
        rounds, on=_ROUND, how="left", maintain_order="left"
    )
    reached = pl.coalesce("delivered", "sent")
    rate = pl.col("counted") / reached
    table = table.with_columns(
        partial=pl.col("responses") - pl.col("complete"),
        duplicate_customers=pl.col("repeated_customers"),
        duplicate_devices=pl.col("shared_devices"),
        response_rate=pl.when(rate <= 1).then(rate),
        response_rate_reason=pl.when(reached.is_null())
        .then(pl.lit("no_distribution_register"))
        .when(rate > 1)
        .then(pl.lit("more_responses_than_invitations")),
        missing_item_rate=1 - pl.col("answered_items") / pl.col("asked_items"),
    ).with_columns(
        pl.col("missing_item_rate").fill_nan(None),
        **{
            f"{name}_rate": pl.col(name) / pl.col("responses")
            for name in ("straight_liners", "speeders", "duplicate_customers", "duplicate_devices")
        },
    )
    return table.select(
        *_ROUND, "questions", "responses", "complete", "partial", "counted", "flagged", "valid",
        "straight_liners", "straight_liners_rate", "speeders", "speeders_rate",
        "duplicate_customers", "duplicate_customers_rate", "repeated_complete",
        "duplicate_devices", "duplicate_devices_rate", "over_time", "missing_item_rate",
        "timed", "median_minutes", "p90_minutes", "online", "phone", "onsite",
        "sent", "delivered", "response_rate", "response_rate_reason", *_WEIGHTING_SCHEMA,
    ).sort(_ROUND)  # fmt: skip
