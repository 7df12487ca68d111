"""Scores a measured value 0–100 and decides met or not met: a clipped efficacy line per indicator, and its alternatives.

Single indicators, vectorised over rows; weights and totals are in ``score_tree.py``. Requirements, limits and the two
anchor scores come from the catalogue, the plan and the parameters, never from this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import UsageError
from pipeline.settings.plan import SCORE_METHODS, ZERO_TOLERANCE_CLASS, EvaluationPlan, check_anchors

Array = NDArray[np.float64]

# Scored in steps; class f is zero tolerance; every other class is the efficacy line from requirement to acceptable limit.
STEP_CLASS = "c1"

# Full values are compared (GB/T 8170 全数值比较法); only the rounding of a binary division, some 10⁻¹⁶, is tolerated.
COMPARISON_TOLERANCE = 1e-12

MEASURED = ("ok", "insufficient_sample")


@dataclass(frozen=True)
class Scale:
    """The score at the requirement and at the acceptable limit: 100 and 60 in the project's parameters."""

    at_requirement: float
    at_acceptable: float

    @classmethod
    def of(cls, parameters: Mapping[str, float]) -> Scale:
        return cls(float(parameters["score_at_requirement"]), float(parameters["score_at_acceptable"]))


def meets(value: ArrayLike, requirement: ArrayLike, direction: ArrayLike) -> NDArray[np.bool_]:
    """Whether a value meets its requirement: ≥ for higher, ≤ for lower, = for exact; equality counts; False for NaN.

    Compares full values, not displayed ones.
    """
    x, t = np.asarray(value, dtype=np.float64), np.asarray(requirement, dtype=np.float64)
    way = np.asarray(direction)
    slack = COMPARISON_TOLERANCE * np.maximum(np.abs(x), np.abs(t))
    reached, not_passed = x >= t - slack, x <= t + slack
    return np.where(way == "higher", reached, np.where(way == "lower", not_passed, reached & not_passed))


def score_values(
    value: ArrayLike,
    requirement: ArrayLike,
    acceptable: ArrayLike,
    direction: ArrayLike,
    scoring_class: ArrayLike,
    scale: Scale,
    method: str = "efficacy",
) -> Array:
    """Scores 0–100 of values in natural units, shape by broadcasting; NaN where the value or requirement is NaN.

    efficacy       60 + 40·(x − A)/(T − A), clipped: T scores 100, A scores 60; the sign of T − A carries the direction.
                   For an exact requirement the line falls above T as steeply as it rises below. Class c1 (small counts)
                   steps 100 / 60 / 0 at T and A, class f (zero tolerance) is 100 at T and 0 otherwise.
    threshold      100 where met, else 0
    proportional   100·x/T, for lower-is-better 100·T/x, at most 100; with T = 0 anything above scores 0

    The efficacy coefficient method (功效系数法) of Chinese enterprise performance evaluation with absolute anchors
    (decision log, D-34). Raises UsageError for an unknown method.
    """
    if method not in SCORE_METHODS:
        raise UsageError(f"'{method}' is not a score method: use one of {', '.join(SCORE_METHODS)}")
    way, kind = np.asarray(direction), np.asarray(scoring_class)
    numbers = [np.asarray(each, dtype=np.float64) for each in (value, requirement, acceptable)]
    # Texts are compared in their own shape: of many values there are few.
    shape = np.broadcast_shapes(*(each.shape for each in (*numbers, way, kind)))
    x, t, a = (np.broadcast_to(each, shape) for each in numbers)
    met = meets(x, t, way)
    if method == "threshold":
        score = np.zeros(x.shape)
    elif method == "proportional":
        score = _proportional(x, t, way, scale)
    else:
        score = _efficacy(x, t, a, way, kind, scale)
    score = np.where(met, scale.at_requirement, np.clip(score, 0.0, scale.at_requirement))
    return np.where(np.isnan(x) | np.isnan(t), np.nan, score)


