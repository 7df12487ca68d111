"""From indicator scores to the total, level by level, and the range of the total under all weights the standard allows.

Aggregation, the data states, coverage and the grade and veto overlays belong here; ``scoring.py`` scores a single
indicator, ``weights/weight_set.py`` makes the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipeline.errors import UsageError
from pipeline.evaluate.weights.weight_set import NodeWeight, WeightSet
from pipeline.settings.plan import COMPOUND_METHODS, EvaluationPlan

SCORES_SCHEMA: Mapping[str, type[pl.DataType] | pl.DataType] = {
    "enterprise_id": pl.String,
    "period": pl.String,
    "level": pl.String,
    "node_id": pl.String,
    "parent_id": pl.String,
    "weight": pl.Float64,
    "weight_nominal": pl.Float64,
    "score": pl.Float64,
    "lost_points": pl.Float64,
    "scored_coverage": pl.Float64,
    "not_applicable_share": pl.Float64,
    "is_provisional": pl.Boolean,
    "flags": pl.List(pl.String),
    "total_min": pl.Float64,
    "total_max": pl.Float64,
    "deduction_points": pl.Float64,
    "score_after_deductions": pl.Float64,
    "grade": pl.String,
    "grade_reference": pl.String,
}

# Flags that a parent inherits from its children.
_INHERITED = frozenset({"no_data", "assumed", "insufficient_sample"})

# Flags of a node whose score is not to be read: too little weight is scored (low_coverage) or too much is not applicable.
NOT_RATEABLE, LOW_COVERAGE = "not_rateable", "low_coverage"


@dataclass(frozen=True)
class Leaf:
    """One measured indicator as the tree sees it.

    status           ok | insufficient_sample | no_data | assumed | not_applicable
    has_requirement  set by the standard or the plan; without one the indicator is shown, not scored
    """

    status: str
    score: float | None = None
    has_requirement: bool = True
    is_provisional: bool = False


@dataclass(frozen=True)
class ScoredNode:
    """One node of a scored tree.

    weight            the effective weight among its siblings (0 if it dropped out): Σ weight·score of the children is the
                      parent's score
    weight_nominal    its weight in the weight set
    scored_coverage   share of the node's nominal weight that rests on a measured and scored value
    """

    node_id: str
    parent_id: str | None
    level: str
    weight: float
    weight_nominal: float
    score: float | None
    scored_coverage: float
    not_applicable_share: float
    is_provisional: bool
    flags: frozenset[str] = frozenset()
    children: tuple[ScoredNode, ...] = ()
    total_min: float | None = None
    total_max: float | None = None

    def walk(self) -> Iterator[ScoredNode]:
        """The node and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Conduct:
    """Counts behind special deductions and vetoes, for one enterprise and period."""

    special_deductions: int = 0
    fatal_incidents: int = 0
    falsified_data: int = 0


@dataclass(frozen=True)
class Overlay:
    """A total with the overlays that the plan switches on; None for an overlay that is off or has no result."""

    deduction_points: float | None = None
    score_after_deductions: float | None = None
    grade: str | None = None
    reference: str | None = None
    flags: frozenset[str] = field(default=frozenset())


def score_tree(
    leaves: Mapping[str, Leaf], weight_set: WeightSet, plan: EvaluationPlan, parameters: Mapping[str, float]
) -> ScoredNode:
    """Score every node of one enterprise and period.

    leaves       by indicator id; an indicator of the weight set without a leaf has no data
    parameters   not_applicable_weight_cap, unless the plan sets not_rateable_above

    The values of a compound indicator weigh the same (compound_method minimum: only the lowest counts). The weight of a
    node that drops out goes to its remaining siblings: first inside its named indicator, then inside its sub-dimension;
    if a whole sub-dimension drops out, inside its dimension.
    - ok, insufficient_sample: scored, the latter under a flag of that name
    - not_applicable: drops out, unless it has a score (nothing was left to improve); if more than the cap of the total
      weight drops out, the total is not rateable (no score)
    - no_data, assumed: score 0 in a third-party evaluation; in a self-assessment they drop out under a flag of that name
    - no requirement, or no verdict yet: shown, not scored (flag not_scored)

    With less than the plan's rateable_from of its weight scored, the total is not rateable (no score), and a dimension has
    the flag; its score stays, for it enters the total.
    """
    root = _evaluate(weight_set.root, None, weight_set, leaves, plan)
    root = replace(root, children=tuple(_rated(child, plan.rateable_from) for child in root.children))
    cap = parameters["not_applicable_weight_cap"] if plan.not_rateable_above is None else plan.not_rateable_above
    # Shares are sums of products of weights: a share meant to equal the cap may come out a rounding error above.
    if root.not_applicable_share > cap + 1e-12:
        return replace(root, score=None, flags=root.flags | {NOT_RATEABLE})
    if LOW_COVERAGE in (flags := _rated(root, plan.rateable_from).flags):
        return replace(root, score=None, flags=flags)
    if root.score is None:
        return root
    ranges = {edge.node_id: (edge.weight_min, edge.weight_max) for edge in weight_set.children(root.node_id)}
    low, high = legal_interval({child.node_id: child.score for child in root.children}, ranges)
    return replace(root, total_min=low, total_max=high)


