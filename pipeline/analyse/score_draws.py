"""Scores of many draws at once: other values within their intervals, other legal weights, other admissible choices.

Drawing and scoring; ``robustness`` says what is drawn and what the tables hold. Values are scored by ``score_values`` itself, and
aggregated with the effective weights of ``score_tree`` itself, so a draw scores what a run with these inputs would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtri

from pipeline.analyse.multiple_tests import Z
from pipeline.analyse.scored import Scored
from pipeline.evaluate.scores.score_tree import ScoredNode
from pipeline.evaluate.scores.scoring import STEP_CLASS, Scale, score_values
from pipeline.evaluate.values.changes import INDEX_CHANGE
from pipeline.evaluate.values.satisfaction import on_five_point_ratio
from pipeline.settings.plan import COMPOUND_METHODS, MODES, SCORE_METHODS, ZERO_TOLERANCE_CLASS, EvaluationPlan
from schemas.standard.parameters import parameters

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

AS_DECIDED = "as_decided"
# How far the acceptable limit lies from the requirement, as a multiple of the decided distance (D-34).
_DISTANCES: Mapping[str, float] = {AS_DECIDED: 1.0, "half": 0.5, "double": 2.0}
FIVE_POINT = "five_point_ratio"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "score_method": SCORE_METHODS,
    "acceptable_limit": tuple(_DISTANCES),
    "compound_method": COMPOUND_METHODS,
    "missing_data": MODES,
    "survey_scale": (AS_DECIDED, FIVE_POINT),
}
"""Choices that the standard leaves open, each with what may be chosen."""

SCORING = frozenset({"score_method", "acceptable_limit", "survey_scale"})
"""Choices that decide the scores of indicators; the others decide how they are aggregated."""


@dataclass(frozen=True)
class Draws:
    """Inputs of n scores: values (n, indicators), weights of the dimensions (n, dimensions), codes of choices (n,) by name."""

    values: Array
    weights: Array
    choices: Mapping[str, Codes]

    def taking(self, other: Draws, *sources: str) -> Draws:
        """The same, with ``values``, ``weights``, ``choices`` or single choices of other draws."""
        single = {name: other.choices[name] for name in CHOICES if name in sources}
        return Draws(
            values=other.values if "values" in sources else self.values,
            weights=other.weights if "weights" in sources else self.weights,
            choices=other.choices if "choices" in sources else {**self.choices, **single},
        )


@dataclass(frozen=True)
class Indicators:
    """The scored indicators of one enterprise and period: what is drawn of each, and what it is scored by. Arrays of one length.

    low, high    the sampling interval; the value itself for a count of everything there is (D-47)
    base         the index before, of its change; else NaN
    is_fixed     its score does not come from its value alone (C-20) and is kept as published
    """

    names: tuple[str, ...]
    value: Array
    low: Array
    high: Array
    requirement: Array
    acceptable: Array
    direction: npt.NDArray[np.str_]
    scoring_class: npt.NDArray[np.str_]
    smallest: Array
    largest: Array
    is_survey: npt.NDArray[np.bool_]
    base: Array
    is_fixed: npt.NDArray[np.bool_]
    score: Array

    @classmethod
    def of(cls, values: pl.DataFrame, scored: Scored, plan: EvaluationPlan, scale: Scale) -> Indicators:
        """From values of one enterprise and period with their catalogue columns, in the tree's order.

        values   indicator_id, value, ci_low, ci_high, denominator, requirement, acceptable, direction, scoring_class, method,
                 minimum_n
        """
        rows = {row["indicator_id"]: row for row in values.iter_rows(named=True)}
        names = tuple(name for name, leaf in scored.leaves.items() if leaf.score is not None and name in rows)
        ordered = [rows[name] for name in names]

        def numbers(column: str) -> Array:
            return np.array([np.nan if row[column] is None else row[column] for row in ordered], dtype=np.float64)

        value, low, high = (numbers(column) for column in ("value", "ci_low", "ci_high"))
        is_complete = np.array([row["minimum_n"] == 1 and row["method"] != "change" for row in ordered], dtype=np.bool_)
        has_none = is_complete | np.isnan(low) | np.isnan(high)
        methods = [row["method"] for row in ordered]
        found = cls(
            names=names,
            value=value,
            low=np.where(has_none, value, low),
            high=np.where(has_none, value, high),
            requirement=numbers("requirement"),
            acceptable=numbers("acceptable"),
            direction=np.array([row["direction"] for row in ordered], dtype=np.str_),
            scoring_class=np.array([row["scoring_class"] for row in ordered], dtype=np.str_),
            smallest=np.array([-np.inf if method == "change" else 0.0 for method in methods]),
            largest=np.array([1.0 if method == "rate" else np.inf for method in methods]),
            is_survey=np.array([row["is_survey"] for row in ordered], dtype=np.bool_),
            base=np.array(
                [row["denominator"] if name == INDEX_CHANGE else None for name, row in zip(names, ordered, strict=True)],
                dtype=np.float64,
            ),
            is_fixed=np.zeros(len(names), dtype=np.bool_),
            score=np.array([scored.leaves[name].score for name in names], dtype=np.float64),
        )
        again = score_values(
            value, found.requirement, found.acceptable, found.direction, found.scoring_class, scale, plan.score_method
        )
        return replace(found, is_fixed=~np.isclose(again, found.score, rtol=0, atol=1e-9))

    @property
    def is_drawn(self) -> npt.NDArray[np.bool_]:
        return ~self.is_fixed & (self.high > self.low)

    @cached_property
    def limits(self) -> Array:
        """The acceptable limits of each choice, shape (choices, indicators); zero tolerance and steps have one only."""
        distances = np.array(list(_DISTANCES.values()))[:, None]
        is_one = np.isin(self.scoring_class, (ZERO_TOLERANCE_CLASS, STEP_CLASS))
        return np.where(is_one, self.acceptable, self.requirement + distances * (self.acceptable - self.requirement))

    def converted(self, values: Array, place: int) -> Array:
        """Values of a survey indicator on the x ÷ 5 scale (C-19); its change is relative to the index before, converted too."""
        if self.is_survey[place]:
            return on_five_point_ratio(values)
        base = on_five_point_ratio(self.base[place])
        return values * (base - on_five_point_ratio(0.0)) / base

    def drawn(self, n: int, generator: np.random.Generator) -> Array:
        """n draws of every value: half of them on each side of the published one, so that 95 % lie within its interval.

        A normal distribution with a width of its own on each side, since the intervals of rates are not symmetric.
        """
        z = ndtri(generator.random((n, len(self.names)))) / Z
        values = self.value + np.where(z < 0, z * (self.value - self.low), z * (self.high - self.value))
        return np.where(self.is_drawn, np.clip(values, self.smallest, self.largest), self.value)


@dataclass(frozen=True)
class _Mode:
    """How scores are aggregated where missing data mean one thing.

    weights     effective weight of every indicator in its dimension, shape (indicators, dimensions)
    has_score   whether a dimension has a score
    compounds   the places of a named indicator's values, and whether another one scores 0 for lack of data
    """

    weights: Array
    has_score: npt.NDArray[np.bool_]
    compounds: Sequence[tuple[list[int], bool]]

    def lowest(self, scores: Array, takes_lowest: npt.NDArray[np.bool_]) -> Array:
        """The scores, of named indicators the lowest: their values share its weight, so all of them get that score."""
        if not self.compounds or not takes_lowest.any():
            return scores
        for places, has_zero in self.compounds:
            own = scores[:, places]
            lowest = np.zeros((len(own), 1)) if has_zero else own.min(axis=1, keepdims=True)
            scores[:, places] = np.where(takes_lowest[:, None], lowest, own)
        return scores


class DrawnScores:
    """Scores the dimensions and the total of one enterprise and period for draws of its inputs."""

    def __init__(self, scored: Scored, indicators: Indicators, plan: EvaluationPlan) -> None:
        self.indicators = indicators
        self.dimensions = [edge.node_id for edge in scored.dimensions]
        self._scale = Scale.of({name: each.value for name, each in parameters().items()})
        self._places = {name: place for place, name in enumerate(indicators.names)}
        self._modes = [self._mode(scored, scored.tree(_mean_of(plan, mode))) for mode in MODES]

    def _mode(self, scored: Scored, root: ScoredNode) -> _Mode:
        weights = np.zeros((len(self._places), len(self.dimensions)))
        scores = {node.node_id: node.score for node in root.walk()}
        for column, dimension in enumerate(root.children):
            for name, weight in _effective(dimension):
                # One without a value scores 0, if it scores at all, so that its weight adds nothing.
                if name in self._places:
                    weights[self._places[name], column] = weight
        compounds = []
        for members in scored.compounds():
            places = [self._places[name] for name in members if name in self._places]
            has_zero = any(name not in self._places and scores[name] is not None for name in members)
            if places:
                compounds.append((places, has_zero))
        return _Mode(weights, np.array([child.score is not None for child in root.children], dtype=np.bool_), compounds)

    def published(self, scored: Scored, plan: EvaluationPlan) -> Draws:
        """One draw: what was published."""
        chosen = {
            "score_method": plan.score_method,
            "acceptable_limit": AS_DECIDED,
            "compound_method": plan.compound_method,
            "missing_data": plan.mode,
            "survey_scale": AS_DECIDED,
        }
        choices = {name: np.array([options.index(chosen[name])]) for name, options in CHOICES.items()}
        return Draws(self.indicators.value[None, :], np.array([[edge.weight for edge in scored.dimensions]]), choices)

    def indicator_scores(self, draws: Draws) -> Array:
        """Scores of the indicators, shape (n, indicators); sources with one draw are the same in all n."""
        of, choices = self.indicators, draws.choices
        n = max(len(draws.values), *(len(codes) for codes in choices.values()))
        values = np.broadcast_to(draws.values, (n, len(of.names))).copy()
        codes = {name: np.broadcast_to(each, n) for name, each in choices.items()}
        is_ratio = codes["survey_scale"] == CHOICES["survey_scale"].index(FIVE_POINT)
        for place in map(int, np.flatnonzero(of.is_survey | ~np.isnan(of.base))):
            values[is_ratio, place] = of.converted(values[is_ratio, place], place)
        acceptable = of.limits[codes["acceptable_limit"]]
        scores = np.empty((n, len(of.names)))
        for code, method in enumerate(SCORE_METHODS):
            those = codes["score_method"] == code
            scores[those] = score_values(
                values[those], of.requirement, acceptable[those], of.direction, of.scoring_class, self._scale, method
            )
        return np.where(of.is_fixed, of.score, scores)

    def node_scores(self, indicator_scores: Array, draws: Draws) -> Array:
        """Scores of the total and of the dimensions, shape (n, 1 + dimensions); NaN without a score."""
        n = max(len(indicator_scores), len(draws.weights), *(len(codes) for codes in draws.choices.values()))
        scores = np.broadcast_to(indicator_scores, (n, len(self._places)))
        takes_lowest = np.broadcast_to(draws.choices["compound_method"] == COMPOUND_METHODS.index("minimum"), n)
        modes = np.broadcast_to(draws.choices["missing_data"], n)
        weights = np.broadcast_to(draws.weights, (n, len(self.dimensions)))
        found = np.full((n, 1 + len(self.dimensions)), np.nan)
        for code, mode in enumerate(self._modes):
            those = modes == code
            if not those.any() or not mode.has_score.any():
                continue
            of_dimensions = mode.lowest(scores[those], takes_lowest[those]) @ mode.weights
            shares = weights[those] * mode.has_score
            found[those, 0] = (shares * of_dimensions).sum(axis=1) / shares.sum(axis=1)
            found[those, 1:] = np.where(mode.has_score, of_dimensions, np.nan)
        return found

    def scores(self, draws: Draws) -> Array:
        """Scores of the total and of the dimensions, shape (n, 1 + dimensions)."""
        return self.node_scores(self.indicator_scores(draws), draws)


def _mean_of(plan: EvaluationPlan, mode: str) -> EvaluationPlan:
    return plan.model_copy(update={"mode": mode, "compound_method": "mean"})


def _effective(node: ScoredNode) -> list[tuple[str, float]]:
    """The indicators below a node with their effective weights in its score."""
    if not node.children:
        return [] if node.score is None else [(node.node_id, 1.0)]
    scored = [child for child in node.children if child.score is not None]
    return [(name, child.weight * weight) for child in scored for name, weight in _effective(child)]


def draw_choices(n: int, generator: np.random.Generator) -> dict[str, Codes]:
    """n draws of every choice, all that may be chosen being equally likely."""
    return {name: generator.integers(0, len(options), n) for name, options in CHOICES.items()}


def draw_weights(low: Sequence[float], high: Sequence[float], n: int, generator: np.random.Generator) -> Array:
    """n weight vectors with Σ = 1 and low ≤ w ≤ high, uniformly distributed over all of them; shape (n, dimensions).

    All weights but the one with the widest range are drawn within their ranges; vectors whose remainder does not lie in the range
    of that one are rejected.
    """
    lower, upper = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    for only in (lower, upper):
        if abs(only.sum() - 1) < 1e-9:
            return np.tile(only, (n, 1))
    rest = int(np.argmax(upper - lower))
    others = [place for place in range(len(lower)) if place != rest]
    found = np.empty((0, len(lower)))
    while len(found) < n:
        drawn = np.empty((2 * n, len(lower)))
        drawn[:, others] = lower[others] + generator.random((2 * n, len(others))) * (upper - lower)[others]
        drawn[:, rest] = 1 - drawn[:, others].sum(axis=1)
        is_legal = (drawn[:, rest] >= lower[rest]) & (drawn[:, rest] <= upper[rest])
        found = np.concatenate([found, drawn[is_legal]])
    return found[:n]
