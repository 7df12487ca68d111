"""What a published score was made from: the weights, leaves and choices of ``scores``, to be scored again with something changed.

The formulas are those of ``evaluate/scores``; ``score_draws`` changes everything at once, ``what_if`` what it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.evaluate.scores.score_tree import Leaf, ScoredNode, score_tree
from pipeline.evaluate.weights.weight_set import NodeWeight, WeightSet
from pipeline.settings.plan import EvaluationPlan
from schemas.standard.parameters import parameter
from schemas.standard.tree import nodes


@dataclass(frozen=True)
class Scored:
    """What the scored tree of one enterprise and period rests on.

    leaves   by indicator id: status and score as published
    """

    weight_set: WeightSet
    leaves: Mapping[str, Leaf]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Scored:
        """From the rows of ``scores`` of one enterprise and period."""
        published = list(rows)
        standard = nodes()
        edges = []
        for row in published:
            if row["parent_id"] is None:
                continue
            node = standard.get(row["node_id"])
            low, high = (None, None) if node is None else (node.weight_min, node.weight_max)
            edges.append(
                NodeWeight(
                    parent_id=row["parent_id"],
                    node_id=row["node_id"],
                    level=row["level"],
                    weight_raw=row["weight_nominal"],
                    weight=row["weight_nominal"],
                    method="published",
                    weight_min=0.0 if low is None else low,
                    weight_max=1.0 if high is None else high,
                )
            )
        parents = {edge.parent_id for edge in edges}
        leaves = {row["node_id"]: _leaf(row) for row in published if row["node_id"] not in parents}
        return cls(WeightSet(tuple(edges)), leaves)

    @property
    def root_id(self) -> str:
        return self.weight_set.root

    @property
    def dimensions(self) -> tuple[NodeWeight, ...]:
        """The dimensions with their weights and legal ranges, in the standard's order."""
        return self.weight_set.children(self.root_id)

    def below(self, node_id: str) -> Iterator[str]:
        """The indicators below a node; of an indicator itself."""
        children = self.weight_set.children(node_id)
        if not children:
            yield node_id
        for child in children:
            yield from self.below(child.node_id)

    def compounds(self) -> list[list[str]]:
        """The values of every named indicator that has several."""
        return [list(self.below(edge.node_id)) for edge in self.weight_set.edges if edge.level == "named_indicator"]

    def with_leaves(self, leaves: Mapping[str, Leaf]) -> Scored:
        """The same with other leaves in place of those of the same names."""
        return replace(self, leaves={**self.leaves, **leaves})

    def with_weights(self, weights: Mapping[str, float]) -> Scored:
        """The same with other weights of the nodes named."""
        edges = (replace(edge, weight=weights.get(edge.node_id, edge.weight)) for edge in self.weight_set.edges)
        return replace(self, weight_set=WeightSet(tuple(edges)))

    def tree(self, plan: EvaluationPlan) -> ScoredNode:
        """The scored tree, by the plan."""
        return score_tree(self.leaves, self.weight_set, plan, {"not_applicable_weight_cap": parameter("not_applicable_weight_cap")})


def _leaf(row: Mapping[str, Any]) -> Leaf:
    """The leaf that a published row was scored from."""
    flags = set(row["flags"])
    for status in ("not_applicable", "no_data", "assumed"):
        if status in flags:
            return Leaf(status)
    if row["score"] is None:
        return Leaf("ok", has_requirement=False)
    status = "insufficient_sample" if "insufficient_sample" in flags else "ok"
    return Leaf(status, row["score"], is_provisional=row["is_provisional"])
