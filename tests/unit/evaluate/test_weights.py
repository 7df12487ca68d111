"""Weights of the tree: projection onto the standard's ranges, experts, Delphi rounds, defaults, the version."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.errors import DataRefused, UsageError
from pipeline.evaluate.weights import ahp
from pipeline.evaluate.weights.panel import JUDGEMENTS_SCHEMA
from pipeline.evaluate.weights.weight_set import (
    TABLE_SCHEMA,
    WeightSet,
    build_weight_set,
    default_weights,
    overlapping_indicators,
    project_to_ranges,
)
from pipeline.settings.plan import EvaluationPlan

# The ranges of clause 六, outcome, process, resources, improvement.
LOWER, UPPER = np.array([0.35, 0.30, 0.20, 0.10]), np.array([0.40, 0.35, 0.25, 0.15])

# Saaty judgements of the project's legal example: O:P 1, O:R 2, O:I 3, P:R 1, P:I 3, R:I 2.
LEGAL = {("O", "P"): 1, ("O", "R"): 2, ("O", "I"): 3, ("P", "R"): 1, ("P", "I"): 3, ("R", "I"): 2}
# a > b > c > d by 2 each step but d over a by 9: a circle.
CIRCULAR = {("O", "P"): 2, ("O", "R"): 2, ("O", "I"): 1 / 9, ("P", "R"): 2, ("P", "I"): 2, ("R", "I"): 2}

SCHEMA = {
    "expert_id": pl.String,
    "round": pl.Int64,
    "parent": pl.String,
    "left_item": pl.String,
    "right_item": pl.String,
    "ratio": pl.Float64,
}


def judged(expert: str, pairs: dict[tuple[str, str], float], number: int = 1, parent: str = "ALL") -> list[tuple[Any, ...]]:
    return [(expert, number, parent, left, right, float(ratio)) for (left, right), ratio in pairs.items()]


def judgements(*answers: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame([row for answer in answers for row in answer], schema=SCHEMA, orient="row")


@pytest.fixture
def build(nodes: pl.DataFrame, catalogue: pl.DataFrame, parameters: dict[str, float]) -> Any:
    def with_judgements(table: pl.DataFrame | None, plan: EvaluationPlan | None = None) -> WeightSet:
        return build_weight_set(table, nodes, catalogue, plan or EvaluationPlan(), parameters)

    return with_judgements


def weights_of(weight_set: WeightSet, parent: str, column: str = "weight") -> dict[str, float]:
    return {edge.node_id: getattr(edge, column) for edge in weight_set.children(parent)}


# --- defaults -------------------------------------------------------------------------------------------------------


def test_default_dimension_weights_are_the_normalised_midpoints(build: Any) -> None:
    # (35 + 40)/2, 32.5, 22.5, 12.5 sum to 105: .3571, .3095, .2143, .1190 (C-18).
    weight_set = build(None)
    weights = weights_of(weight_set, "ALL")
    assert {node: round(weight, 4) for node, weight in weights.items()} == {
        "R": 0.2143,
        "P": 0.3095,
        "O": 0.3571,
        "I": 0.1190,
    }
    assert weights["O"] == pytest.approx(37.5 / 105, abs=1e-12)
    assert {edge.method for edge in weight_set.children("ALL")} == {"default"}
    midpoints, method = default_weights([None] * 4, LOWER.tolist(), UPPER.tolist())
    assert midpoints == pytest.approx(np.array([37.5, 32.5, 22.5, 12.5]) / 105)
    assert method == "default"
    assert default_weights([None] * 3, [None] * 3, [None] * 3)[1] == "equal"


def test_the_whole_tree_without_judgements(build: Any, catalogue: pl.DataFrame) -> None:
    weight_set = build(None)
    assert weight_set.root == "ALL"
    assert build(judgements()).table().equals(weight_set.table())
    for parent in {edge.parent_id for edge in weight_set.edges}:
        assert sum(edge.weight for edge in weight_set.children(parent)) == pytest.approx(1)
    leaves = [edge.node_id for edge in weight_set.edges if not weight_set.children(edge.node_id)]
    assert sorted(leaves) == sorted(catalogue["indicator_id"])
    assert sum(weight_set.global_weight(leaf) for leaf in leaves) == pytest.approx(1)
    # 61 named indicators: 68 values, of which 13 share 6 named ones.
    named = [e for e in weight_set.edges if e.level == "named_indicator" or (e.level == "indicator" and "-" not in e.parent_id)]
    assert len(named) == 61
    assert weights_of(weight_set, "R1-2") == {"R1-2a": 0.5, "R1-2b": 0.5}
    assert weights_of(weight_set, "R1") == pytest.approx({"R1-1": 1 / 3, "R1-2": 1 / 3, "R1-3": 1 / 3})
    # Outcome .3571 × problem resolution ¼ × one of four indicators.
    assert weight_set.global_weight("O1-1") == pytest.approx(37.5 / 105 / 16)


def test_a_compound_named_after_one_of_its_values_is_a_node_of_its_own(build: Any) -> None:
    weight_set = build(None)
    assert weights_of(weight_set, "P1-1+P1-2") == {"P1-1": 0.5, "P1-2": 0.5}
    assert "P1-1" not in weights_of(weight_set, "P1")
    ids = [edge.node_id for edge in weight_set.edges]
    assert len(ids) == len(set(ids))


# --- experts --------------------------------------------------------------------------------------------------------


def test_one_expert_with_the_legal_example(build: Any) -> None:
    weight_set = build(judgements(judged("EX1", LEGAL)))
    edges = {edge.node_id: edge for edge in weight_set.children("ALL")}
    assert {node: round(edge.weight, 4) for node, edge in edges.items()} == {
        "R": 0.2301,
        "P": 0.3015,
        "O": 0.3584,
        "I": 0.1100,
    }
    assert edges["O"].weight == edges["O"].weight_raw
    assert edges["O"].consistency_ratio == pytest.approx(0.017, abs=5e-4)
    assert (edges["O"].experts, edges["O"].method, edges["O"].random_index) == (1, "eigenvector", "saaty_1980")
    assert edges["O"].dispersion is None
    assert edges["O"].kendalls_w is None
    assert [edge.aip_weight for edge in edges.values()] == pytest.approx([edge.weight_raw for edge in edges.values()])
    # The other levels keep their defaults.
    assert {edge.method for edge in weight_set.children("O")} == {"equal"}


def test_a_group_is_aggregated_and_projected_and_both_are_kept(build: Any) -> None:
    strong = {pair: min(9.0, ratio * 2) for pair, ratio in LEGAL.items()}
    weight_set = build(judgements(judged("EX1", LEGAL), judged("EX2", strong)))
    edges = {edge.node_id: edge for edge in weight_set.children("ALL")}
    items = [edge.node_id for edge in weight_set.children("ALL")]
    matrices = [
        ahp.pairwise_matrix([ahp.Judgement(*pair, ratio) for pair, ratio in answer.items()], items) for answer in (LEGAL, strong)
    ]
    group = ahp.aggregate_judgements(matrices)
    assert [edges[item].weight_raw for item in items] == pytest.approx(ahp.priorities(group))
    projected = [edges[item].weight for item in items]
    assert projected == pytest.approx(project_to_ranges(ahp.priorities(group), [0.20, 0.30, 0.35, 0.10], [0.25, 0.35, 0.40, 0.15]))
    assert projected != pytest.approx([edges[item].weight_raw for item in items])
    assert edges["O"].consistency_ratio == pytest.approx(ahp.consistency(group).ratio)
    assert edges["O"].experts == 2
    assert edges["O"].consistency_index == pytest.approx(ahp.consistency(group).index)
    # Every pair was judged r and 2r: ln r ± ½ ln 2, s = ln 2/√2, geometric SD 2^(1/√2) = 1.6325 for pairs and so for nodes.
    assert [edge.dispersion for edge in edges.values()] == [pytest.approx(2 ** (1 / math.sqrt(2)))] * 4
    assert all(abs(edge.aip_weight - edge.weight_raw) < 0.02 for edge in edges.values())
    # Both rank outcome > process > resources > improvement.
    assert edges["O"].kendalls_w == pytest.approx(1)


def test_an_inconsistent_expert_goes_back(build: Any) -> None:
    weight_set = build(judgements(judged("EX1", LEGAL), judged("EX9", CIRCULAR)))
    (returned,) = weight_set.returned
    assert (returned.expert_id, returned.round, returned.parent_id) == ("EX9", 1, "ALL")
    assert returned.consistency_ratio is not None
    assert returned.consistency_ratio >= 0.10
    assert "expert EX9, round 1, parent ALL: consistency ratio" in returned.reason
    assert weight_set.children("ALL")[0].experts == 1
    assert [(r.accepted, r.returned) for r in weight_set.rounds] == [(1, 1)]


def test_an_incomplete_or_contradictory_expert_goes_back_too(build: Any) -> None:
    incomplete = {pair: ratio for pair, ratio in LEGAL.items() if pair != ("R", "I")}
    contradictory = {**LEGAL, ("P", "O"): 3}
    weight_set = build(judgements(judged("EX1", LEGAL), judged("EX2", incomplete), judged("EX3", contradictory)))
    reasons = {returned.expert_id: returned.reason for returned in weight_set.returned}
    assert reasons["EX2"] == "expert EX2, round 1, parent ALL: pair R : I: not judged"
    assert "pair P : O" in reasons["EX3"]
    assert "not reciprocal" in reasons["EX3"]


def test_without_an_acceptable_expert_the_defaults_hold(build: Any) -> None:
    weight_set = build(judgements(judged("EX9", CIRCULAR)))
    assert weights_of(weight_set, "ALL") == weights_of(build(None), "ALL")
    assert {edge.method for edge in weight_set.children("ALL")} == {"default"}
    assert {edge.experts for edge in weight_set.children("ALL")} == {0}
    assert len(weight_set.returned) == 1


def test_of_each_expert_the_latest_round_counts_and_every_round_is_kept(build: Any) -> None:
    first = dict.fromkeys(LEGAL, 1.0)
    upside_down = {pair: 1 / ratio for pair, ratio in LEGAL.items()}
    weight_set = build(
        judgements(
            judged("EX1", LEGAL, 1),
            judged("EX2", upside_down, 1),
            judged("EX3", first, 1),
            judged("EX1", LEGAL, 2),
            judged("EX2", LEGAL, 2),
        )
    )
    # EX3 did not answer again and keeps 1 for every pair: the group judges (r · r · 1)^⅓.
    group = {pair: ratio ** (2 / 3) for pair, ratio in LEGAL.items()}
    assert weights_of(weight_set, "ALL", "weight_raw") == pytest.approx(
        weights_of(build(judgements(judged("EX1", group))), "ALL", "weight_raw")
    )
    assert [(r.round, r.accepted) for r in weight_set.rounds] == [(1, 3), (2, 2)]
    before, after = (r.concordance for r in weight_set.rounds)
    assert before is not None
    assert after is not None
    assert before.w == pytest.approx(0)
    assert after.w == pytest.approx(1)


def over_the_others(ratio: float) -> dict[tuple[str, str], float]:
    """O1 matters ``ratio`` times as much as each of O2, O3 and O4, which matter alike."""
    return {(left, right): ratio if left == "O1" else 1.0 for left, right in itertools.combinations(["O1", "O2", "O3", "O4"], 2)}


def test_a_partial_round_leaves_the_rest_of_the_panel_its_judgements(build: Any) -> None:
    circle = over_the_others(1.0) | {("O1", "O2"): 9.0, ("O2", "O3"): 9.0, ("O1", "O3"): 1 / 9}
    weight_set = build(
        judgements(
            judged("EX1", over_the_others(1), 1, "O"),
            judged("EX2", over_the_others(2), 1, "O"),
            judged("EX3", circle, 1, "O"),
            judged("EX3", over_the_others(4), 2, "O"),
        )
    )
    # (1 · 2 · 4)^⅓ = 2 for O1 over each of the others: 2/5, 1/5, 1/5, 1/5.
    assert weights_of(weight_set, "O") == pytest.approx({"O1": 0.4, "O2": 0.2, "O3": 0.2, "O4": 0.2})
    assert {edge.experts for edge in weight_set.children("O")} == {3}
    assert [(m.expert_id, m.round, m.is_counted) for m in weight_set.matrices] == [
        ("EX1", 1, True),
        ("EX2", 1, True),
        ("EX3", 1, False),
        ("EX3", 2, True),
    ]
    # The matrix that went back in round 1 is still on record.
    assert [(m.expert_id, m.round) for m in weight_set.returned] == [("EX3", 1)]
    # Round 1: ranks 2.5 2.5 2.5 2.5 and 4 2 2 2, sums 6.5 4.5 4.5 4.5 around 5, S = 1.5² + 3 × .5² = 3, ties 60 + 24:
    # W = 12 × 3 ÷ (2² × 60 − 2 × 84) = .5, χ² = 2 × 3 × .5 = 3. One expert agrees with nobody: no W in round 2.
    assert weight_set.rounds_table().drop("p_value", "weights_version").rows() == [
        ("O", 1, 2, 1, 4, pytest.approx(0.5), pytest.approx(3)),
        ("O", 2, 1, 0, 4, None, None),
    ]


def test_a_returned_later_round_leaves_the_last_accepted_matrix(build: Any) -> None:
    weight_set = build(judgements(judged("EX1", LEGAL, 1), judged("EX1", CIRCULAR, 2)))
    alone = build(judgements(judged("EX1", LEGAL)))
    assert weights_of(weight_set, "ALL") == weights_of(alone, "ALL")
    assert [(m.round, m.is_accepted, m.is_counted) for m in weight_set.matrices] == [(1, True, True), (2, False, False)]


def test_every_matrix_is_published_with_what_became_of_it(build: Any) -> None:
    incomplete = {pair: ratio for pair, ratio in LEGAL.items() if pair != ("R", "I")}
    weight_set = build(
        judgements(
            judged("EX1", dict.fromkeys(LEGAL, 1.0), 1),
            judged("EX2", incomplete, 1),
            judged("EX9", CIRCULAR, 1),
            judged("EX1", LEGAL, 2),
        )
    )
    table = weight_set.judgements_table()
    assert dict(table.schema) == JUDGEMENTS_SCHEMA
    assert table["weights_version"].unique().to_list() == [weight_set.version]
    shown = table.select("expert_id", "round", "is_accepted", "is_counted", "reason").rows()
    assert shown == [
        ("EX1", 1, True, False, "superseded:2"),
        ("EX2", 1, False, False, "not_judged:R|I"),
        ("EX9", 1, False, False, "consistency_ratio:0.1"),
        ("EX1", 2, True, True, None),
    ]
    # The legal example: λ = 4.0458, CI = .0458 ÷ 3 = .01527, Saaty's RI of four items is .90, CR = .017.
    legal = table.row(3, named=True)
    assert (legal["random_index"], legal["random_index_name"], legal["method"]) == (0.90, "saaty_1980", "eigenvector")
    assert legal["consistency_index"] == pytest.approx((legal["lambda_max"] - 4) / 3)
    assert legal["consistency_ratio"] == pytest.approx(legal["consistency_index"] / 0.90)
    assert legal["consistency_ratio"] == pytest.approx(0.017, abs=5e-4)
    unread = table.row(1, named=True)
    assert (unread["lambda_max"], unread["consistency_ratio"], unread["random_index"]) == (None, None, None)


def test_expert_weights_of_the_plan(build: Any) -> None:
    other = dict.fromkeys(LEGAL, 1.0)
    answers = judgements(judged("EX1", LEGAL), judged("EX2", other))
    plan = EvaluationPlan(expert_weights={"EX1": 1000.0, "EX7": 2.0}, consistency_limit=0.2)
    weighted = build(answers, plan)
    # With a thousand times the weight, the first expert decides.
    alone = weights_of(build(judgements(judged("EX1", LEGAL))), "ALL", "weight_raw")
    assert weights_of(weighted, "ALL", "weight_raw") == pytest.approx(alone, abs=1e-3)
    assert weighted.warnings == ("expert_weights names EX7, who has given no judgement",)
    assert build(None, EvaluationPlan(expert_weights={"EX1": 2.0})).unheard == ("EX1",)


def test_sub_dimensions_are_judged_below_their_dimension(build: Any) -> None:
    pairs = dict.fromkeys(itertools.combinations(["O1", "O2", "O3", "O4"], 2), 1.0) | {("O1", "O2"): 1.0}
    pairs |= {("O1", "O3"): 2.0, ("O1", "O4"): 2.0, ("O2", "O3"): 2.0, ("O2", "O4"): 2.0}
    weight_set = build(judgements(judged("EX1", pairs, parent="O")))
    # O1 = O2 = 2·O3 = 2·O4: ⅓, ⅓, ⅙, ⅙, consistent; no range binds below the dimensions.
    assert weights_of(weight_set, "O") == pytest.approx({"O1": 1 / 3, "O2": 1 / 3, "O3": 1 / 6, "O4": 1 / 6})
    assert weight_set.children("O")[0].consistency_ratio == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("method", ["eigenvector", "geometric_mean", "column_normalised"])
def test_the_plan_names_method_and_index(build: Any, method: str) -> None:
    plan = EvaluationPlan(ahp_method=method, random_index="saaty_2007")
    edge = build(judgements(judged("EX1", LEGAL)), plan).children("ALL")[0]
    assert (edge.method, edge.random_index) == (method, "saaty_2007")


def test_the_limit_itself_goes_back(build: Any) -> None:
    ratio = build(judgements(judged("EX1", LEGAL))).children("ALL")[0].consistency_ratio
    assert build(judgements(judged("EX1", LEGAL)), EvaluationPlan(consistency_limit=ratio)).returned
    assert not build(judgements(judged("EX1", LEGAL)), EvaluationPlan(consistency_limit=ratio + 1e-9)).returned


def test_an_unknown_parent_is_refused(build: Any) -> None:
    with pytest.raises(DataRefused, match="expert EX1, round 1: parent R1-2 has no children to compare"):
        build(judgements(judged("EX1", LEGAL, parent="R1-2")))


# --- what is published ----------------------------------------------------------------------------------------------


def test_the_published_table(build: Any) -> None:
    weight_set = build(judgements(judged("EX1", LEGAL), judged("EX2", LEGAL)))
    table = weight_set.table()
    assert dict(table.schema) == TABLE_SCHEMA
    assert table["weights_version"].unique().to_list() == [weight_set.version]
    assert table.select("parent_id", "node_id").is_unique().all()
    row = table.row(by_predicate=pl.col("node_id") == "O", named=True)
    assert (row["experts"], row["kendalls_w"], row["dispersion"]) == (2, pytest.approx(1), pytest.approx(1))


def test_the_version_follows_the_content_not_the_order(build: Any) -> None:
    answers = judgements(judged("EX1", LEGAL), judged("EX2", dict.fromkeys(LEGAL, 1.0)))
    version = build(answers).version
    assert version.startswith("w-")
    assert len(version) == 14
    assert build(answers.reverse()).version == version
    assert build(answers.reverse()).table().equals(build(answers).table())
    assert build(None).version != version
    assert build(answers, EvaluationPlan(random_index="saaty_2007")).version != version
    assert build(answers, EvaluationPlan(expert_weights={"EX1": 2.0})).version != version


def test_indicators_outside_the_tree_are_refused(
    nodes: pl.DataFrame, catalogue: pl.DataFrame, parameters: dict[str, float]
) -> None:
    moved = catalogue.with_columns(subdimension_id=pl.lit("X1"))
    with pytest.raises(UsageError, match="its sub-dimension X1 is not a node"):
        build_weight_set(None, nodes, moved, EvaluationPlan(), parameters)


def test_ranges_that_allow_nothing_name_their_parent(
    nodes: pl.DataFrame, catalogue: pl.DataFrame, parameters: dict[str, float]
) -> None:
    narrow = nodes.with_columns(weight_max=pl.col("weight_min"))
    with pytest.raises(UsageError, match="children of ALL: weight ranges"):
        build_weight_set(None, narrow, catalogue, EvaluationPlan(), parameters)


def test_two_indicators_that_tell_one_fact(build: Any) -> None:
    # Repeat repair is nearly 1 − thorough resolution (C-43); recovery moves on its own; hotline lies elsewhere in the
    # tree.
    quarters = [f"{year}-Q{q}" for year in (2023, 2024) for q in (1, 2, 3, 4)]
    thorough = [0.95, 0.93, 0.96, 0.91, 0.97, 0.94, 0.92, 0.98]
    series = {
        "O1-3": thorough,
        "O1-2": [1 - x for x in thorough],
        "O1-4": [0.98, 0.97, 0.97, 0.98, 0.98, 0.97, 0.97, 0.98],
        "P1-1": thorough,
    }
    values = pl.DataFrame(
        [("E1", quarter, name, value) for name, row in series.items() for quarter, value in zip(quarters, row, strict=True)],
        schema=["enterprise_id", "period", "indicator_id", "value"],
        orient="row",
    )
    weight_set = build(None)
    found = overlapping_indicators(values, weight_set, limit=0.9, minimum_n=8)
    assert found.rows() == [("O1-2", "O1-3", pytest.approx(-1), 8, pytest.approx(2 * 37.5 / 105 / 16))]
    assert overlapping_indicators(values, weight_set, limit=0.9, minimum_n=9).is_empty()
