"""The score tree: states, redistribution, coverage, compounds, overlays; each number adds up."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.evaluate.scores.score_tree import SCORES_SCHEMA, Conduct, Leaf, ScoredNode, overlay, score_table, score_tree
from pipeline.evaluate.weights.weight_set import NodeWeight, WeightSet, build_weight_set
from pipeline.settings.plan import EvaluationPlan, NotApplicable, Overlays

# The ranges of clause 六.
RANGES = {"O": (0.35, 0.40), "P": (0.30, 0.35), "R": (0.20, 0.25), "I": (0.10, 0.15)}
PARAMETERS = {"not_applicable_weight_cap": 0.2}
SELF, THIRD = EvaluationPlan(), EvaluationPlan(mode="third_party")


def not_asked(indicator: str) -> NotApplicable:
    return NotApplicable(
        enterprise_id="E1",
        indicator_id=indicator,
        reason="reason",
        approved_by="board",
        approved_on=dt.date(2025, 1, 1),
    )


def small_tree() -> WeightSet:
    """ALL → A .6, B .4; A → A1 .5, A2 .5; A1 → x, y and compound z of z1, z2, z3 (⅓ each); A2 → u; B → B1 → v, w."""
    third = 1 / 3

    def edge(parent: str, node: str, level: str, weight: float, *bounds: float) -> NodeWeight:
        return NodeWeight(parent, node, level, weight, weight, "equal", *bounds)

    return WeightSet(
        edges=(
            edge("ALL", "A", "dimension", 0.6, 0.5, 0.7),
            edge("ALL", "B", "dimension", 0.4, 0.3, 0.5),
            edge("A", "A1", "subdimension", 0.5),
            edge("A", "A2", "subdimension", 0.5),
            edge("B", "B1", "subdimension", 1.0),
            edge("A1", "x", "indicator", third),
            edge("A1", "y", "indicator", third),
            edge("A1", "z", "named_indicator", third),
            edge("A2", "u", "indicator", 1.0),
            edge("B1", "v", "indicator", 0.5),
            edge("B1", "w", "indicator", 0.5),
            edge("z", "z1", "indicator", third),
            edge("z", "z2", "indicator", third),
            edge("z", "z3", "indicator", third),
        )
    )


LEAVES = ("x", "y", "z1", "z2", "z3", "u", "v", "w")


def scores(**given_: float | Leaf) -> dict[str, Leaf]:
    """Leaves that all score 80 but for the ones given."""
    base: dict[str, float | Leaf] = dict.fromkeys(LEAVES, 80.0) | given_
    return {name: leaf if isinstance(leaf, Leaf) else Leaf("ok", leaf) for name, leaf in base.items()}


def tree(plan: EvaluationPlan = SELF, **given_: float | Leaf) -> dict[str, ScoredNode]:
    root = score_tree(scores(**given_), small_tree(), plan, PARAMETERS)
    return {node.node_id: node for node in root.walk()}


# --- aggregation ----------------------------------------------------------------------------------------------------


def test_by_hand() -> None:
    # z = (90 + 60 + 30)/3 = 60; A1 = (100 + 80 + 60)/3 = 80; A2 = 50; A = 65; B1 = (40 + 100)/2 = 70; ALL = .6·65 +
    # .4·70 = 67.
    nodes = tree(x=100, y=80, z1=90, z2=60, z3=30, u=50, v=40, w=100)
    expected = {"z": 60, "A1": 80, "A2": 50, "A": 65, "B1": 70, "B": 70, "ALL": 67}
    assert {name: nodes[name].score for name in expected} == pytest.approx(expected)
    assert all(node.scored_coverage == pytest.approx(1) for node in nodes.values())
    assert nodes["ALL"].flags == frozenset()
    # Legal weights of A: .5 … .7, so the total lies between .5·65 + .5·70 = 67.5 and .7·65 + .3·70 = 66.5.
    assert (nodes["ALL"].total_min, nodes["ALL"].total_max) == (pytest.approx(66.5), pytest.approx(67.5))
    assert nodes["A"].total_min is None


def test_all_requirements_met_is_exactly_one_hundred() -> None:
    nodes = tree(**dict.fromkeys(LEAVES, 100.0))
    assert {node.score for node in nodes.values()} == {100.0}


def test_a_compound_by_its_minimum() -> None:
    # z = min(90, 60, 30) = 30: the lowest value has all the weight.
    nodes = tree(EvaluationPlan(compound_method="minimum"), z1=90, z2=60, z3=30)
    assert nodes["z"].score == 30
    assert [nodes[name].weight for name in ("z1", "z2", "z3")] == [0, 0, 1]
    # Only compounds take their minimum.
    assert nodes["A1"].score == pytest.approx((80 + 80 + 30) / 3)


def test_an_indicator_without_requirement_gives_its_weight_to_its_sub_dimension() -> None:
    nodes = tree(x=Leaf("ok", None, has_requirement=False), y=90, z1=60, z2=60, z3=60)
    assert nodes["A1"].score == pytest.approx((90 + 60) / 2)
    assert nodes["x"].weight == 0
    assert nodes["y"].weight == pytest.approx(0.5)
    assert nodes["y"].weight_nominal == pytest.approx(1 / 3)
    assert nodes["x"].flags == {"not_scored"}
    # One of three equal indicators of half a dimension of .6: 1 − .6·.5/3 = .9 of the weight was scored.
    assert nodes["A1"].scored_coverage == pytest.approx(2 / 3)
    assert nodes["ALL"].scored_coverage == pytest.approx(0.9)
    assert nodes["ALL"].flags == frozenset()


def test_a_sub_dimension_without_any_score_gives_its_weight_to_its_dimension() -> None:
    nodes = tree(u=Leaf("ok", None, has_requirement=False), x=100, y=100, z1=100, z2=100, z3=100)
    assert nodes["A2"].score is None
    assert nodes["A2"].weight == 0
    assert nodes["A2"].flags == {"not_scored"}
    assert nodes["A"].score == 100
    assert nodes["A"].scored_coverage == pytest.approx(0.5)


def test_no_requirement_goes_before_no_data() -> None:
    # An indicator that nobody set a requirement for cannot cost points, whatever was delivered.
    nodes = tree(THIRD, x=Leaf("no_data", None, has_requirement=False))
    assert nodes["A1"].score == pytest.approx(80)


def test_no_data_by_mode() -> None:
    nodes = tree(SELF, x=Leaf("no_data"))
    assert nodes["A1"].score == pytest.approx(80)
    assert nodes["x"].weight == 0
    assert {name: "no_data" in nodes[name].flags for name in ("x", "A1", "A", "ALL", "B")} == {
        "x": True,
        "A1": True,
        "A": True,
        "ALL": True,
        "B": False,
    }
    strict = tree(THIRD, x=Leaf("no_data"))
    assert strict["x"].score == 0
    assert strict["A1"].score == pytest.approx((0 + 80 + 80) / 3)
    # The zero is a penalty, not a measurement: it does not add to what was really scored.
    assert strict["A1"].scored_coverage == pytest.approx(2 / 3)
    assert "no_data" in strict["ALL"].flags


def test_a_missing_row_has_no_data() -> None:
    leaves = scores()
    del leaves["x"]
    root = score_tree(leaves, small_tree(), THIRD, PARAMETERS)
    assert {node.node_id: node.score for node in root.walk()}["x"] == 0


def test_a_small_sample_is_scored_under_a_flag() -> None:
    nodes = tree(x=Leaf("insufficient_sample", 20))
    assert nodes["A1"].score == pytest.approx((20 + 80 + 80) / 3)
    flagged = ["insufficient_sample" in nodes[name].flags for name in ("x", "A1", "ALL", "A2", "B")]
    assert flagged == [True, True, True, False, False]
    # Nothing is awaited that could change it.
    assert not any(node.is_provisional for node in nodes.values())
    assert nodes["ALL"].scored_coverage == pytest.approx(1)


def test_an_open_window_makes_the_total_provisional_only_where_it_counts() -> None:
    assert tree(x=Leaf("ok", 20, is_provisional=True))["ALL"].is_provisional
    assert not tree(x=Leaf("ok", None, is_provisional=True))["ALL"].is_provisional
    # By the minimum, only the lowest value counts.
    minimum = EvaluationPlan(compound_method="minimum")
    assert not tree(minimum, z1=Leaf("ok", 90, is_provisional=True), z2=10)["ALL"].is_provisional


def test_not_applicable_drops_out_and_its_siblings_take_over() -> None:
    nodes = tree(THIRD, x=Leaf("not_applicable"), y=90, z1=60, z2=60, z3=Leaf("not_applicable"))
    assert nodes["z"].score == pytest.approx(60)
    assert nodes["A1"].score == pytest.approx((90 + 60) / 2)
    # x is .6·.5/3 = .1, z3 a third of .1.
    assert nodes["ALL"].not_applicable_share == pytest.approx(0.1 + 0.1 / 3)
    assert nodes["ALL"].score is not None


def test_nothing_left_to_improve_is_scored_although_not_applicable() -> None:
    nodes = tree(x=Leaf("not_applicable", 100.0))
    assert nodes["A1"].score == pytest.approx((100 + 80 + 80) / 3)
    assert nodes["ALL"].not_applicable_share == 0


def test_a_share_that_equals_the_cap_is_rateable() -> None:
    # w weighs .4 · .5 = .2: in binary, too, exactly the cap.
    allowed = tree(w=Leaf("not_applicable"))["ALL"]
    assert (allowed.not_applicable_share, allowed.score) == (PARAMETERS["not_applicable_weight_cap"], 80.0)
    assert "not_rateable" not in allowed.flags


def test_too_much_not_applicable_is_not_rateable() -> None:
    # x and y weigh .2 together: the cap itself is allowed; with z1 more, it is passed.
    allowed = tree(x=Leaf("not_applicable"), y=Leaf("not_applicable"))
    assert allowed["ALL"].not_applicable_share == pytest.approx(0.2)
    assert allowed["ALL"].score == pytest.approx(80)
    passed = tree(x=Leaf("not_applicable"), y=Leaf("not_applicable"), z1=Leaf("not_applicable"))
    assert passed["ALL"].score is None
    assert passed["ALL"].total_min is None
    assert "not_rateable" in passed["ALL"].flags
    assert passed["A"].score == pytest.approx(80)
    plan = EvaluationPlan(not_rateable_above=0.5)
    assert tree(plan, x=Leaf("not_applicable"), y=Leaf("not_applicable"), z1=Leaf("not_applicable"))["ALL"].score == 80


def test_a_total_needs_half_of_the_weight() -> None:
    # u is A2, half of A: .6·.5 = .3 of the weight. v is half of B: .4·.5 = .2. Together exactly the half.
    absent = {name: Leaf("no_data") for name in ("x", "y", "z1", "z2", "z3", "w")}
    half = tree(u=60, v=100, **absent)
    assert half["ALL"].scored_coverage == pytest.approx(0.5)
    # A = 60, B = 100: .6·60 + .4·100 = 76
    assert half["ALL"].score == pytest.approx(76)
    assert not half["ALL"].flags & {"not_rateable", "low_coverage"}
    # Without v .3 are left, which would read 100 over all legal weights.
    less = tree(u=100, v=Leaf("no_data"), **absent)
    assert (less["ALL"].score, less["ALL"].total_min, less["ALL"].total_max) == (None, None, None)
    assert less["ALL"].scored_coverage == pytest.approx(0.3)
    assert less["ALL"].flags >= {"not_rateable", "low_coverage"}
    assert tree(EvaluationPlan(rateable_from=0.3), u=100, v=Leaf("no_data"), **absent)["ALL"].score == 100
    assert tree(EvaluationPlan(rateable_from=0.51), u=60, v=100, **absent)["ALL"].score is None


def test_zeros_of_a_third_party_evaluation_are_not_scored_weight() -> None:
    nodes = tree(THIRD, u=100, **{name: Leaf("no_data") for name in LEAVES if name != "u"})
    assert nodes["ALL"].score is None
    assert "not_rateable" in nodes["ALL"].flags


def test_a_dimension_below_the_share_is_flagged_and_enters_the_total() -> None:
    nodes = tree(EvaluationPlan(rateable_from=0.6), v=20, w=Leaf("no_data"))
    # A = 80, B = 20: .6·80 + .4·20 = 56, on .6 + .4·.5 = .8 of the weight.
    assert (nodes["ALL"].score, nodes["ALL"].scored_coverage) == (pytest.approx(56), pytest.approx(0.8))
    assert (nodes["B"].score, nodes["B"].flags) == (20, {"no_data", "not_rateable", "low_coverage"})
    assert "not_rateable" not in nodes["ALL"].flags | nodes["A"].flags


def test_assumed_is_not_scored() -> None:
    nodes = tree(SELF, x=Leaf("assumed"), y=60, z1=60, z2=60, z3=60)
    assert (nodes["x"].score, nodes["x"].weight, nodes["x"].flags) == (None, 0, {"assumed"})
    assert nodes["A1"].score == pytest.approx(60)
    assert nodes["A1"].scored_coverage == pytest.approx(2 / 3)
    assert "assumed" in nodes["ALL"].flags
    # Filling in a constant must not be better than leaving the column out.
    assert tree(THIRD, x=Leaf("assumed"))["A1"].score == pytest.approx((0 + 80 + 80) / 3)


def test_nothing_scored_at_all() -> None:
    nodes = tree(**{name: Leaf("no_data") for name in LEAVES})
    assert {node.score for node in nodes.values()} == {None}
    assert nodes["ALL"].scored_coverage == 0
    assert nodes["ALL"].flags == {"no_data", "not_scored", "not_rateable", "low_coverage"}


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(UsageError, match="indicator x: 'fine' is not a status"):
        tree(x=Leaf("fine", 1.0))


leaf_states = st.one_of(
    st.builds(Leaf, st.sampled_from(["ok", "insufficient_sample"]), st.floats(0, 100)),
    st.builds(Leaf, st.sampled_from(["no_data", "not_applicable"])),
    st.builds(Leaf, st.just("ok"), st.none(), st.booleans()),
)
plans = st.builds(
    EvaluationPlan,
    mode=st.sampled_from(["self_assessment", "third_party"]),
    compound_method=st.sampled_from(["mean", "minimum"]),
    not_rateable_above=st.just(1.0),
    rateable_from=st.just(0.0),
)


@given(st.fixed_dictionaries(dict.fromkeys(LEAVES, leaf_states)), plans)
def test_every_number_adds_up(leaves: dict[str, Leaf], plan: EvaluationPlan) -> None:
    root = score_tree(leaves, small_tree(), plan, PARAMETERS)
    for node in root.walk():
        assert 0 <= node.scored_coverage <= 1 + 1e-12
        if not node.children:
            continue
        counted = [child for child in node.children if child.weight > 0]
        assert all(child.score is not None for child in counted)
        assert all(child.weight == 0 for child in node.children if child.score is None)
        assert (node.score is None) == (not counted)
        if node.score is not None:
            assert sum(child.weight for child in counted) == pytest.approx(1)
            assert sum(child.weight * (child.score or 0) for child in counted) == pytest.approx(node.score, abs=1e-9)
        assert node.scored_coverage == pytest.approx(sum(child.weight_nominal * child.scored_coverage for child in node.children))
    if root.score is not None and root.total_min is not None and root.total_max is not None:
        assert root.total_min - 1e-9 <= root.score <= root.total_max + 1e-9


# --- overlays -------------------------------------------------------------------------------------------------------


def test_overlays_are_off_by_default(grades: pl.DataFrame) -> None:
    seen = overlay(96, Conduct(special_deductions=9, fatal_incidents=1), EvaluationPlan(), grades)
    assert (seen.score_after_deductions, seen.grade, seen.reference, seen.flags) == (None, None, None, frozenset())


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        (69.999, "未达标"),
        (70, "达标级"),
        (79.9, "达标级"),
        (80, "三星级"),
        (90, "四星级"),
        (94.99, "四星级"),
        (95, "五星级"),
    ],
)
def test_grades(total: float, grade: str, grades: pl.DataFrame) -> None:
    seen = overlay(total, Conduct(), EvaluationPlan(overlays=Overlays(grade=True)), grades)
    assert seen.grade == grade
    assert seen.reference == "参照 GB/T 27922"
    assert seen.score_after_deductions is None


@pytest.mark.parametrize(
    ("conduct", "after", "grade", "flags"),
    [
        (Conduct(), 91.5, "四星级", set()),
        (Conduct(special_deductions=2), 89.5, "三星级", set()),
        (Conduct(special_deductions=4), 87.5, "三星级", set()),
        (Conduct(special_deductions=5), 86.5, "不予评级", {"veto:deductions_without_grade"}),
        (Conduct(fatal_incidents=1), 91.5, "不予评级", {"veto:fatal_incident"}),
        (Conduct(falsified_data=1), 91.5, "不予评级", {"veto:falsified_data"}),
    ],
)
def test_deductions_and_vetoes(conduct: Conduct, after: float, grade: str, flags: set[str], grades: pl.DataFrame) -> None:
    seen = overlay(91.5, conduct, EvaluationPlan(overlays=Overlays(grade=True, veto=True)), grades)
    assert seen.score_after_deductions == pytest.approx(after)
    assert seen.grade == grade
    assert seen.flags == flags


def test_no_total_no_grade(grades: pl.DataFrame) -> None:
    assert overlay(None, Conduct(), EvaluationPlan(overlays=Overlays(grade=True)), grades).grade is None


@pytest.mark.parametrize("conduct", [Conduct(fatal_incidents=1), Conduct(falsified_data=1), Conduct(special_deductions=5)])
def test_a_veto_holds_without_a_total(grades: pl.DataFrame, conduct: Conduct) -> None:
    seen = overlay(None, conduct, EvaluationPlan(overlays=Overlays(grade=True, veto=True)), grades)
    assert (seen.grade, seen.score_after_deductions, seen.reference) == ("不予评级", None, "参照 GB/T 27922")
    assert overlay(None, conduct, EvaluationPlan(overlays=Overlays(grade=True)), grades).grade is None


def test_deductions_without_a_total_have_nothing_to_take_from(grades: pl.DataFrame) -> None:
    seen = overlay(None, Conduct(special_deductions=2), EvaluationPlan(overlays=Overlays(grade=True, veto=True)), grades)
    assert (seen.deduction_points, seen.score_after_deductions, seen.grade) == (2.0, None, None)


# --- the published table --------------------------------------------------------------------------------------------


def values(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"enterprise_id": "E1", "period": "2025-Q1", "status": "ok", "score": 80.0, "requirement": 1.0}
    schema = {
        "enterprise_id": pl.String,
        "period": pl.String,
        "indicator_id": pl.String,
        "status": pl.String,
        "score": pl.Float64,
        "requirement": pl.Float64,
    }
    return pl.DataFrame([base | row for row in rows], schema=schema)


def test_the_published_rows(grades: pl.DataFrame) -> None:
    rows = values(*({"indicator_id": name} for name in LEAVES), {"indicator_id": "x", "enterprise_id": "E0", "score": 50.0})
    table = score_table(rows, small_tree(), SELF, PARAMETERS, grades)
    assert dict(table.schema) == SCORES_SCHEMA
    assert table.height == 2 * (1 + len(small_tree().edges))
    assert table["enterprise_id"].to_list()[:1] == ["E0"]
    total = table.row(by_predicate=(pl.col("level") == "total") & (pl.col("enterprise_id") == "E1"), named=True)
    assert (total["node_id"], total["parent_id"], total["weight"], total["score"]) == ("ALL", None, 1.0, 80.0)
    assert (total["total_min"], total["total_max"]) == (80.0, 80.0)
    assert total["grade"] is None
    lonely = table.filter((pl.col("enterprise_id") == "E0") & (pl.col("level") == "total"))
    # One tenth of the weight is no basis for a total.
    assert lonely["score"].to_list() == [None]
    assert lonely["scored_coverage"].to_list() == pytest.approx([0.1])
    assert lonely["flags"].to_list() == [["low_coverage", "no_data", "not_rateable"]]
    assert score_table(rows.reverse(), small_tree(), SELF, PARAMETERS, grades).equals(table)


def test_the_plans_not_applicable_indicators_drop_out() -> None:
    approved = (not_asked("z"),)
    rows = values(*({"indicator_id": name} for name in LEAVES))
    table = score_table(rows, small_tree(), EvaluationPlan(mode="third_party", not_applicable=approved), PARAMETERS)
    found = {row["node_id"]: row for row in table.iter_rows(named=True)}
    assert [found[name]["flags"] for name in ("z1", "z2", "z3")] == [["not_applicable"]] * 3
    assert found["z"]["score"] is None
    assert found["ALL"]["not_applicable_share"] == pytest.approx(0.1)
    assert found["ALL"]["score"] == pytest.approx(80)


def test_a_compound_that_shares_its_name_with_a_value_drops_out_whole(
    nodes: pl.DataFrame, catalogue: pl.DataFrame, parameters: dict[str, float]
) -> None:
    weight_set = build_weight_set(None, nodes, catalogue, SELF, parameters)
    rows = values(*({"indicator_id": name} for name in catalogue["indicator_id"]))

    def dropped(indicator: str) -> list[str]:
        plan = EvaluationPlan(not_applicable=(not_asked(indicator),))
        table = score_table(rows, weight_set, plan, parameters)
        return table.filter(pl.col("flags").list.contains("not_applicable"))["node_id"].to_list()

    assert dropped("P1-1") == ["P1-1", "P1-2"]
    assert dropped("P1-2") == ["P1-2"]
    assert dropped("R1-2") == ["R1-2a", "R1-2b"]


def test_the_overlay_stands_beside_the_untouched_total(grades: pl.DataFrame) -> None:
    rows = values(*({"indicator_id": name} for name in LEAVES))
    plan = EvaluationPlan(overlays=Overlays(grade=True, veto=True))
    conduct = {("E1", "2025-Q1"): Conduct(special_deductions=1)}
    table = score_table(rows, small_tree(), plan, PARAMETERS, grades, conduct)
    total = table.row(by_predicate=pl.col("level") == "total", named=True)
    assert (total["score"], total["score_after_deductions"], total["deduction_points"]) == (80.0, 79.0, 1.0)
    assert (total["grade"], total["grade_reference"]) == ("达标级", "参照 GB/T 27922")
    assert table.filter(pl.col("level") != "total")["grade"].null_count() == table.height - 1
    with pytest.raises(UsageError, match=r"grades\.csv"):
        score_table(rows, small_tree(), plan, PARAMETERS)


def test_the_standards_own_tree(nodes: pl.DataFrame, catalogue: pl.DataFrame, parameters: dict[str, float]) -> None:
    # Everything met: 100 at every node that can be scored; R4 and P5 have no requirement of the standard at all.
    weight_set = build_weight_set(None, nodes, catalogue, SELF, parameters)
    rows = values(
        *(
            {
                "indicator_id": row["indicator_id"],
                "requirement": row["requirement"],
                "score": None if row["requirement"] is None else 100.0,
            }
            for row in catalogue.iter_rows(named=True)
        )
    )
    table = score_table(rows, weight_set, SELF, parameters)
    assert set(table["score"].drop_nulls()) == {100.0}
    unscored = table.filter((pl.col("level") == "subdimension") & pl.col("score").is_null())["node_id"].to_list()
    assert unscored == ["R4", "P5"]
    assert table.filter(pl.col("level") == "indicator").height == 68
    total = table.row(0, named=True)
    assert total["level"] == "total"
    scored = catalogue.filter(pl.col("requirement").is_not_null())["indicator_id"]
    assert total["scored_coverage"] == pytest.approx(sum(weight_set.global_weight(name) for name in scored))
