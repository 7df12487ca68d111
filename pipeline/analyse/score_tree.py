"""A scored indicator tree as published, and its split into indicators: how much each weighs under a node.

Reads rows of ``scores``; ``score_changes`` compares two trees.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Node:
    """A node of a scored tree.

    weight          the effective weight among its siblings: Σ weight · score of the children is the parent's score
    weight_nominal  its weight in the weight set
    """

    node_id: str
    level: str
    weight: float
    weight_nominal: float
    score: float | None
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """The node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def scored_weights(self) -> dict[str, float]:
        """By indicator with a score: its effective weight in this node's score. They sum to 1, or there are none."""
        if self.children:
            scored = (child for child in self.children if child.score is not None)
            return {leaf: child.weight * weight for child in scored for leaf, weight in child.scored_weights().items()}
        return {} if self.score is None else {self.node_id: 1.0}

    def scores(self) -> dict[str, float]:
        """The scores of the indicators below."""
        return {node.node_id: node.score for node in self.walk() if not node.children and node.score is not None}

    @property
    def mean(self) -> float | None:
        """The weighted mean of the children, which is the score, unless the total is not rateable; of an indicator its score."""
        scores, weights = self.scores(), self.scored_weights()
        return math.fsum(weights[leaf] * scores[leaf] for leaf in weights) if weights else None


def tree_of(rows: Iterable[Mapping[str, Any]]) -> Node:
    """The tree of the rows of ``scores`` of one enterprise and period; raises ValueError unless there is one root."""
    of_parent: dict[str | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        of_parent.setdefault(row["parent_id"], []).append(row)

    def node(row: Mapping[str, Any]) -> Node:
        children = tuple(node(child) for child in of_parent.get(row["node_id"], ()))
        return Node(row["node_id"], row["level"], row["weight"], row["weight_nominal"], row["score"], children)

    roots = [node(row) for row in of_parent.get(None, ())]
    if len(roots) != 1:
        raise ValueError(f"a scored tree has one root, not {len(roots)}")
    return roots[0]


@dataclass(frozen=True)
class Restricted:
    """A node of which only some indicators count.

    score    its score then
    weights  by indicator that counts: the effective weight
    dropped  by indicator that no longer counts: the points by which the score changed when it was dropped
    """

    score: float
    weights: Mapping[str, float]
    dropped: Mapping[str, float] = field(default_factory=dict)


def restricted(node: Node, kept: Set[str]) -> Restricted | None:
    """The node with the ``kept`` indicators alone; None if it has a score of none of them.

    As in the scoring itself, the weight of what drops out goes to its remaining siblings, level by level. With the shares w of the
    children, dropping the children D changes the score by Σ_D −w·(S − mean of the others), to which each indicator below D
    contributes −w·v·(s − mean of the others), v being its weight in the dropped child: the parts add up exactly.
    """
    if not node.children:
        return Restricted(node.score, {node.node_id: 1.0}) if node.score is not None and node.node_id in kept else None
    scored = [child for child in node.children if child.score is not None]
    parts = [restricted(child, kept) for child in scored]
    remaining = [(child, part) for child, part in zip(scored, parts, strict=True) if part is not None]
    if not remaining:
        return None
    # Of a compound indicator only the lowest may count; when it drops out, the others have the weights of the weight set.
    uses_nominal = not math.fsum(child.weight for child, _ in remaining)
    sizes = [child.weight_nominal if uses_nominal else child.weight for child, _ in remaining]
    whole = math.fsum(sizes)
    shares = [size / whole for size in sizes]
    others = math.fsum(share * _score(child) for share, (child, _) in zip(shares, remaining, strict=True))
    weights: dict[str, float] = {}
    dropped: dict[str, float] = {}
    for share, (_, part) in zip(shares, remaining, strict=True):
        weights |= {leaf: share * weight for leaf, weight in part.weights.items()}
        dropped |= {leaf: share * points for leaf, points in part.dropped.items()}
    for child in (child for child, part in zip(scored, parts, strict=True) if part is None):
        scores = child.scores()
        dropped |= {leaf: -child.weight * weight * (scores[leaf] - others) for leaf, weight in child.scored_weights().items()}
    score = math.fsum(share * part.score for share, (_, part) in zip(shares, remaining, strict=True))
    return Restricted(score, weights, dropped)


def _score(node: Node) -> float:
    assert node.score is not None
    return node.score