def _efficacy(x: Array, t: Array, a: Array, way: NDArray[Any], kind: NDArray[Any], scale: Scale) -> Array:
    worse = np.where(a < t, t - np.abs(x - t), t + np.abs(x - t))
    x = np.where(way == "exact", worse, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        line = scale.at_acceptable + (scale.at_requirement - scale.at_acceptable) * (x - a) / (t - a)
    acceptable = np.where(way == "lower", x <= a, x >= a)
    step = np.where(acceptable, scale.at_acceptable, 0.0)
    return np.where(kind == ZERO_TOLERANCE_CLASS, 0.0, np.where(kind == STEP_CLASS, step, line))


def _proportional(x: Array, t: Array, way: NDArray[Any], scale: Scale) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        higher, lower = x / t, t / x
    # Above an exact requirement a value scores as lower-is-better.
    falling = (way == "lower") | ((way == "exact") & (x > t))
    share = np.where(falling, np.where(x > 0, lower, 0.0), np.where(t != 0, higher, 0.0))
    return scale.at_requirement * share


def keeps_best(now: float | None, before: float | None, best: float, direction: str) -> bool:
    """Whether the level was at its best and stayed there: an improvement indicator then counts as met (C-20).

    For I4-1 the best error rate is 0; for I4-2 the best O2-5 is the parameter improvement_ceiling_csi.
    """
    if now is None or before is None:
        return False
    return bool(meets(before, best, direction) and meets(now, best, direction))


def targets_for(indicators: pl.DataFrame, plan: EvaluationPlan, enterprises: Iterable[str]) -> pl.DataFrame:
    """The catalogue with the plan's targets, once per enterprise: the catalogue's columns and enterprise_id.

    An enterprise's own target overrides the general one. An indicator without requirement (neither the standard nor the
    plan sets one) is shown, not scored. Raises UsageError if the plan does not fit the catalogue or an acceptable limit
    lies on the wrong side of its requirement.
    """
    plan.check_catalogue(indicators)
    general = {t.indicator_id: t for t in plan.targets if t.enterprise_id is None}
    own = {(t.enterprise_id, t.indicator_id): t for t in plan.targets if t.enterprise_id is not None}
    rows = []
    for enterprise in enterprises:
        for indicator in indicators.iter_rows(named=True):
            row = {"enterprise_id": enterprise} | indicator
            identifier = indicator["indicator_id"]
            # An enterprise's own target overrides the general one.
            for target in (general.get(identifier), own.get((enterprise, identifier))):
                if target is not None:
                    given = {
                        "requirement": target.requirement,
                        "acceptable": target.acceptable,
                        "objective": target.objective,
                    }
                    row |= {name: number for name, number in given.items() if number is not None}
            if row["requirement"] is not None and row["acceptable"] is not None:
                check_anchors(row["requirement"], row["acceptable"], row["direction"], f"indicator {identifier}")
            elif row["requirement"] is not None and row["scoring_class"] != ZERO_TOLERANCE_CLASS:
                raise UsageError(f"indicator {identifier}: a requirement without an acceptable limit cannot be scored")
            rows.append(row)
    numbers = ("requirement", "acceptable", "objective")
    kinds = [(name, pl.Float64() if name in numbers else kind) for name, kind in indicators.schema.items()]
    return pl.DataFrame(rows, schema=[("enterprise_id", pl.String()), *kinds])


def with_scores(values: pl.DataFrame, parameters: Mapping[str, float], method: str = "efficacy") -> pl.DataFrame:
    """Add score, is_met, meets_objective and is_distinguishable to indicator values.

    values   value, status, requirement, acceptable, objective, direction, scoring_class, ci_low, ci_high; optional
             booleans keeps_best (see the function; met whatever the status but assumed, since no change can be computed),
             is_year_open (a year-to-date count before the year's end) and is_beyond_chance (a whole population or a duty
             without exception, D-47: no sampling error)

    is_met and score are null without a measured value (status ok or insufficient_sample) or without a requirement.
    is_distinguishable says whether the interval excludes the requirement: false means that chance alone can explain the
    verdict, null that it does not apply (no interval, beyond chance, or met by keeping the best). A year-to-date count
    below its requirement has not failed before the year ends (I3-1): neither score nor verdict.
    """
    columns = {name: values[name].to_numpy() for name in ("direction", "scoring_class")}
    number = {
        name: values[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("value", "requirement", "acceptable", "objective", "ci_low", "ci_high")
    }
    scale = Scale.of(parameters)
    measured = values["status"].is_in(MEASURED).fill_null(False).to_numpy() & ~np.isnan(number["value"])
    x = np.where(measured, number["value"], np.nan)
    met = meets(x, number["requirement"], columns["direction"])
    score = score_values(
        x, number["requirement"], number["acceptable"], columns["direction"], columns["scoring_class"], scale, method
    )
    assumed = (values["status"] == "assumed").fill_null(False).to_numpy()
    best = _flag(values, "keeps_best") & ~np.isnan(number["requirement"]) & ~assumed
    met, score = met | best, np.where(best, scale.at_requirement, score)
    scored = (measured & ~np.isnan(number["requirement"])) | best
    scored &= ~(_flag(values, "is_year_open") & ~met)
    has_interval = scored & ~np.isnan(number["ci_low"]) & ~np.isnan(number["ci_high"])
    has_interval &= ~best & ~_flag(values, "is_beyond_chance")
    apart = (number["ci_low"] > number["requirement"]) | (number["ci_high"] < number["requirement"])
    objective = meets(x, number["objective"], columns["direction"])
    has_objective = measured & ~np.isnan(number["objective"])
    return values.with_columns(
        pl.Series("score", np.where(scored, score, np.nan), dtype=pl.Float64).fill_nan(None),
        _nullable("is_met", met, scored),
        _nullable("meets_objective", objective, has_objective),
        _nullable("is_distinguishable", apart, has_interval),
    )


def _flag(values: pl.DataFrame, name: str) -> NDArray[np.bool_]:
    if name not in values.columns:
        return np.zeros(values.height, dtype=np.bool_)
    return values[name].cast(pl.Boolean).fill_null(False).to_numpy()


def _nullable(name: str, flags: NDArray[np.bool_], known: NDArray[np.bool_]) -> pl.Series:
    return pl.Series(name, flags, dtype=pl.Boolean).zip_with(pl.Series(known), pl.Series([None], dtype=pl.Boolean))
