"""The weight set: with or without experts' judgements, the published weight of every node of the index tree.

Which judgements count, the standard's ranges and the version of a weight set belong here; the matrix arithmetic is in
``ahp.py``, the use of the weights in ``score_tree.py``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from pipeline.errors import DataRefused, UsageError
from pipeline.evaluate import ahp
from pipeline.evaluate.delphi import Concordance, kendalls_w
from pipeline.evaluate.plan import EvaluationPlan

TABLE_SCHEMA = {
    "weights_version": pl.String,
    "parent_id": pl.String,
    "node_id": pl.String,
    "weight_raw": pl.Float64,
    "weight": pl.Float64,
    "consistency_ratio": pl.Float64,
    "experts": pl.Int64,
    "method": pl.String,
    "random_index": pl.String,
    "kendalls_w": pl.Float64,
    "dispersion": pl.Float64,
}


@dataclass(frozen=True)
class NodeWeight:
    """One edge of the tree: what a node weighs among its parent's children, before and after the standard's ranges.

    method        eigenvector | geometric_mean | column_normalised (AHP), default (the standard's range midpoints or the
                  seed's own weights), equal
    dispersion    how far the experts scatter: geometric SD over the pairs that involve the node (1 = unanimous)
    """

    parent_id: str
    node_id: str
    level: str
    weight_raw: float
    weight: float
    method: str
    weight_min: float = 0.0
    weight_max: float = 1.0
    consistency_ratio: float | None = None
    experts: int = 0
    random_index: str | None = None
    kendalls_w: float | None = None
    dispersion: float | None = None


@dataclass(frozen=True)
class ReturnedJudgement:
    """A judgement matrix that goes back to its expert: not consistent enough, incomplete or contradictory."""

    expert_id: str
    round: int
    parent_id: str
    reason: str
    consistency_ratio: float | None = None


@dataclass(frozen=True)
class RoundAgreement:
    """How many experts were accepted in a Delphi round, how many went back, and how far the accepted ones agree."""

    parent_id: str
    round: int
    accepted: int
    returned: int
    concordance: Concordance | None


@dataclass(frozen=True)
class PairDispersion:
    """The group's judgement of a pair and the experts' geometric standard deviation around it (None for one expert)."""

    parent_id: str
    left: str
    right: str
    ratio: float
    dispersion: float | None


@dataclass(frozen=True)
class GroupCheck:
    """Largest gap between the weights of the aggregated judgements and the aggregated individual weights (AIP)."""

    parent_id: str
    largest_gap: float
    aip_weights: Mapping[str, float]


@dataclass(frozen=True)
class WeightSet:
    """All weights of one evaluation with the evidence behind them."""

    edges: tuple[NodeWeight, ...]
    returned: tuple[ReturnedJudgement, ...] = ()
    rounds: tuple[RoundAgreement, ...] = ()
    pairs: tuple[PairDispersion, ...] = ()
    checks: tuple[GroupCheck, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def version(self) -> str:
        """A short hash of everything published: equal weights from equal evidence have one version."""
        content = [[_stable(value) for value in vars(edge).values()] for edge in self.edges]
        digest = hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()
        return f"w-{digest[:12]}"

    @cached_property
    def _children(self) -> dict[str, tuple[NodeWeight, ...]]:
        children: dict[str, list[NodeWeight]] = {}
        for edge in self.edges:
            children.setdefault(edge.parent_id, []).append(edge)
        return {parent: tuple(edges) for parent, edges in children.items()}

    @cached_property
    def root(self) -> str:
        """The node that no other node holds (ALL)."""
        nodes = {edge.node_id for edge in self.edges}
        return next(edge.parent_id for edge in self.edges if edge.parent_id not in nodes)

    def children(self, node_id: str) -> tuple[NodeWeight, ...]:
        """The weighted children of a node, in the catalogue's order; none for a measured indicator."""
        return self._children.get(node_id, ())

    def global_weight(self, node_id: str) -> float:
        """A node's share of the total: the product of the weights on its path."""
        path = {edge.node_id: edge for edge in self.edges}
        weight = 1.0
        while node_id in path:
            weight *= path[node_id].weight
            node_id = path[node_id].parent_id
        return weight

    def table(self) -> pl.DataFrame:
        """The published table ``weights``: one row per parent and child."""
        rows = [
            {name: self.version if name == "weights_version" else getattr(edge, name) for name in TABLE_SCHEMA}
            for edge in self.edges
        ]
        return pl.DataFrame(rows, schema=TABLE_SCHEMA)


def project_to_ranges(weights: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> ahp.Vector:
    """The nearest vector (Euclidean) with Σw = 1 and lower ≤ w ≤ upper, exactly; shape (n,).

    By the optimality conditions it is clip(weights − τ, lower, upper) for the one τ that makes the sum 1. The sum is
    piecewise linear in τ with kinks at weights − lower and weights − upper, so τ is found by walking the kinks, without
    iteration. Raises UsageError where no such vector exists: Σ lower > 1, Σ upper < 1 or lower > upper.
    """
    raw, low, high = (np.asarray(bound, dtype=np.float64) for bound in (weights, lower, upper))
    if np.any(low > high):
        raise UsageError("weight ranges: a lower bound lies above its upper bound")
    slack = 1e-12
    if low.sum() > 1 + slack or high.sum() < 1 - slack:
        raise UsageError(
            f"weight ranges: no weights sum to 1 within them (Σ lower {low.sum():g}, Σ upper {high.sum():g})"
        )
    if np.all((low <= raw) & (raw <= high)) and abs(raw.sum() - 1) <= slack:
        return raw.copy()

    def at(shift: float) -> ahp.Vector:
        return np.clip(raw - shift, low, high)

    kinks = np.unique(np.concatenate([raw - low, raw - high]))
    sums = np.array([at(kink).sum() for kink in kinks])
    # The sum falls from Σ upper at the first kink to Σ lower at the last.
    after = int(np.searchsorted(-sums, -1.0))
    if after == 0:
        return at(kinks[0])
    if after == len(kinks):
        return at(kinks[-1])
    left, right = after - 1, after
    share = (sums[left] - 1) / (sums[left] - sums[right])
    return at(kinks[left] + share * (kinks[right] - kinks[left]))


def default_weights(
    defaults: Sequence[float | None], lower: Sequence[float | None], upper: Sequence[float | None]
) -> tuple[ahp.Vector, str]:
    """Weights without judgements and their method: the seed's own, else normalised midpoints (C-18), else equal."""
    if all(value is not None for value in defaults):
        chosen = np.array(defaults, dtype=np.float64)
    elif all(value is not None for value in (*lower, *upper)):
        chosen = (np.array(lower, dtype=np.float64) + np.array(upper, dtype=np.float64)) / 2
    else:
        return np.full(len(defaults), 1 / len(defaults)), "equal"
    method = "equal" if np.allclose(chosen, chosen[0], rtol=0, atol=1e-12) else "default"
    return chosen / chosen.sum(), method


def build_weight_set(
    judgements: pl.DataFrame | None,
    nodes: pl.DataFrame,
    indicators: pl.DataFrame,
    plan: EvaluationPlan,
    parameters: Mapping[str, float],
) -> WeightSet:
    """Weights of the whole tree: AHP over the dimensions and over each dimension's sub-dimensions, equal weights below.

    judgements   expert_id, round, parent, left_item, right_item, ratio; None or empty without experts
    nodes        evaluation_nodes: node_id, level, parent_id, weight_min, weight_max, weight_default
    indicators   the catalogue in force: indicator_id, named_indicator_id, subdimension_id
    parameters   consistency_ratio_max, unless the plan sets its own

    For each parent its latest Delphi round counts. A matrix that is incomplete, contradictory or as inconsistent as the
    limit goes back to its expert (``returned``) and is left out; where none is left the default weights hold. The
    group's judgement is the geometric mean, weighted by the plan's expert weights; the result is projected onto the
    ranges of the standard (clause 六), raw and projected vectors both kept. Raises DataRefused where judgements name an
    unknown parent.
    """
    limit = parameters["consistency_ratio_max"] if plan.consistency_limit is None else plan.consistency_limit
    rows = list(nodes.iter_rows(named=True))
    levels = {row["node_id"]: row["level"] for row in rows}
    by_parent: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["parent_id"]:
            by_parent.setdefault(row["parent_id"], []).append(row)
    panels = _panels(judgements, by_parent)

    result = WeightSet(edges=(), warnings=_expert_warnings(judgements, plan))
    for parent in (row["node_id"] for row in rows if row["node_id"] in by_parent):
        result = _weigh(result, parent, by_parent[parent], panels.get(parent, {}), plan, limit)
    edges = [
        *result.edges,
        *_indicator_edges(indicators, [n for n, level in levels.items() if level == "subdimension"]),
    ]
    return replace(result, edges=tuple(edges))


def overlapping_indicators(
    values: pl.DataFrame, weight_set: WeightSet, *, limit: float, minimum_n: int
) -> pl.DataFrame:
    """Pairs of indicators of one sub-dimension that nearly tell one fact, so that it is weighted twice (C-43).

    values   enterprise_id, period, indicator_id, value
    Returns indicator_a, indicator_b, correlation (Pearson, within |limit| … 1), n (enterprise × period with both
    values) and global_weight (what the pair weighs in the total), strongest first; pairs with fewer than minimum_n
    values are left out.
    """
    subdimension = {}
    for edge in weight_set.edges:
        if edge.level == "subdimension":
            for child in weight_set.children(edge.node_id):
                for leaf in weight_set.children(child.node_id) or (child,):
                    subdimension[leaf.node_id] = edge.node_id
    series = {
        str(key[0]): {(row[0], row[1]): row[2] for row in part.select("enterprise_id", "period", "value").iter_rows()}
        for key, part in values.drop_nulls("value").group_by("indicator_id", maintain_order=True)
    }
    found = []
    names = sorted(set(series) & set(subdimension))
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            both = sorted(set(series[first]) & set(series[second]))
            if subdimension[first] != subdimension[second] or len(both) < max(minimum_n, 3):
                continue
            x, y = (np.array([series[name][key] for key in both]) for name in (first, second))
            if np.ptp(x) == 0 or np.ptp(y) == 0:
                continue
            r = float(np.corrcoef(x, y)[0, 1])
            if abs(r) >= limit:
                weight = weight_set.global_weight(first) + weight_set.global_weight(second)
                found.append((first, second, r, len(both), weight))
    schema = {
        "indicator_a": pl.String,
        "indicator_b": pl.String,
        "correlation": pl.Float64,
        "n": pl.Int64,
        "global_weight": pl.Float64,
    }
    return pl.DataFrame(sorted(found, key=lambda row: (-abs(row[2]), row[0], row[1])), schema=schema, orient="row")


Panel = dict[int, dict[str, list[ahp.Judgement]]]


def _panels(judgements: pl.DataFrame | None, by_parent: Mapping[str, object]) -> dict[str, Panel]:
    """The judgements by parent, round and expert, in an order that does not depend on the file's."""
    panels: dict[str, Panel] = {}
    if judgements is None:
        return panels
    columns = ("parent", "round", "expert_id", "left_item", "right_item", "ratio")
    for parent, number, expert, left, right, ratio in judgements.select(columns).sort(columns).iter_rows():
        if parent not in by_parent:
            raise DataRefused(
                f"expert_judgements: expert {expert}, round {number}: parent {parent} has no children to compare"
            )
        experts = panels.setdefault(parent, {}).setdefault(int(number), {})
        experts.setdefault(expert, []).append(ahp.Judgement(left, right, ratio))
    return panels


def _expert_warnings(judgements: pl.DataFrame | None, plan: EvaluationPlan) -> tuple[str, ...]:
    if judgements is None or judgements.is_empty():
        return ()
    present = set(judgements["expert_id"].unique())
    return tuple(
        f"expert_weights names {expert}, who has given no judgement"
        for expert in sorted(plan.expert_weights)
        if expert not in present
    )


@dataclass(frozen=True)
class _Accepted:
    """What is left of a round: the consistent matrices, in the order of the experts."""

    experts: list[str]
    matrices: list[ahp.Matrix]
    returned: list[ReturnedJudgement]


def _accept(
    round_judgements: Mapping[str, list[ahp.Judgement]],
    items: list[str],
    parent: str,
    number: int,
    plan: EvaluationPlan,
    limit: float,
) -> _Accepted:
    accepted = _Accepted([], [], [])
    for expert, judgements in round_judgements.items():
        origin = f"expert {expert}, round {number}, parent {parent}"
        try:
            matrix = ahp.pairwise_matrix(judgements, items, origin=origin)
        except DataRefused as error:
            accepted.returned.append(ReturnedJudgement(expert, number, parent, str(error)))
            continue
        ratio = ahp.consistency(matrix, plan.random_index).ratio
        if ratio >= limit:
            reason = f"{origin}: consistency ratio {ratio:.3f} is not below {limit:g} ({plan.random_index})"
            accepted.returned.append(ReturnedJudgement(expert, number, parent, reason, ratio))
            continue
        accepted.experts.append(expert)
        accepted.matrices.append(matrix)
    return accepted


def _weigh(
    result: WeightSet, parent: str, children: list[dict[str, Any]], panel: Panel, plan: EvaluationPlan, limit: float
) -> WeightSet:
    items = [row["node_id"] for row in children]
    minima, maxima = [row["weight_min"] for row in children], [row["weight_max"] for row in children]
    lower = np.array([0.0 if bound is None else bound for bound in minima], dtype=np.float64)
    upper = np.array([1.0 if bound is None else bound for bound in maxima], dtype=np.float64)

    rounds: list[RoundAgreement] = []
    latest = _Accepted([], [], [])
    concordance = None
    for number in sorted(panel):
        latest = _accept(panel[number], items, parent, number, plan, limit)
        individual = [ahp.priorities(matrix, plan.ahp_method) for matrix in latest.matrices]
        concordance = kendalls_w(individual) if individual else None
        rounds.append(RoundAgreement(parent, number, len(latest.experts), len(latest.returned), concordance))

    evidence: dict[str, Any] = {}
    scatter: list[float | None] = [None] * len(items)
    pairs: list[PairDispersion] = []
    checks: list[GroupCheck] = []
    if latest.matrices:
        shares = [plan.expert_weights.get(expert, 1.0) for expert in latest.experts]
        group = ahp.aggregate_judgements(latest.matrices, shares)
        raw, method = ahp.priorities(group, plan.ahp_method), plan.ahp_method
        spread = ahp.geometric_dispersion(latest.matrices, shares)
        aip = ahp.aggregate_priorities([ahp.priorities(matrix, method) for matrix in latest.matrices], shares)
        checks.append(
            GroupCheck(parent, float(np.abs(aip - raw).max()), dict(zip(items, map(float, aip), strict=True)))
        )
        pairs = [
            PairDispersion(parent, items[i], items[j], float(group[i, j]), _finite(spread[i, j]))
            for i in range(len(items))
            for j in range(i + 1, len(items))
        ]
        scatter = [_node_dispersion(spread, i) for i in range(len(items))]
        evidence = {
            "consistency_ratio": ahp.consistency(group, plan.random_index).ratio,
            "experts": len(latest.experts),
            "random_index": plan.random_index,
            "kendalls_w": concordance.w if concordance else None,
        }
    else:
        raw, method = default_weights([row["weight_default"] for row in children], minima, maxima)
    try:
        projected = project_to_ranges(raw, lower, upper)
    except UsageError as error:
        raise UsageError(f"children of {parent}: {error}") from error

    edges = [
        NodeWeight(
            parent_id=parent,
            node_id=row["node_id"],
            level=row["level"],
            weight_raw=float(raw[i]),
            weight=float(projected[i]),
            weight_min=float(lower[i]),
            weight_max=float(upper[i]),
            method=method,
            dispersion=scatter[i],
            **evidence,
        )
        for i, row in enumerate(children)
    ]
    return replace(
        result,
        edges=(*result.edges, *edges),
        returned=(*result.returned, *latest.returned),
        rounds=(*result.rounds, *rounds),
        pairs=(*result.pairs, *pairs),
        checks=(*result.checks, *checks),
    )


def _indicator_edges(indicators: pl.DataFrame, subdimensions: Iterable[str]) -> list[NodeWeight]:
    """Named indicators weigh equally in their sub-dimension, values equally in their named indicator (§3d)."""
    named: dict[str, dict[str, list[str]]] = {node: {} for node in subdimensions}
    for value, name, parent in indicators.select("indicator_id", "named_indicator_id", "subdimension_id").iter_rows():
        if parent not in named:
            raise UsageError(f"indicator {value}: its sub-dimension {parent} is not a node of the index tree")
        named[parent].setdefault(name, []).append(value)
    upper: list[NodeWeight] = []
    lower: list[NodeWeight] = []
    for parent, groups in named.items():
        for name, values in groups.items():
            share = 1 / len(groups)
            if len(values) == 1:
                upper.append(NodeWeight(parent, values[0], "indicator", share, share, "equal"))
                continue
            node = compound_id(name, values)
            upper.append(NodeWeight(parent, node, "named_indicator", share, share, "equal"))
            part = 1 / len(values)
            lower.extend(NodeWeight(node, value, "indicator", part, part, "equal") for value in values)
    return [*upper, *lower]


def compound_id(name: str, values: Sequence[str]) -> str:
    """The node of a named indicator with several values; if it has the name of one (P1-1 of P1-1, P1-2), all names."""
    others = [value for value in values if value != name]
    return "+".join([name, *others]) if name in values else name


def _node_dispersion(spread: ahp.Matrix, node: int) -> float | None:
    others = np.delete(np.log(spread[node]), node)
    return _finite(math.exp(math.sqrt(float(np.mean(others**2))))) if len(others) else None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _stable(value: object) -> object:
    # Twelve digits: the last bits of an eigenvector depend on the linear-algebra library, the version must not.
    return format(value, ".12g") if isinstance(value, float) else value