def _rated(node: ScoredNode, rateable_from: float) -> ScoredNode:
    """The node, flagged if less than that share of its weight is scored; a dimension only if it has a score."""
    # Coverages are sums of products of weights: a half may come out a rounding error below.
    is_without = node.score is None and node.parent_id is not None
    if is_without or node.scored_coverage >= rateable_from - 1e-12:
        return node
    return replace(node, flags=node.flags | {NOT_RATEABLE, LOW_COVERAGE})


def _evaluate(
    node_id: str, edge: NodeWeight | None, weight_set: WeightSet, leaves: Mapping[str, Leaf], plan: EvaluationPlan
) -> ScoredNode:
    edges = weight_set.children(node_id)
    if not edges:
        assert edge is not None
        return _leaf(edge, leaves.get(node_id, Leaf("no_data")), plan.mode == "third_party")
    children = [_evaluate(child.node_id, child, weight_set, leaves, plan) for child in edges]
    is_compound = edge is not None and edge.level == "named_indicator"
    shares = _shares(children, plan.compound_method if is_compound else "mean")
    children = [replace(child, weight=share) for child, share in zip(children, shares, strict=True)]
    scored = [child for child in children if child.score is not None]
    flags = frozenset().union(*(child.flags & _INHERITED for child in children))
    return ScoredNode(
        node_id=node_id,
        parent_id=edge.parent_id if edge else None,
        level=edge.level if edge else "total",
        weight=1.0,
        weight_nominal=edge.weight if edge else 1.0,
        score=_weighted_mean(scored) if scored else None,
        scored_coverage=math.fsum(child.weight_nominal * child.scored_coverage for child in children),
        not_applicable_share=math.fsum(child.weight_nominal * child.not_applicable_share for child in children),
        is_provisional=any(child.is_provisional and child.weight > 0 for child in children),
        flags=flags if scored else flags | {"not_scored"},
        children=tuple(children),
    )


def _leaf(edge: NodeWeight, leaf: Leaf, zero_without_data: bool) -> ScoredNode:
    score: float | None = None
    flags: frozenset[str] = frozenset()
    measured = False
    if leaf.status == "not_applicable" and leaf.score is None:
        flags = frozenset({"not_applicable"})
    elif not leaf.has_requirement:
        flags = frozenset({"not_scored"})
    elif leaf.status in ("no_data", "assumed"):
        score, flags = 0.0 if zero_without_data else None, frozenset({leaf.status})
    elif leaf.status in ("ok", "insufficient_sample", "not_applicable"):
        score, measured = leaf.score, leaf.score is not None
        flags = frozenset(() if measured else ("not_scored",)) | (
            frozenset({"insufficient_sample"}) if leaf.status == "insufficient_sample" else frozenset()
        )
    else:
        raise UsageError(f"indicator {edge.node_id}: '{leaf.status}' is not a status of an indicator value")
    return ScoredNode(
        node_id=edge.node_id,
        parent_id=edge.parent_id,
        level=edge.level,
        weight=0.0,
        weight_nominal=edge.weight,
        score=score,
        scored_coverage=1.0 if measured else 0.0,
        not_applicable_share=1.0 if "not_applicable" in flags else 0.0,
        is_provisional=measured and leaf.is_provisional,
        flags=flags,
    )


