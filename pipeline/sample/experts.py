"""Experts' pairwise comparisons for the weights (AHP): five experts, two Delphi rounds, one of them inconsistent.

The evaluate stage computes the weights.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from pipeline.sample.draws import conform, stream
from schemas.standard.tree import nodes

EXPERTS = ("X1", "X2", "X3", "X4", "X5")
ROUNDS = (1, 2)
INCONSISTENT = "X5"

# Average importance. Dimensions: middle of the standard's ranges; the rest: usual emphasis in the field.
_IMPORTANCE = {
    "R": 0.22, "P": 0.31, "O": 0.36, "I": 0.11,
    "R1": 0.2, "R2": 0.12, "R3": 0.3, "R4": 0.2, "R5": 0.18,
    "P1": 0.2, "P2": 0.3, "P3": 0.22, "P4": 0.16, "P5": 0.12,
    "O1": 0.36, "O2": 0.34, "O3": 0.12, "O4": 0.18,
    "I1": 0.34, "I2": 0.26, "I3": 0.16, "I4": 0.24,
}  # fmt: skip
_SAATY = np.array([1 / value for value in range(9, 1, -1)] + list(range(1, 10)), dtype=np.float64)


def expert_judgements(seed: int) -> pl.DataFrame:
    """Every pair of siblings compared by every expert in both rounds; opinions come closer in the second."""
    tree = nodes()
    parents = [node_id for node_id, node in tree.items() if node.level != "subdimension"]
    rows = []
    for expert in EXPERTS:
        opinion = stream(seed, "expert", expert)
        for parent in parents:
            children = [node.node_id for node in tree.values() if node.parent_id == parent]
            leaning = dict(zip(children, opinion.normal(0.0, 0.22, len(children)), strict=True))
            for round_number in ROUNDS:
                closeness = 1.0 if round_number == 1 else 0.5
                for place, (left, right) in enumerate(combinations(children, 2)):
                    ratio = _IMPORTANCE[left] / _IMPORTANCE[right] * np.exp(closeness * (leaning[left] - leaning[right]))
                    if expert == INCONSISTENT and place % 2:
                        # Reverses every other pair: a circle that no weights can explain.
                        ratio = (4 if round_number == 1 else 3) / ratio
                    rows.append(
                        {
                            "expert_id": expert,
                            "round": round_number,
                            "parent": parent,
                            "left_item": left,
                            "right_item": right,
                            "ratio": float(_SAATY[np.abs(np.log(_SAATY) - np.log(ratio)).argmin()]),
                        }
                    )
    return pl.DataFrame(rows, schema=conform("expert_judgements", {}, 0).schema)
