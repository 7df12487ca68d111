"""How firm the scores are: their range over what could as well have been measured, weighed or chosen, and what makes it.

After the OECD/JRC Handbook on Constructing Composite Indicators (2008), step 7: uncertainty and sensitivity analysis. Drawn are
the values within their sampling intervals, the weights of the dimensions within the standard's ranges, and the choices that the
standard leaves open (decision log, D-127). Draws of weights and choices are the same for all enterprises, so ranks compare like
with like.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.score_draws import CHOICES, SCORING, Array, DrawnScores, Draws, Indicators, draw_choices, draw_weights
from pipeline.analyse.score_tree import tree_of
from pipeline.analyse.scored import Scored
from pipeline.analyse.sobol import indices_of, variance_of
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.inputs import grades_frame
from pipeline.evaluate.scores.scoring import Scale
from pipeline.evaluate.values.parts import SCORE_METHODS
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan
from schemas.standard.parameters import parameters

ALL, VALUES, WEIGHTS, CHOICE = "all", "values", "weights", "choices"
SOURCES = (ALL, VALUES, WEIGHTS, CHOICE)
OK, NOT_RATEABLE, NO_SCORE, NO_VARIANCE = "ok", "not_rateable", "no_score", "no_variance"
GROUP, SINGLE, INDICATOR = "group", "choice", "indicator"

ROBUSTNESS_SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "level": pl.String,
        "node_id": pl.String,
        "source": pl.String,
        "score": pl.Float64,
        "score_median": pl.Float64,
        "score_low": pl.Float64,
        "score_high": pl.Float64,
        "score_sd": pl.Float64,
        "grade": pl.String,
        "grade_changed_share": pl.Float64,
        "rank": pl.Int64,
        "rank_low": pl.Int64,
        "rank_high": pl.Int64,
        "rank_changed_share": pl.Float64,
        "ranked": pl.Int64,
        "draws": pl.Int64,
        "seed": pl.Int64,
        "status": pl.String,
    }
)
SENSITIVITY_SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "source_kind": pl.String,
        "source": pl.String,
        "first_order": pl.Float64,
        "first_order_low": pl.Float64,
        "first_order_high": pl.Float64,
        "total_order": pl.Float64,
        "total_order_low": pl.Float64,
        "total_order_high": pl.Float64,
        "score_variance": pl.Float64,
        "draws": pl.Int64,
        "seed": pl.Int64,
        "status": pl.String,
    }
)
# Indicators of which the sensitivity of the total is computed: those with the largest variance.
_NAMED = 10
# Results are published with these decimals: libraries may add in another order.
_DECIMALS = 9


@dataclass(frozen=True)
class Tree:
    """One enterprise and period: what was published, and two independent samples of its inputs.

    weights   by indicator with a score: its effective weight in the published total
    """

    enterprise: str
    period: str
    rows: Sequence[dict[str, Any]]
    scored: Scored
    scorer: DrawnScores
    weights: Mapping[str, float]
    published: Draws
    first: Draws
    second: Draws

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The rows of the total and of the dimensions, in the order of the scores drawn."""
        by_id = {row["node_id"]: row for row in self.rows}
        return [by_id[self.scored.root_id], *(by_id[name] for name in self.scorer.dimensions)]

    @cached_property
    def of_first(self) -> Array:
        return self.scorer.scores(self.first)

    @cached_property
    def of_second(self) -> Array:
        return self.scorer.scores(self.second)

    def drawn(self, source: str) -> Array:
        """Scores of the nodes, shape (draws, nodes): only the source varies, or everything does."""
        if source == ALL:
            return np.concatenate([self.of_first, self.of_second])
        both = [self.scorer.scores(self.published.taking(each, source)) for each in (self.first, self.second)]
        return np.concatenate(both)


def write_robustness(quarter: Quarter, run: RunFolder, plan: EvaluationPlan) -> dict[str, int]:
    """Write ``analysis_robustness`` and ``analysis_sensitivity`` into the run's folder; returns rows per table.

    Reads scores and indicator_values of the run.
    """
    scores = pl.read_parquet(run.table("scores"))
    values = (
        pl.scan_parquet(run.table("indicator_values"))
        .filter(scope_type="enterprise")
        .select("enterprise_id", "period", "indicator_id", "value", "ci_low", "ci_high", "denominator", "requirement", "acceptable")
        .collect()
    )
    trees = drawn_trees(scores, values, catalogue_frame(quarter), plan)
    tables = {
        "analysis_robustness": pl.DataFrame(list(_robustness(trees, plan)), schema=ROBUSTNESS_SCHEMA),
        "analysis_sensitivity": pl.DataFrame(list(_sensitivity(trees, plan)), schema=SENSITIVITY_SCHEMA),
    }
    for name, table in tables.items():
        run.write(name, table.with_columns(pl.col(pl.Float64).exclude("score").round(_DECIMALS)))
    return {name: table.height for name, table in tables.items()}


