"""A scored publication made by the product's own scoring, with values and intervals that the test chooses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.inputs import grades_frame
from pipeline.evaluate.scores.score_tree import score_table
from pipeline.evaluate.scores.scoring import targets_for, with_scores
from pipeline.evaluate.weights.weight_set import WeightSet, build_weight_set
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan
from schemas.standard.parameters import parameters
from schemas.standard.tree import nodes

QUARTER = Quarter.parse("2025-Q1")
Interval = tuple[float, float, float]


@dataclass(frozen=True)
class Publication:
    """Tables of one quarter as a run would publish them."""

    plan: EvaluationPlan
    weights: WeightSet
    values: pl.DataFrame
    scores: pl.DataFrame
    indicators: pl.DataFrame


def numbers() -> dict[str, float]:
    return {name: each.value for name, each in parameters().items()}


def publish(given: Mapping[str, Mapping[str, Interval | float]], plan: EvaluationPlan | None = None) -> Publication:
    """Score enterprises: enterprise → indicator → value, or (value, low, high). Indicators left out have no data."""
    plan = plan or EvaluationPlan()
    indicators = catalogue_frame(QUARTER)
    frame = pl.DataFrame([asdict(node) for node in nodes().values()], infer_schema_length=None)
    weights = build_weight_set(None, frame, indicators, plan, numbers())
    targets = targets_for(indicators, plan, given).select(
        "enterprise_id", "indicator_id", "direction", "scoring_class", "requirement", "acceptable", "objective"
    )
    rows = []
    for enterprise, own in given.items():
        for name in indicators["indicator_id"]:
            found = own.get(name)
            value, low, high = found if isinstance(found, tuple) else (found, None, None)
            rows.append(
                {
                    "enterprise_id": enterprise, "period": QUARTER.label, "scope_type": "enterprise", "indicator_id": name,
                    "value": value, "ci_low": low, "ci_high": high, "denominator": None,
                    "status": "no_data" if value is None else "ok",
                }
            )  # fmt: skip
    floats = dict.fromkeys(("value", "ci_low", "ci_high", "denominator"), pl.Float64)
    values = pl.DataFrame(rows, schema_overrides=floats).join(targets, on=["enterprise_id", "indicator_id"], maintain_order="left")
    scored = with_scores(values, numbers(), plan.score_method)
    return Publication(plan, weights, scored, score_table(scored, weights, plan, numbers(), grades_frame(plan)), indicators)


def plausible(seed: int) -> dict[str, Interval]:
    """Values of all indicators with a requirement, some met and some not, each with an interval."""
    generator = np.random.default_rng(seed)
    found = {}
    for row in catalogue_frame(QUARTER).filter(pl.col("requirement").is_not_null()).iter_rows(named=True):
        name, requirement = row["indicator_id"], row["requirement"]
        if row["scoring_class"] in ("f", "c1"):
            found[name] = (requirement, requirement, requirement)
            continue
        step = abs(row["acceptable"] - requirement)
        value = requirement + step * float(generator.uniform(-1.2, 0.4)) * (-1 if row["direction"] == "lower" else 1)
        largest = 1.0 if row["method"] == "rate" else math.inf
        value = min(value, largest)
        found[name] = (value, value - 0.2 * step, min(value + 0.3 * step, largest))
    return found
