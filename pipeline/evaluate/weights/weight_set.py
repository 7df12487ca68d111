"""The weight set: the published weight of every node of the indicator tree, with or without expert judgements.

The standard's ranges and the version of a weight set; which judgements count is decided in ``panel.py``, matrix
arithmetic is in ``ahp.py``, the use of weights in ``score_tree.py``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from pipeline.errors import UsageError
from pipeline.evaluate.weights import ahp
from pipeline.evaluate.weights.panel import (
    ExpertMatrix,
    Panel,
    RoundAgreement,
    by_parent,
    evaluate_panel,
    judgements_table,
    rounds_table,
)
from pipeline.settings.plan import EvaluationPlan

# Weights and scatters are published with ten decimals: the libraries of two Python versions agree in about fifteen digits.
_DECIMALS = 10
TABLE_SCHEMA = {
    "weights_version": pl.String,
    "parent_id": pl.String,
    "node_id": pl.String,
    "weight_raw": pl.Float64,
    "weight": pl.Float64,
    "aip_weight": pl.Float64,
    "consistency_index": pl.Float64,
    "consistency_ratio": pl.Float64,
    "experts": pl.Int64,
    "method": pl.String,
    "random_index": pl.String,
    "kendalls_w": pl.Float64,
    "dispersion": pl.Float64,
}


@dataclass(frozen=True)
class NodeWeight:
    """One edge of the tree: a node's weight among its parent's children, before and after the standard's ranges.

    method        eigenvector | geometric_mean | column_normalised (AHP), default (the standard's range midpoints or the
                  seed's own weights), equal
    aip_weight    normalised geometric mean of the experts' own weights; far from weight_raw, the experts do not agree
    kendalls_w    agreement in the parent's latest Delphi round; None for one expert
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
    aip_weight: float | None = None
    consistency_index: float | None = None
    consistency_ratio: float | None = None
    experts: int = 0
    random_index: str | None = None
    kendalls_w: float | None = None
    dispersion: float | None = None


@dataclass(frozen=True)
class WeightSet:
    """All weights of one evaluation with the evidence behind them."""

    edges: tuple[NodeWeight, ...]
    matrices: tuple[ExpertMatrix, ...] = ()
    rounds: tuple[RoundAgreement, ...] = ()
    unheard: tuple[str, ...] = ()
    """Experts named in the plan's expert_weights who submitted no judgements."""

    @property
    def returned(self) -> tuple[ExpertMatrix, ...]:
        """The returned matrices of all rounds."""
        return tuple(each for each in self.matrices if not each.is_accepted)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems that do not stop an evaluation but should be looked at."""
        return tuple(f"expert_weights names {expert}, who has given no judgement" for expert in self.unheard)

    @cached_property
    def version(self) -> str:
        """A short hash of the table ``weights``: equal weights from equal evidence have the same version."""
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
        """The node without a parent (ALL)."""
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

    def judgements_table(self) -> pl.DataFrame:
        """The published table ``weight_judgements``: one row per expert × round × parent."""
        return judgements_table(self.matrices, self.version)

    def rounds_table(self) -> pl.DataFrame:
        """The published table ``weight_rounds``: one row per parent × Delphi round."""
        return rounds_table(self.rounds, self.version)


def project_to_ranges(weights: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> ahp.Vector:
    """The nearest vector (Euclidean) with Σw = 1 and lower ≤ w ≤ upper, exactly; shape (n,).

    By the optimality conditions it is clip(weights − τ, lower, upper) for the τ that makes the sum 1. The sum is piecewise
    linear in τ with kinks at weights − lower and weights − upper, so τ is found exactly by searching the kinks. Raises
    UsageError if no such vector exists: Σ lower > 1, Σ upper < 1 or lower > upper.
    """
    raw, low, high = (np.asarray(bound, dtype=np.float64) for bound in (weights, lower, upper))
    if np.any(low > high):
        raise UsageError("weight ranges: a lower bound lies above its upper bound")
    slack = 1e-12
    if low.sum() > 1 + slack or high.sum() < 1 - slack:
        raise UsageError(f"weight ranges: no weights sum to 1 within them (Σ lower {low.sum():g}, Σ upper {high.sum():g})")
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

    For each parent every expert's latest accepted matrix counts (``panel.py``); without one the default weights apply. The
    group's matrix is the geometric mean, weighted by the plan's expert weights; the result is projected onto the ranges of
    the standard (clause 六), and both raw and projected weights are kept. Raises DataRefused if judgements name an unknown
    parent.
    """
    limit = parameters["consistency_ratio_max"] if plan.consistency_limit is None else plan.consistency_limit
    rows = list(nodes.iter_rows(named=True))
    levels = {row["node_id"]: row["level"] for row in rows}
    children: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["parent_id"]:
            children.setdefault(row["parent_id"], []).append(row)
    given = by_parent(judgements, children)

    edges: list[NodeWeight] = []
    panels: list[Panel] = []
    for parent in (row["node_id"] for row in rows if row["node_id"] in children):
        items = [row["node_id"] for row in children[parent]]
        panels.append(evaluate_panel(given.get(parent, {}), items, parent, plan, limit))
        edges.extend(_weigh(parent, children[parent], panels[-1], plan))
    edges.extend(_indicator_edges(indicators, [n for n, level in levels.items() if level == "subdimension"]))
    return WeightSet(
        edges=tuple(edges),
        matrices=tuple(matrix for panel in panels for matrix in panel.matrices),
        rounds=tuple(agreement for panel in panels for agreement in panel.rounds),
        unheard=_unheard(judgements, plan),
    )


def overlapping_indicators(values: pl.DataFrame, weight_set: WeightSet, *, limit: float, minimum_n: int) -> pl.DataFrame:
    """Pairs of indicators of one sub-dimension that measure nearly the same fact, which is then weighted twice (C-43).

    values   enterprise_id, period, indicator_id, value
    Returns indicator_a, indicator_b, correlation (Pearson, |r| ≥ limit), n (enterprise × period with both values) and
    global_weight (the pair's weight in the total), strongest first; pairs with fewer than minimum_n values are left out.
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


def _unheard(judgements: pl.DataFrame | None, plan: EvaluationPlan) -> tuple[str, ...]:
    present = set() if judgements is None else set(judgements["expert_id"].unique())
    return tuple(sorted(set(plan.expert_weights) - present))


def _weigh(parent: str, children: list[dict[str, Any]], panel: Panel, plan: EvaluationPlan) -> list[NodeWeight]:
    """The weights of a parent's children from the panel's counted matrices; without any, the default weights."""
    minima, maxima = [row["weight_min"] for row in children], [row["weight_max"] for row in children]
    lower = np.array([0.0 if bound is None else bound for bound in minima], dtype=np.float64)
    upper = np.array([1.0 if bound is None else bound for bound in maxima], dtype=np.float64)

    evidence: dict[str, Any] = {}
    scatter: list[float | None] = [None] * len(children)
    together: list[float | None] = [None] * len(children)
    matrices = [each.matrix for each in panel.counted if each.matrix is not None]
    if matrices:
        shares = [plan.expert_weights.get(each.expert_id, 1.0) for each in panel.counted]
        group = ahp.aggregate_judgements(matrices, shares)
        raw, method = _settled(ahp.priorities(group, plan.ahp_method)), plan.ahp_method
        spread = ahp.geometric_dispersion(matrices, shares)
        scatter = [_node_dispersion(spread, i) for i in range(len(children))]
        aip = _settled(ahp.aggregate_priorities([ahp.priorities(matrix, method) for matrix in matrices], shares))
        together = [float(weight) for weight in aip]
        consistency = ahp.consistency(group, plan.random_index)
        concordance = panel.rounds[-1].concordance
        evidence = {
            "consistency_index": consistency.index,
            "consistency_ratio": consistency.ratio,
            "experts": len(matrices),
            "random_index": plan.random_index,
            "kendalls_w": concordance.w if concordance else None,
        }
    else:
        raw, method = default_weights([row["weight_default"] for row in children], minima, maxima)
    try:
        projected = project_to_ranges(raw, lower, upper)
    except UsageError as error:
        raise UsageError(f"children of {parent}: {error}") from error

    return [
        NodeWeight(
            parent_id=parent,
            node_id=row["node_id"],
            level=row["level"],
            weight_raw=float(raw[i]),
            weight=float(projected[i]),
            weight_min=float(lower[i]),
            weight_max=float(upper[i]),
            method=method,
            aip_weight=together[i],
            dispersion=scatter[i],
            **evidence,
        )
        for i, row in enumerate(children)
    ]


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
    """The node id of a named indicator with several values; if it equals one of them (P1-1 of P1-1, P1-2), all ids."""
    others = [value for value in values if value != name]
    return "+".join([name, *others]) if name in values else name


def _settled(weights: ahp.Vector) -> ahp.Vector:
    """The weights without the last bits, which depend on the linear-algebra library; what follows is computed from these."""
    rounded = np.round(weights, _DECIMALS)
    # One by one: numpy may add in another order.
    return rounded / math.fsum(rounded)


def _node_dispersion(spread: ahp.Matrix, node: int) -> float | None:
    others = np.delete(np.log(spread[node]), node)
    return _finite(math.exp(math.sqrt(float(np.mean(others**2))))) if len(others) else None


def _finite(value: float) -> float | None:
    return round(float(value), _DECIMALS) if math.isfinite(value) else None


def _stable(value: object) -> object:
    return format(value, ".12g") if isinstance(value, float) else value
