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
from scipy.special import stdtrit

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import Period
from pipeline.evaluate.survey.post_stratification import Weighting, weigh
from pipeline.evaluate.values.intervals import LEVEL, standard_error
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.sql import parquet
from pipeline.settings.plan import SurveyChoices
from pipeline.settings.survey_files import RAKED

REFUSED_AS_REPEATED = "duplicate_survey_response"

_ROUND = ["enterprise_id", "quarter", "survey_id"]
_CELL = [*_ROUND, "region_code", "channel"]
# Sums of weights have rounding errors in their last digits; a mean must be able to equal its requirement exactly.
_DECIMALS = 10

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
    Σ W_h·ȳ_h, the post-stratified mean). Its error is √Σ Ŵ_h²·s_h²/m_h with Ŵ_h = w_h·m_h ÷ Σ w·m; a stratum with a single
    answer uses the pooled s² of the others. Raked weights have no strata: √(n/(n−1) · Σ w²(y − ȳ)²) ÷ Σ w. The interval is
    Student's t with effective n − 1 degrees of freedom.
    """
    if weighed.weights.is_empty() or scores.is_empty():
        return pl.DataFrame(schema=WEIGHTED_SCHEMA)
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
    place = ["enterprise_id", "period", "period_role", "scope_type", "scope_id"]
    answers = (
        scores.join(weighed.weights.drop("responses"), on=_CELL, how="inner", nulls_equal=True)
        .join(quarters, on="quarter")
        .join(unweighted, on=["enterprise_id", "period", "period_role"], how="anti")
    )
    scoped = pl.concat(
        [
            answers.with_columns(scope_type=pl.lit(kind), scope_id=pl.col(column)).filter(pl.col(column).is_not_null())
            for kind, column in (("enterprise", "enterprise_id"), ("region", "region_code"), ("channel", "channel"))
        ]
    )
    item = [*place, "indicator_id", "part"]
    strata = (
        scoped.sort([*item, *_CELL], nulls_last=True)
        .group_by([*item, "quarter", "survey_id", "stratum", "weight", "method"], maintain_order=True)
        .agg(pl.col("numerator", "sum_squares").sum(), pl.col("n", "cases").sum())
    )
    strata = strata.with_columns(
        error=pl.Series(standard_error(strata["n"], strata["numerator"], strata["sum_squares"]), dtype=pl.Float64),
        total=pl.col("numerator").cast(pl.Float64),
        squares=pl.col("sum_squares").cast(pl.Float64),
    )
    rows = [dict(zip(item, key, strict=True)) | _weighted_mean(own) for key, own in strata.group_by(item, maintain_order=True)]
    return pl.DataFrame(rows, schema=WEIGHTED_SCHEMA).filter(pl.col("n") > 0)


def _weighted_mean(strata: pl.DataFrame) -> dict[str, Any]:
    w, n, total, squares = (strata[name].to_numpy() for name in ("weight", "n", "total", "squares"))
    is_measured = n > 0
    w, n, total, squares = (array[is_measured] for array in (w, n.astype(np.float64), total, squares))
    found: dict[str, Any] = {"n": int(n.sum()), "cases": int(strata["cases"].sum())}
    if not len(n):
        return found
    weight = float(w @ n)
    mean = float(w @ total) / weight
    if (strata["method"] == RAKED).any():
        about_mean = squares - 2 * mean * total + n * mean**2
        answers = n.sum()
        error = float(np.sqrt(max(w**2 @ about_mean, 0) * answers / (answers - 1)) / weight) if answers > 1 else np.nan
    else:
        error = _stratified_error(w, n, strata["error"].to_numpy()[is_measured], weight)
    effective = weight**2 / float(w**2 @ n)
    half = float(stdtrit(effective - 1, (1 + LEVEL) / 2)) * error if effective > 1 else np.nan
    value = round(mean, _DECIMALS)
    interval = {"standard_error": error, "ci_low": value - half, "ci_high": value + half}
    return (
        found
        | {"numerator": float(w @ total), "denominator": weight, "value": value}
        | {name: None if np.isnan(number) else number for name, number in interval.items()}
    )


def _stratified_error(w: np.ndarray, n: np.ndarray, errors: np.ndarray, weight: float) -> float:
    """√Σ (w·n/Σ w·n)²·s²/n; nan if no stratum has two answers."""
    spread = n > 1
    if not spread.any():
        return float("nan")
    variances = np.where(spread, errors**2 * n, 0.0)
    pooled = float((n[spread] - 1) @ variances[spread]) / float((n[spread] - 1).sum())
    of_strata = np.where(spread, variances, pooled) / n
    return float(np.sqrt((w * n) ** 2 @ of_strata) / weight)


def _quarters_of(period: Period) -> list[Quarter]:
    quarters = [period.first_quarter]
    while quarters[-1] < period.last_quarter:
        quarters.append(quarters[-1].shift(1))
    return quarters


def validity_table(counted: pl.DataFrame, rounds: pl.DataFrame, refused: pl.DataFrame, choices: SurveyChoices) -> pl.DataFrame:
    """The published table ``survey_validity``: one row per enterprise × quarter × satisfaction survey round.

    counted   mart_survey_validity
    rounds    of ``weigh_rounds``
    refused   enterprise_id, quarter, survey_id, refused: second complete responses that validation refused (C-41)

    Shares are of all responses, refused ones included; the response rate is of the questionnaires delivered, or sent if the
    plan gives only those.
    """
    invited = pl.DataFrame(
        [
            {"enterprise_id": enterprise, "survey_id": survey, "sent": each.sent, "delivered": each.delivered}
            for (enterprise, survey), each in sorted(choices.invitations.items())
        ],
        schema={"enterprise_id": pl.String, "survey_id": pl.String, "sent": pl.Int64, "delivered": pl.Int64},
    )
    table = (
        counted.join(refused, on=_ROUND, how="left", maintain_order="left")
        .join(invited, on=["enterprise_id", "survey_id"], how="left", maintain_order="left")
        .join(rounds, on=_ROUND, how="left", maintain_order="left")
        .with_columns(refused=pl.col("refused").fill_null(0))
    )
    reached = pl.coalesce("delivered", "sent")
    rate = pl.col("counted") / reached
    table = table.with_columns(
        responses=pl.col("responses") + pl.col("refused"),
        partial=pl.col("responses") - pl.col("complete"),
        complete=pl.col("complete") + pl.col("refused"),
        duplicate_customers=pl.col("repeated_customers") + pl.col("refused"),
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
        "duplicate_customers", "duplicate_customers_rate", pl.col("refused").alias("duplicates_refused"),
        "duplicate_devices", "duplicate_devices_rate", "over_time", "missing_item_rate",
        "timed", "median_minutes", "p90_minutes", "online", "phone", "onsite",
        "sent", "delivered", "response_rate", "response_rate_reason", *_WEIGHTING_SCHEMA,
    ).sort(_ROUND)  # fmt: skip


def refused_as_repeated(lake: Lake, quarters: list[Quarter]) -> pl.DataFrame:
    """enterprise_id, quarter, survey_id, refused: rows refused by validation because the customer had already answered.

    Counted from quarantine; the raw rows are read only for the survey round.
    """
    found = [pl.DataFrame(schema=dict.fromkeys(_ROUND, pl.String) | {"refused": pl.Int64})]
    with connected(lake.scratch) as connection:
        for quarter in quarters:
            quarantine, raw = (lake.partition(stage, "survey_responses", quarter) for stage in ("quarantine", "raw"))
            if quarantine.is_file() and raw.is_file():
                rows = connection.execute(
                    f"""
                    select enterprise_id, $quarter as quarter, survey_id, count(*) as refused
                    from {parquet("$raw")}
                    semi join (
                        select _row_id from {parquet("$quarantine")} where rule = $rule
                    ) using (_row_id)
                    group by all order by all
                    """,
                    {
                        "quarter": quarter.label,
                        "raw": str(raw),
                        "quarantine": str(quarantine),
                        "rule": REFUSED_AS_REPEATED,
                    },
                ).pl()
                found.append(rows.cast({"refused": pl.Int64}))
    return pl.concat(found)