def _shares(children: list[ScoredNode], method: str) -> list[float]:
    """The effective weight of each child: the nominal weights of scored children, renormalised to sum 1."""
    if method not in COMPOUND_METHODS:
        raise UsageError(f"'{method}' is not a compound method: use one of {', '.join(COMPOUND_METHODS)}")
    scores = [child.score for child in children if child.score is not None]
    if method == "minimum" and scores:
        lowest = next(index for index, child in enumerate(children) if child.score == min(scores))
        return [float(index == lowest) for index in range(len(children))]
    total = math.fsum(child.weight_nominal for child in children if child.score is not None)
    return [child.weight_nominal / total if child.score is not None and total > 0 else 0.0 for child in children]


def _weighted_mean(children: list[ScoredNode]) -> float:
    # Relative to the lowest score, so that equal scores give exactly that score: 100, not 99.99….
    scores = [child.score for child in children if child.score is not None]
    base = min(scores)
    return base + math.fsum(child.weight * (score - base) for child, score in zip(children, scores, strict=True))


def legal_interval(dimension_scores: Mapping[str, float | None], ranges: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Smallest and largest total over every level-1 weight vector the standard allows (Σ = 1, within ranges), exactly.

    A linear function over a box cut by Σ w = 1 is largest if every weight starts at its lower bound and the rest goes to
    the highest scores in turn. A dimension without score drops out and the others are renormalised: the total is then a
    ratio, and the step is repeated on score − current ratio until it converges (Dinkelbach 1967). Raises UsageError if
    the ranges allow no weights or leave no weight to the scored dimensions.
    """
    low, high = (sum(bounds[side] for bounds in ranges.values()) for side in (0, 1))
    if low > 1 + 1e-12 or high < 1 - 1e-12:
        raise UsageError(f"weight ranges: no weights sum to 1 within them (Σ lower {low:g}, Σ upper {high:g})")
    scores = {node: score for node, score in dimension_scores.items() if score is not None}
    if not scores:
        raise UsageError("no dimension has a score")
    return -_largest({node: -score for node, score in scores.items()}, ranges), _largest(scores, ranges)


def _largest(scores: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]) -> float:
    ratio = min(scores.values())
    # Terminates: the ratio never falls and there are finitely many vertices.
    while True:
        gains = {node: scores[node] - ratio if node in scores else 0.0 for node in ranges}
        weights = _greedy(gains, ranges)
        weight = math.fsum(weights[node] for node in scores)
        if weight <= 0:
            raise UsageError("the weight ranges leave no weight to a dimension that has a score")
        better = ratio + math.fsum(weights[node] * gains[node] for node in scores) / weight
        if better - ratio <= 1e-12:
            return max(better, ratio)
        ratio = better


def _greedy(gains: Mapping[str, float], ranges: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    weights = {node: bounds[0] for node, bounds in ranges.items()}
    rest = 1 - math.fsum(weights.values())
    for node in sorted(gains, key=lambda name: -gains[name]):
        added = min(rest, ranges[node][1] - ranges[node][0])
        weights[node] += added
        rest -= added
    return weights


def overlay(total: float | None, conduct: Conduct, plan: EvaluationPlan, grades: pl.DataFrame) -> Overlay:
    """Deductions, vetoes and the grade of a total, if the plan switches them on.

    grades   seeds/grades.csv: rule_id, kind (grade|deduction|veto|veto_grade), name_zh, value, reference

    Not part of T/GXDSL 244: labelled with the reference and published next to the unchanged score.
    - veto: every special deduction subtracts its points; 不予评级 from a number of deductions on, or after a fatal
      incident or falsified data
    - grade: the highest grade whose score is reached

    Without a total there are no deductions and no grade, but a veto still applies.
    """
    if not plan.overlays.veto and (total is None or not plan.overlays.grade):
        return Overlay()
    rules = {row["rule_id"]: row for row in grades.iter_rows(named=True)}
    reference = next(iter(rules.values()))["reference"]
    result = Overlay(reference=reference)
    score = total
    if plan.overlays.veto:
        points = conduct.special_deductions * float(rules["special_deduction"]["value"])
        score = None if total is None else max(total - points, 0.0)
        result = replace(result, deduction_points=points, score_after_deductions=score)
        counts = {
            "deductions_without_grade": conduct.special_deductions,
            "fatal_incident": conduct.fatal_incidents,
            "falsified_data": conduct.falsified_data,
        }
        vetoes = frozenset(rule for rule, count in counts.items() if count >= float(rules[rule]["value"]))
        if vetoes:
            return replace(result, grade=rules["no_grade"]["name_zh"], flags=frozenset(f"veto:{rule}" for rule in vetoes))
    if plan.overlays.grade and score is not None:
        reached = [row for row in rules.values() if row["kind"] == "grade" and score >= float(row["value"])]
        result = replace(result, grade=max(reached, key=lambda row: float(row["value"]))["name_zh"])
    return result


def score_table(
    values: pl.DataFrame,
    weight_set: WeightSet,
    plan: EvaluationPlan,
    parameters: Mapping[str, float],
    grades: pl.DataFrame | None = None,
    conduct: Mapping[tuple[str, str], Conduct] | None = None,
) -> pl.DataFrame:
    """The published table ``scores``: one row per enterprise × period × node, the total first, in the tree's order.

    values    scored indicator values of enterprise scope: enterprise_id, period, indicator_id, status, score,
              requirement and, if known, is_provisional (a window still open)
    grades    seeds/grades.csv; required if the plan switches an overlay on
    conduct   by (enterprise_id, period); absent means nothing to deduct

    The plan's not-applicable indicators (or all values of a named indicator) drop out even if they were measured.
    """
    if (plan.overlays.grade or plan.overlays.veto) and grades is None:
        raise UsageError("the overlays of the evaluation plan need the grade rules (seeds/grades.csv)")
    excluded = _excluded(weight_set, plan)
    rows: list[dict[str, Any]] = []
    ordered = values.sort("enterprise_id", "period", maintain_order=True)
    for key, part in ordered.group_by("enterprise_id", "period", maintain_order=True):
        enterprise, period = str(key[0]), str(key[1])
        leaves = {
            row["indicator_id"]: Leaf(
                status="not_applicable" if (enterprise, row["indicator_id"]) in excluded else row["status"],
                score=row["score"],
                has_requirement=row["requirement"] is not None,
                is_provisional=bool(row.get("is_provisional")),
            )
            for row in part.iter_rows(named=True)
        }
        leaves |= {indicator: Leaf("not_applicable") for owner, indicator in excluded if owner == enterprise}
        root = score_tree(leaves, weight_set, plan, parameters)
        seen = Overlay()
        if grades is not None:
            seen = overlay(root.score, (conduct or {}).get((enterprise, period), Conduct()), plan, grades)
        rows.extend(
            {**_row(node, enterprise, period, seen if node is root else Overlay()), "lost_points": lost}
            for node, lost in lost_points(root)
        )
    return pl.DataFrame(rows, schema=SCORES_SCHEMA)


def lost_points(root: ScoredNode, weight: float = 1.0) -> Iterator[tuple[ScoredNode, float | None]]:
    """Every node, parents first, with the points that it costs the total: its weight in the total × its distance to 100.

    Those of the children of a node add up to its own, and those of all indicators to 100 − total. None without a score; of a total
    that is not rateable the nodes below still have points.
    """
    yield root, None if root.score is None else weight * (100 - root.score)
    for child in root.children:
        yield from lost_points(child, weight * child.weight)


def _excluded(weight_set: WeightSet, plan: EvaluationPlan) -> set[tuple[str, str]]:
    """The (enterprise, value) pairs the plan leaves out; the name of a compound indicator means all its values."""
    compounds = {edge.node_id.split("+")[0]: edge.node_id for edge in weight_set.edges if edge.level == "named_indicator"}
    excluded = set()
    for entry in plan.not_applicable:
        values = [edge.node_id for edge in weight_set.children(compounds.get(entry.indicator_id, entry.indicator_id))]
        excluded |= {(entry.enterprise_id, value) for value in values or [entry.indicator_id]}
    return excluded


def _row(node: ScoredNode, enterprise: str, period: str, seen: Overlay) -> dict[str, Any]:
    return {
        "enterprise_id": enterprise,
        "period": period,
        "level": node.level,
        "node_id": node.node_id,
        "parent_id": node.parent_id,
        "weight": node.weight,
        "weight_nominal": node.weight_nominal,
        "score": node.score,
        "scored_coverage": node.scored_coverage,
        "not_applicable_share": node.not_applicable_share,
        "is_provisional": node.is_provisional,
        "flags": sorted(node.flags | seen.flags),
        "total_min": node.total_min,
        "total_max": node.total_max,
        "deduction_points": seen.deduction_points,
        "score_after_deductions": seen.score_after_deductions,
        "grade": seen.grade,
        "grade_reference": seen.reference,
    }
