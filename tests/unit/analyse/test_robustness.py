"""How firm scores are: every draw scores what the product scores, and the ranges are those of cases worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scored_publication import QUARTER, Publication, numbers, plausible, publish

from pipeline.analyse.robustness import CHOICE, VALUES, WEIGHTS, Tree, _robustness, _sensitivity, drawn_trees
from pipeline.analyse.score_draws import CHOICES, draw_weights
from pipeline.evaluate.scores.score_tree import Leaf, score_tree
from pipeline.evaluate.scores.scoring import Scale, score_values
from pipeline.evaluate.weights.weight_set import WeightSet
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan

DISTANCES = {"as_decided": 1.0, "half": 0.5, "double": 2.0}


def trees_of(published: Publication, plan: EvaluationPlan | None = None) -> list[Tree]:
    return drawn_trees(published.scores, published.values, published.indicators, plan or published.plan)


def rows_of(published: Publication, plan: EvaluationPlan | None = None, **where: Any) -> list[dict[str, Any]]:
    plan = plan or published.plan
    found = _robustness(trees_of(published, plan), plan)
    return [row for row in found if all(row.get(name) == value for name, value in where.items())]


def test_a_draw_scores_what_the_product_scores() -> None:
    """Values, weights and choices of a draw, put into the scoring of the product one by one."""
    some = plausible(1)
    for name in ("P1-1", "R1-2a", "O1-2", "P2-1b"):
        del some[name]
    published = publish({"E1": some}, EvaluationPlan.from_mapping({"compound_method": "minimum"}))
    (tree,) = trees_of(published)
    catalogue = {row["indicator_id"]: row for row in published.indicators.iter_rows(named=True)}
    of = tree.scorer.indicators
    scale = Scale.of(numbers())
    seen = set()
    for draw in range(60):
        chosen = {name: options[tree.first.choices[name][draw]] for name, options in CHOICES.items()}
        seen |= set(chosen.items())
        leaves = {name: Leaf("no_data", has_requirement=row["requirement"] is not None) for name, row in catalogue.items()}
        for name, value in zip(of.names, tree.first.values[draw], strict=True):
            row = catalogue[name]
            if chosen["survey_scale"] == "five_point_ratio" and row["method"] == "composite":
                value = 20 + 0.8 * value
            limit = row["acceptable"]
            if row["scoring_class"] not in ("f", "c1"):
                limit = row["requirement"] + DISTANCES[chosen["acceptable_limit"]] * (limit - row["requirement"])
            score = score_values(
                value, row["requirement"], np.nan if limit is None else limit, row["direction"], row["scoring_class"], scale,
                chosen["score_method"],
            )  # fmt: skip
            leaves[name] = Leaf("ok", float(score))
        weights = dict(zip(tree.scorer.dimensions, tree.first.weights[draw], strict=True))
        weight_set = WeightSet(
            tuple(replace(edge, weight=weights.get(edge.node_id, edge.weight)) for edge in published.weights.edges)
        )
        plan = EvaluationPlan.from_mapping({"mode": chosen["missing_data"], "compound_method": chosen["compound_method"]})
        root = score_tree(leaves, weight_set, plan, numbers())
        expected = [root.score, *(child.score for child in root.children)]
        assert tree.of_first[draw].tolist() == pytest.approx(expected, abs=1e-9), chosen
    assert seen == {(name, option) for name, options in CHOICES.items() for option in options}


def test_what_was_published_is_one_of_the_draws() -> None:
    published = publish({"E1": plausible(2)})
    (tree,) = trees_of(published)
    found = tree.scorer.scores(tree.published)[0]
    assert found.tolist() == pytest.approx([row["score"] for row in tree.nodes], abs=1e-9)


def test_values_lie_in_their_intervals_in_95_of_100_draws() -> None:
    (tree,) = trees_of(publish({"E1": plausible(3)}), EvaluationPlan.from_mapping({"analyses": {"draws": 20_000}}))
    of = tree.scorer.indicators
    assert of.is_drawn.sum() > 20
    low, median, high = np.quantile(tree.first.values, (0.025, 0.5, 0.975), axis=0)
    for place in np.flatnonzero(of.is_drawn):
        width = of.high[place] - of.low[place]
        assert (low[place], median[place], high[place]) == pytest.approx(
            (of.low[place], of.value[place], of.high[place]), abs=0.05 * width
        ), of.names[place]
    # Outlets are counted, not sampled: nothing of them is left to chance.
    assert not of.is_drawn[of.names.index("R1-3a")]


def test_weights_are_uniform_over_all_that_are_legal() -> None:
    """Clause 六: .20–.25, .30–.35, .35–.40, .10–.15. What is left above the minima, .05, is a Dirichlet(1, 1, 1, 1) vector:
    mean .05/4 each, variance .05²·(1/4·3/4)/5, correlation −1/3.
    """
    low, high = [0.20, 0.30, 0.35, 0.10], [0.25, 0.35, 0.40, 0.15]
    drawn = draw_weights(low, high, 40_000, np.random.default_rng(5))
    assert drawn.shape == (40_000, 4)
    assert np.abs(drawn.sum(axis=1) - 1).max() < 1e-12
    assert ((drawn >= np.array(low)) & (drawn <= np.array(high) + 1e-12)).all()
    assert (drawn - low).mean(axis=0) == pytest.approx([0.0125] * 4, rel=0.02)
    assert drawn.var(axis=0) == pytest.approx([0.05**2 * 0.0375] * 4, rel=0.04)
    assert np.corrcoef(drawn.T)[0, 3] == pytest.approx(-1 / 3, abs=0.02)


def test_weights_without_room_are_what_they_are() -> None:
    assert draw_weights([0.4, 0.6], [0.5, 0.7], 3, np.random.default_rng(1)).tolist() == [[0.4, 0.6]] * 3


def test_one_value_by_hand() -> None:
    """Sub-dimension R5 of R alone: R5-1 = .92 ± .0196, requirement .95, limit .90 (40 points per .05). Its SD is .01, so its score
    has 8 points, 76 ± 15.68; it is all of R and, with the others without data, all of the total.
    """
    published = publish({"E1": {"R5-1": (0.92, 0.9004, 0.9396)}}, EvaluationPlan.from_mapping({"rateable_from": 0}))
    (row,) = rows_of(published, level="total", source=VALUES)
    assert row["score"] == pytest.approx(76)
    assert (row["score_low"], row["score_median"], row["score_high"], row["score_sd"]) == pytest.approx(
        (60.32, 76, 91.68, 8), abs=1
    )
    (of_weights,) = rows_of(published, level="total", source=WEIGHTS)
    assert of_weights["score_sd"] == pytest.approx(0, abs=1e-9)


def test_weights_stay_within_the_legal_interval() -> None:
    published = publish({"E1": plausible(4)})
    (total,) = published.scores.filter(level="total").rows(named=True)
    (tree,) = trees_of(published)
    drawn = tree.drawn(WEIGHTS)[:, 0]
    assert total["total_min"] - 1e-9 <= drawn.min() < drawn.max() <= total["total_max"] + 1e-9


def test_ranks() -> None:
    """E1 is far better than E2 and E3, which have the same values: first in every draw, the others in any order."""
    good = plausible(5)
    required = catalogue_frame(QUARTER).filter(pl.col("requirement").is_not_null()).select("indicator_id", "requirement")
    best = dict(required.iter_rows())
    rows = rows_of(publish({"E1": best, "E2": good, "E3": good}), level="total", source=VALUES)
    assert [(row["enterprise_id"], row["rank"], row["rank_low"], row["rank_high"], row["ranked"]) for row in rows] == [
        ("E1", 1, 1, 1, 3), ("E2", 2, 2, 3, 3), ("E3", 2, 2, 3, 3),
    ]  # fmt: skip
    assert rows[0]["rank_changed_share"] == 0
    assert rows[1]["rank_changed_share"] + rows[2]["rank_changed_share"] == pytest.approx(1, abs=0.01)


def test_the_same_seed_draws_the_same_whoever_else_is_there() -> None:
    alone, beside = publish({"E2": plausible(6)}), publish({"E1": plausible(7), "E2": plausible(6)})
    other = EvaluationPlan.from_mapping({"analyses": {"seed": 7}})
    (first,), (_, second), (third,) = trees_of(alone), trees_of(beside), trees_of(alone, other)
    assert (first.of_first == second.of_first).all()
    assert not np.isclose(first.of_first, third.of_first).all()
    assert {row["draws"] for row in rows_of(alone)} == {2048}
    assert {row["seed"] for row in rows_of(alone, other)} == {7}


def test_grades() -> None:
    plan = EvaluationPlan.from_mapping({"overlays": {"grade": True}, "rateable_from": 0})
    published = publish({"E1": {"R5-1": (0.925, 0.9054, 0.9446)}}, plan)
    (row,) = rows_of(published, level="total", source=VALUES)
    # 80 points ± 8: three stars from 80 on, four from 90 (1.25 SD), so half lie below and a tenth above.
    assert (row["grade"], row["grade_changed_share"]) == ("三星级", pytest.approx(0.5 + 0.1056, abs=0.03))
    assert all("grade" not in row for row in rows_of(published, level="dimension"))


def test_sensitivity_of_one_value_alone() -> None:
    """Of two values one varies: it is the group of values. Both are of one dimension, so weights matter only beside zeros for
    missing data.
    """
    plan = EvaluationPlan.from_mapping({"rateable_from": 0, "analyses": {"draws": 8_000}})
    published = publish({"E1": {"R5-1": (0.925, 0.9152, 0.9348), "R2-2": (1.0, 1.0, 1.0)}}, plan)
    rows = {row["source"]: row for row in _sensitivity(trees_of(published, plan), plan)}
    assert rows["R5-1"]["total_order"] == pytest.approx(rows["values"]["total_order"], abs=1e-9)
    assert rows["weights"]["total_order"] == pytest.approx(0, abs=1e-3)
    assert 0 < rows["values"]["total_order"] < rows["choices"]["total_order"]
    assert {row["source_kind"] for row in rows.values()} == {"group", "choice", "indicator"}


def test_groups_without_interaction_add_up() -> None:
    published = publish({"E1": plausible(8)}, EvaluationPlan.from_mapping({"analyses": {"draws": 16_000}}))
    rows = {row["source"]: row for row in _sensitivity(trees_of(published), published.plan)}
    groups = [rows[name] for name in (VALUES, WEIGHTS, CHOICE)]
    assert sum(row["first_order"] for row in groups) <= 1.05
    assert sum(row["total_order"] for row in groups) >= 0.95
    assert all(row["total_order"] >= row["first_order"] - 0.05 for row in groups)
    assert sum(row["source_kind"] == "indicator" for row in rows.values()) == 10


def test_no_total_has_a_status_and_no_range() -> None:
    published = publish({"E1": {"R5-1": (0.92, 0.90, 0.94)}})
    rows = rows_of(published)
    assert {(row["level"], row["status"]) for row in rows if row["node_id"] in ("ALL", "P")} == {
        ("total", "not_rateable"),
        ("dimension", "no_score"),
    }
    assert all("score_low" not in row for row in rows if row["status"] != "ok")
    assert {row["status"] for row in _sensitivity(trees_of(published), published.plan)} == {"not_rateable"}


def test_a_score_that_does_not_come_from_its_value_stays() -> None:
    """I4-1 at its best counts as met although nothing changed (C-20)."""
    published = publish({"E1": {**plausible(9), "I4-1": (0.0, -0.3, 0.3)}})
    kept = pl.when(node_id="I4-1").then(100.0).otherwise("score").alias("score")
    (tree,) = trees_of(replace(published, scores=published.scores.with_columns(kept)))
    place = tree.scorer.indicators.names.index("I4-1")
    assert set(tree.scorer.indicator_scores(tree.first)[:, place]) == {100.0}