def drawn_trees(scores: pl.DataFrame, values: pl.DataFrame, indicators: pl.DataFrame, plan: EvaluationPlan) -> list[Tree]:
    """Every enterprise and period with its draws, in the order of their ids.

    scores       the table ``scores``
    values       of enterprise scope: enterprise_id, period, indicator_id, value, ci_low, ci_high, denominator, requirement,
                 acceptable
    indicators   the catalogue
    """
    half = -(-plan.analyses.draws // 2)
    scale = Scale.of({name: each.value for name, each in parameters().items()})
    described = values.join(
        indicators.select("indicator_id", "direction", "scoring_class", "method", "minimum_n").with_columns(
            is_survey=pl.col("method").is_in([*SCORE_METHODS, "composite"])
        ),
        on="indicator_id",
        maintain_order="left",
    )
    found: list[Tree] = []
    for key, part in scores.sort("enterprise_id", "period", maintain_order=True).group_by(
        "enterprise_id", "period", maintain_order=True
    ):
        enterprise, period = str(key[0]), str(key[1])
        rows = part.rows(named=True)
        scored = Scored.of(rows)
        own = Indicators.of(described.filter(enterprise_id=enterprise, period=period), scored, plan, scale)
        scorer = DrawnScores(scored, own, plan)
        common, of_values = _generator(plan, WEIGHTS), _generator(plan, enterprise, period)
        low, high = zip(*((edge.weight_min, edge.weight_max) for edge in scored.dimensions), strict=True)
        first, second = (
            Draws(own.drawn(half, of_values), draw_weights(low, high, half, common), draw_choices(half, common)) for _ in range(2)
        )
        weights = tree_of(rows).scored_weights()
        found.append(Tree(enterprise, period, rows, scored, scorer, weights, scorer.published(scored, plan), first, second))
    return found


def _generator(plan: EvaluationPlan, *names: str) -> np.random.Generator:
    """Draws that depend on the seed and the names alone, not on what else is drawn."""
    return np.random.Generator(np.random.PCG64([plan.analyses.seed, *(zlib.crc32(name.encode()) for name in names)]))


def _robustness(trees: Sequence[Tree], plan: EvaluationPlan) -> Iterator[dict[str, Any]]:
    limits = _grade_limits(plan)
    drawn = {(tree.enterprise, tree.period): {source: tree.drawn(source) for source in SOURCES} for tree in trees}
    ranked = {
        (period, source): _ranks([tree for tree in trees if tree.period == period], source, drawn)
        for period in {tree.period for tree in trees}
        for source in SOURCES
    }
    for tree in trees:
        for place, row in enumerate(tree.nodes):
            key = {
                "enterprise_id": tree.enterprise,
                "period": tree.period,
                "level": row["level"],
                "node_id": row["node_id"],
                "seed": plan.analyses.seed,
            }
            for source in SOURCES:
                # Where only zeros for missing data make a score, a self-assessment has none.
                found = drawn[tree.enterprise, tree.period][source][:, place]
                found = found[~np.isnan(found)]
                of_source = {**key, "source": source, "draws": len(found), "score": row["score"]}
                if row["score"] is None:
                    yield {**of_source, "status": NOT_RATEABLE if NOT_RATEABLE in row["flags"] else NO_SCORE}
                    continue
                low, median, high = np.quantile(found, (0.025, 0.5, 0.975))
                of_source |= {"score_median": median, "score_low": low, "score_high": high, "score_sd": found.std(), "status": OK}
                if limits is not None and row["grade"] is not None and row["parent_id"] is None:
                    of_source |= _grade(row, found, limits)
                yield {**of_source, **ranked[tree.period, source][place].get(tree.enterprise, {})}


def _ranks(trees: Sequence[Tree], source: str, drawn: dict[tuple[str, str], dict[str, Array]]) -> list[dict[str, dict[str, Any]]]:
    """By node and enterprise: the rank among those with a score, and where it lies over the draws."""
    found: list[dict[str, dict[str, Any]]] = []
    for place in range(len(trees[0].nodes)):
        scored = [tree for tree in trees if tree.nodes[place]["score"] is not None]
        found.append({})
        if len(scored) < 2:
            continue
        published = _rank_of(np.array([[tree.nodes[place]["score"] for tree in scored]]))[0]
        scores = np.column_stack([drawn[tree.enterprise, tree.period][source][:, place] for tree in scored])
        ranks = _rank_of(np.nan_to_num(scores, nan=-1.0))
        low = np.quantile(ranks, 0.025, axis=0, method="inverted_cdf")
        high = np.quantile(ranks, 0.975, axis=0, method="inverted_cdf")
        changed = (ranks != published).mean(axis=0)
        for column, tree in enumerate(scored):
            found[place][tree.enterprise] = {
                "rank": int(published[column]),
                "rank_low": int(low[column]),
                "rank_high": int(high[column]),
                "rank_changed_share": float(changed[column]),
                "ranked": len(scored),
            }
    return found


def _rank_of(scores: Array) -> np.ndarray:
    """Of each column in its row: 1 + how many score higher, by more than a rounding error."""
    return 1 + (scores[:, None, :] > scores[:, :, None] + 1e-9).sum(axis=2)


def _grade_limits(plan: EvaluationPlan) -> list[tuple[float, str]] | None:
    """The scores from which each grade is given, lowest first; None if the plan does not show grades."""
    grades = grades_frame(plan) if plan.overlays.grade else None
    if grades is None:
        return None
    return sorted((float(row["value"]), row["name_zh"]) for row in grades.filter(kind="grade").iter_rows(named=True))


def _grade(row: dict[str, Any], found: Array, limits: list[tuple[float, str]]) -> dict[str, Any]:
    """The published grade, and in what share of the draws it is another one; a veto gives no grade whatever the score."""
    if any(flag.startswith("veto:") for flag in row["flags"]):
        return {"grade": row["grade"], "grade_changed_share": 0.0}
    after = np.maximum(found - (row["deduction_points"] or 0.0), 0.0)
    reached = np.searchsorted([limit for limit, _ in limits], after + 1e-9, side="right") - 1
    names = [name for _, name in limits]
    return {"grade": row["grade"], "grade_changed_share": float((reached != names.index(row["grade"])).mean())}


def _sensitivity(trees: Sequence[Tree], plan: EvaluationPlan) -> Iterator[dict[str, Any]]:
    for tree in trees:
        row = tree.nodes[0]
        first, second = tree.of_first[:, 0], tree.of_second[:, 0]
        key = {"enterprise_id": tree.enterprise, "period": tree.period, "seed": plan.analyses.seed, "draws": 2 * len(first)}
        if row["score"] is None or np.isnan(first).any() or np.isnan(second).any():
            status = NOT_RATEABLE if NOT_RATEABLE in row["flags"] else NO_SCORE
            yield from ({**key, "source_kind": GROUP, "source": name, "status": status} for name in SOURCES[1:])
            continue
        variance = variance_of(first, second)
        for kind, source, mixed in _mixed(tree):
            of_source = {**key, "source_kind": kind, "source": source, "score_variance": variance}
            found = indices_of(first, second, mixed)
            if found is None:
                yield {**of_source, "status": NO_VARIANCE}
                continue
            yield {
                **of_source,
                "first_order": found.first.estimate,
                "first_order_low": found.first.low,
                "first_order_high": found.first.high,
                "total_order": found.total.estimate,
                "total_order_low": found.total.low,
                "total_order_high": found.total.high,
                "status": OK,
            }


def _mixed(tree: Tree) -> Iterator[tuple[str, str, Array]]:
    """Every source with the totals of the first sample in which it is taken from the second."""
    scorer, first, second = tree.scorer, tree.first, tree.second
    own, others = scorer.indicator_scores(first), scorer.indicator_scores(first.taking(second, VALUES))
    yield GROUP, VALUES, scorer.node_scores(others, first)[:, 0]
    yield GROUP, WEIGHTS, scorer.node_scores(own, first.taking(second, WEIGHTS))[:, 0]
    yield GROUP, CHOICE, scorer.scores(first.taking(second, CHOICE))[:, 0]
    for choice in CHOICES:
        mixed = first.taking(second, choice)
        yield SINGLE, choice, scorer.node_scores(scorer.indicator_scores(mixed) if choice in SCORING else own, mixed)[:, 0]
    # What other values of an indicator alone do to the total, by its published effective weight.
    weights = np.array([tree.weights.get(name, 0.0) for name in scorer.indicators.names])
    variances = weights**2 * ((own - others) ** 2).mean(axis=0)
    for place in np.argsort(-variances, kind="stable")[:_NAMED]:
        if variances[place] > 0:
            one_other = own.copy()
            one_other[:, place] = others[:, place]
            yield INDICATOR, scorer.indicators.names[place], scorer.node_scores(one_other, first)[:, 0]
