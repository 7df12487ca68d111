"""The change of a score is split into parts that add up: golden cases by hand, and trees at random."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analyse.score_changes import BOTH, ENTERED, LEFT, Part, parts_of
from pipeline.analyse.score_tree import Node, tree_of


def leaf(name: str, weight: float, score: float | None) -> Node:
    return Node(name, "indicator", weight, weight, score)


def inner(name: str, nominal: float, *children: Node) -> Node:
    """A node with the weights of its children's nominal ones, by this file's own reckoning of the rule (house rule C-07)."""
    whole = sum(child.weight_nominal for child in children if child.score is not None)
    weighed = [replace(child, weight=child.weight_nominal / whole if child.score is not None else 0.0) for child in children]
    scored = [child for child in weighed if child.score is not None]
    score = sum(child.weight * child.score for child in scored if child.score is not None) if scored else None
    return Node(name, "dimension", nominal, nominal, score, tuple(weighed))


def by_leaf(parts: list[Part] | None) -> dict[str, Part]:
    assert parts is not None
    return {part.indicator_id: part for part in parts}


def test_values_and_weights_change() -> None:
    """Weights .6/.4 → .5/.5, scores 80/60 → 90/50: 72 → 70.

    Value: .55·10 = 5.5 and .45·(−10) = −4.5. Weight: −.1·(85 − 71) = −1.4 and .1·(55 − 71) = −1.6. Sum 5.5 − 4.5 − 1.4 − 1.6 = −2.
    """
    found = by_leaf(
        parts_of(
            inner("ALL", 1, leaf("a", 0.6, 80.0), leaf("b", 0.4, 60.0)), inner("ALL", 1, leaf("a", 0.5, 90.0), leaf("b", 0.5, 50.0))
        )
    )
    assert (found["a"].value_points, found["b"].value_points) == pytest.approx((5.5, -4.5))
    assert (found["a"].weight_points, found["b"].weight_points) == pytest.approx((-1.4, -1.6))
    assert sum(part.change_points for part in found.values()) == pytest.approx(-2)


def test_an_indicator_leaves_and_another_one_comes() -> None:
    """Before a 80, b 20 at equal weights: 50. Now a 80, c 100 at .25: 85.

    b leaves: the rest is 80, so −.5·(20 − 80) = +30. c comes: .25·(100 − 80) = +5. 30 + 5 = 35.
    """
    found = by_leaf(
        parts_of(
            inner("ALL", 1, leaf("a", 0.5, 80.0), leaf("b", 0.5, 20.0)),
            inner("ALL", 1, leaf("a", 0.75, 80.0), leaf("c", 0.25, 100.0)),
        )
    )
    assert {name: part.membership for name, part in found.items()} == {"a": BOTH, "b": LEFT, "c": ENTERED}
    assert (found["b"].membership_points, found["c"].membership_points) == pytest.approx((30.0, 5.0))
    assert (found["a"].value_points, found["a"].weight_points) == (0.0, 0.0)
    assert found["b"].weight is None
    assert found["c"].weight_before is None


def test_a_whole_dimension_leaves() -> None:
    """X (.5): a 90, b 70, equal: 80. Y (.5): c 40. Total 60. Y leaves: a and b alone, 80: Y did +20, all of it c's."""
    before = inner("ALL", 1, inner("X", 0.5, leaf("a", 0.5, 90.0), leaf("b", 0.5, 70.0)), inner("Y", 0.5, leaf("c", 1.0, 40.0)))
    now = inner("ALL", 1, inner("X", 0.5, leaf("a", 0.5, 90.0), leaf("b", 0.5, 70.0)), inner("Y", 0.5, leaf("c", 1.0, None)))
    found = by_leaf(parts_of(before, now))
    assert found["c"].membership_points == pytest.approx(20)
    assert found["a"].change_points == found["b"].change_points == 0


def test_only_the_lowest_counted_and_left() -> None:
    """Of a compound indicator under the method minimum the lowest has all the weight; without it the others have their own."""
    before = Node(
        "P", "named_indicator", 1, 1, 40.0, (Node("a", "indicator", 0.0, 0.5, 90.0), Node("b", "indicator", 1.0, 0.5, 40.0))
    )
    now = Node("P", "named_indicator", 1, 1, 80.0, (Node("a", "indicator", 1.0, 0.5, 80.0), Node("b", "indicator", 0.0, 0.5, None)))
    found = by_leaf(parts_of(before, now))
    assert found["b"].membership_points == pytest.approx(50)
    assert found["a"].value_points == pytest.approx(-10)


def test_nothing_in_common_has_no_parts() -> None:
    assert (
        parts_of(inner("ALL", 1, leaf("a", 1, 80.0), leaf("b", 1, None)), inner("ALL", 1, leaf("a", 1, None), leaf("b", 1, 9.0)))
        is None
    )


def test_rows_of_scores_make_a_tree() -> None:
    rows = [
        {"node_id": "ALL", "parent_id": None, "level": "total", "weight": 1.0, "weight_nominal": 1.0, "score": 75.0},
        {"node_id": "a", "parent_id": "ALL", "level": "indicator", "weight": 0.25, "weight_nominal": 0.2, "score": 90.0},
        {"node_id": "b", "parent_id": "ALL", "level": "indicator", "weight": 0.75, "weight_nominal": 0.6, "score": 70.0},
    ]
    tree = tree_of(rows)
    assert tree.scored_weights() == {"a": 0.25, "b": 0.75}
    with pytest.raises(ValueError, match="one root"):
        tree_of(rows[1:])


def random_tree(chance: random.Random, lacking: float) -> Node:
    """Three levels below the total, with weights and scores at random."""

    def node(name: str, depth: int) -> Node:
        if depth == 3:
            return leaf(
                name,
                chance.uniform(0.01, 1),
                None if chance.random() < lacking else chance.choice((0.0, 100.0, chance.uniform(0, 100))),
            )
        return inner(name, chance.uniform(0.01, 1), *(node(f"{name}.{n}", depth + 1) for n in range(3)))

    return node("ALL", 0)


@given(st.integers(0, 10**9), st.sampled_from((0.0, 0.2, 0.6, 0.9)))
def test_parts_add_up_at_every_node(seed: int, lacking: float) -> None:
    chance = random.Random(seed)
    before, now = random_tree(chance, lacking), random_tree(chance, lacking)
    then = {node.node_id: node for node in before.walk()}
    for node in now.walk():
        earlier = then[node.node_id]
        if node.score is None or earlier.score is None:
            continue
        parts = parts_of(earlier, node)
        in_common = earlier.scores().keys() & node.scores().keys()
        assert (parts is None) == (not in_common)
        if parts is not None:
            assert math.fsum(part.change_points for part in parts) == pytest.approx(node.score - earlier.score, abs=1e-9)
            assert {part.indicator_id for part in parts if part.membership == BOTH} == in_common
