"""The scoring line: the project's golden table, every class and method, verdicts on full values, its properties."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.evaluate.scores.scoring import Scale, keeps_best, meets, score_values, targets_for, with_scores
from pipeline.settings.plan import EvaluationPlan, Target

SCALE = Scale(100, 60)


def score(
    value: float,
    requirement: float,
    acceptable: float | None,
    direction: str,
    scoring_class: str = "a",
    method: str = "efficacy",
) -> float:
    limit = math.nan if acceptable is None else acceptable
    return float(score_values(value, requirement, limit, direction, scoring_class, SCALE, method))


# indicator, value, score as printed: 60 + 40·(x − A)/(T − A) with A of the class. The arithmetic of each row stands
# beside it.
GOLDEN = [
    ("P1-1", 0.925, 80.0),  # .925 − .90 of .95 − .90: 60 + 40·.5
    ("P1-1", 0.825, 0.0),  # zero at T − 2.5(1 − T)
    ("O1-1", 0.80, 86.7),  # .10 of .15: 60 + 26.67
    ("O1-1", 0.849, 99.7),  # .149 of .15
    ("R3-2", 0.98, 84.0),  # .03 of .05
    ("R3-2", 0.875, 0.0),
    ("R1-1", 12.0, 68.0),  # .75 of 3.75
    ("R1-1", 5.625, 0.0),  # .375·15
    ("P2-1a", 45.0, 80.0),  # (45 − 60) of (30 − 60)
    ("P2-1a", 105.0, 0.0),  # 3.5·30
    ("R5-3", 9.0, 88.6),  # (9 − 14) of (7 − 14): 60 + 28.57
    ("O1-2", 0.07, 84.0),  # (.07 − .10) of (.05 − .10)
    ("I4-1", 0.05, 80.0),  # .05 of .10
    ("I4-1", 0.0, 60.0),  # no change
    ("I4-1", -0.15, 0.0),  # −1.5·T
    ("O2-5", 82.0, 92.0),  # 12 of 15
    ("O2-5", 47.5, 0.0),
    ("I1-1", 3.0, 100.0),  # small counts: T, T − 1, else
    ("I1-1", 2.0, 60.0),
    ("I1-1", 1.0, 0.0),
    ("I3-1", 4.0, 100.0),
    ("O4-1", 0.0, 100.0),  # zero tolerance
    ("O4-1", 0.01, 0.0),
]


@pytest.mark.parametrize(("indicator", "value", "printed"), GOLDEN)
def test_golden_table_with_the_catalogues_anchors(indicator: str, value: float, printed: float, catalogue: pl.DataFrame) -> None:
    row = catalogue.row(by_predicate=pl.col("indicator_id") == indicator, named=True)
    computed = score(value, row["requirement"], row["acceptable"], row["direction"], row["scoring_class"])
    assert round(computed, 1) == printed


def test_every_requirement_scores_full_and_every_limit_the_pass_mark(catalogue: pl.DataFrame) -> None:
    scored = catalogue.filter(pl.col("requirement").is_not_null())
    assert scored.height == 45
    for row in scored.iter_rows(named=True):
        anchors = (row["requirement"], row["acceptable"], row["direction"], row["scoring_class"])
        for method in ("efficacy", "threshold", "proportional"):
            assert score(row["requirement"], *anchors, method=method) == 100.0
        if row["acceptable"] is not None:
            assert score(row["acceptable"], *anchors) == pytest.approx(60, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "requirement", "direction", "expected"),
    [
        (0.85, 0.85, "higher", True),
        (0.8499999, 0.85, "higher", False),  # displayed as 85.0 %, and not met: full values are compared
        (30.0, 30.0, "lower", True),
        (30.0001, 30.0, "lower", False),
        (1.0, 1.0, "exact", True),
        (0.9999, 1.0, "exact", False),
        (1.01, 1.0, "exact", False),
        (3 / 2000 * 10000, 15.0, "higher", True),  # binary division, not a miss
        (0.1 + 0.2, 0.3, "exact", True),
        (math.nan, 0.85, "higher", False),
    ],
)
def test_met_on_full_values(value: float, requirement: float, direction: str, expected: bool) -> None:
    assert bool(meets(value, requirement, direction)) is expected


def test_threshold_is_all_or_nothing() -> None:
    assert score(0.849, 0.85, 0.70, "higher", method="threshold") == 0
    assert score(0.85, 0.85, 0.70, "higher", method="threshold") == 100
    assert score(31, 30, 60, "lower", "d", method="threshold") == 0


@pytest.mark.parametrize(
    ("value", "requirement", "direction", "expected"),
    [
        (0.60, 0.85, "higher", 100 * 0.60 / 0.85),  # 70.6: the compression the standard scheme avoids
        (0.90, 0.85, "higher", 100.0),
        (60.0, 30.0, "lower", 50.0),
        (0.0, 0.05, "lower", 100.0),
        (0.5, 0.0, "lower", 0.0),
        (0.9, 1.0, "exact", 90.0),
        (1.25, 1.0, "exact", 80.0),
        (-0.05, 0.10, "higher", 0.0),
    ],
)
def test_proportional(value: float, requirement: float, direction: str, expected: float) -> None:
    assert score(value, requirement, None, direction, method="proportional") == pytest.approx(expected)


def test_an_exact_requirement_falls_on_both_sides() -> None:
    assert score(98, 100, 95, "exact", "b") == pytest.approx(84)
    assert score(102, 100, 95, "exact", "b") == pytest.approx(84)


def test_unmeasured_values_have_no_score() -> None:
    assert math.isnan(score(math.nan, 0.85, 0.7, "higher"))
    assert math.isnan(score(0.8, math.nan, 0.7, "higher"))
    with pytest.raises(UsageError, match="not a score method"):
        score(0.8, 0.85, 0.7, "higher", method="banded")


@given(
    st.floats(-5, 5),
    st.floats(-5, 5),
    st.floats(0.05, 2),
    st.floats(0.05, 1),
    st.sampled_from(["higher", "lower"]),
    st.sampled_from(["efficacy", "threshold", "proportional"]),
)
def test_a_better_value_never_scores_less(x: float, y: float, requirement: float, gap: float, direction: str, method: str) -> None:
    better, worse = (max(x, y), min(x, y)) if direction == "higher" else (min(x, y), max(x, y))
    acceptable = requirement - gap if direction == "higher" else requirement + gap
    upper, lower = (score(v, requirement, acceptable, direction, method=method) for v in (better, worse))
    assert 0 <= lower <= upper <= 100


@given(st.floats(-5, 5), st.floats(-0.01, 0.01), st.floats(0.05, 2), st.floats(0.05, 1), st.booleans())
def test_the_line_has_no_jump(x: float, step: float, requirement: float, gap: float, is_higher: bool) -> None:
    # Its slope is 40/|T − A| points per unit, so a step of δ moves the score by at most that times δ.
    direction, acceptable = ("higher", requirement - gap) if is_higher else ("lower", requirement + gap)
    before, after = (score(v, requirement, acceptable, direction) for v in (x, x + step))
    assert abs(after - before) <= 40 / gap * abs(step) + 1e-9


@given(st.floats(0, 1), st.floats(0.5, 0.99), st.floats(0.01, 0.4))
def test_the_direction_is_only_a_mirror(x: float, requirement: float, gap: float) -> None:
    up = score(x, requirement, requirement - gap, "higher")
    down = score(-x, -requirement, -requirement + gap, "lower")
    assert up == pytest.approx(down)


@given(st.floats(0, 1), st.floats(0.5, 1), st.floats(0.01, 0.4))
def test_met_is_exactly_the_full_score(x: float, requirement: float, gap: float) -> None:
    assume(abs(x - requirement) > 1e-9)
    full = score(x, requirement, requirement - gap, "higher") == 100
    assert full == bool(meets(x, requirement, "higher"))


# --- rows -----------------------------------------------------------------------------------------------------------


def row(**given_: Any) -> dict[str, Any]:
    return {
        "indicator_id": "P1-1",
        "value": 0.925,
        "status": "ok",
        "requirement": 0.95,
        "acceptable": 0.90,
        "objective": None,
        "direction": "higher",
        "scoring_class": "a",
        "ci_low": None,
        "ci_high": None,
    } | given_


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    numbers = dict.fromkeys(("value", "requirement", "acceptable", "objective", "ci_low", "ci_high"), pl.Float64)
    return pl.DataFrame(list(rows), schema_overrides=numbers)


def judged(parameters: dict[str, float], *rows: dict[str, Any], method: str = "efficacy") -> list[dict[str, Any]]:
    columns = ("score", "is_met", "meets_objective", "is_distinguishable")
    return with_scores(frame(*rows), parameters, method).select(columns).to_dicts()


def test_verdict_and_what_chance_can_explain(parameters: dict[str, float]) -> None:
    rows = judged(
        parameters,
        row(ci_low=0.91, ci_high=0.94),  # all of it below .95: clearly not met
        row(ci_low=0.90, ci_high=0.96),  # holds .95: not met, and not to be told from it
        row(value=0.97, ci_low=0.955, ci_high=0.98),
        row(value=0.95, ci_low=0.93, ci_high=0.96),
        row(),
    )
    assert [r["is_met"] for r in rows] == [False, False, True, True, False]
    assert [r["is_distinguishable"] for r in rows] == [True, False, True, False, None]
    assert [r["score"] for r in rows] == [pytest.approx(80), pytest.approx(80), 100, 100, pytest.approx(80)]


def test_states_without_a_measured_value_are_not_judged(parameters: dict[str, float]) -> None:
    rows = judged(
        parameters,
        row(status="no_data", value=None),
        row(status="not_applicable", value=None),
        row(status="insufficient_sample"),
        row(requirement=None, acceptable=None),
        row(status="no_data"),
    )
    assert [r["score"] for r in rows] == [None, None, pytest.approx(80), None, None]
    assert [r["is_met"] for r in rows] == [None, None, False, None, None]


def test_the_objective_is_a_second_question(parameters: dict[str, float]) -> None:
    fcr = {"indicator_id": "O1-1", "requirement": 0.85, "acceptable": 0.70, "objective": 0.88}
    rows = judged(parameters, row(value=0.86, **fcr), row(value=0.88, **fcr), row(value=0.9))
    assert [(r["is_met"], r["meets_objective"]) for r in rows] == [(True, False), (True, True), (False, None)]


def test_a_yearly_count_has_not_failed_before_the_year_ends(parameters: dict[str, float]) -> None:
    count = {"requirement": 2.0, "acceptable": 1.0, "scoring_class": "c1"}
    rows = judged(
        parameters,
        row(value=1.0, is_year_open=True, **count),
        row(value=2.0, is_year_open=True, **count),
        row(value=1.0, is_year_open=False, **count),
    )
    assert [(r["score"], r["is_met"]) for r in rows] == [(None, None), (100, True), (60, False)]


def test_nothing_left_to_improve_counts_as_met(parameters: dict[str, float]) -> None:
    ceiling = parameters["improvement_ceiling_csi"]
    assert keeps_best(96.0, 95.5, ceiling, "higher")
    assert not keeps_best(94.9, 95.5, ceiling, "higher")
    assert not keeps_best(96.0, 94.0, ceiling, "higher")
    assert keeps_best(0.0, 0.0, 0.0, "lower")
    assert not keeps_best(0.001, 0.0, 0.0, "lower")
    assert not keeps_best(None, 0.0, 0.0, "lower")
    change = {"requirement": 0.10, "acceptable": 0.0, "scoring_class": "g", "direction": "higher"}
    rows = judged(
        parameters,
        row(value=None, status="not_applicable", keeps_best=True, **change),
        row(value=None, status="not_applicable", keeps_best=False, **change),
    )
    assert [(r["score"], r["is_met"]) for r in rows] == [(100, True), (None, None)]


def test_chance_is_not_asked_where_it_has_no_part(parameters: dict[str, float]) -> None:
    # The same interval around .9 would leave out a requirement of 1: 19 of 21 documents, Wilson .711–.973.
    missed = {"value": 19 / 21, "requirement": 1.0, "acceptable": 0.95, "ci_low": 0.711, "ci_high": 0.973}
    change = {"value": 0.0, "requirement": 0.02, "acceptable": 0.0, "ci_low": -0.01, "ci_high": 0.01}
    rows = judged(
        parameters,
        row(**missed, is_beyond_chance=False, keeps_best=False),
        row(**missed, is_beyond_chance=True, keeps_best=False),
        row(**change, is_beyond_chance=False, keeps_best=False),
        row(**change, is_beyond_chance=False, keeps_best=True),
    )
    assert [(r["is_met"], r["is_distinguishable"]) for r in rows] == [
        (False, True),
        (False, None),
        (False, True),
        (True, None),
    ]


def test_judging_keeps_the_rows(parameters: dict[str, float]) -> None:
    given_ = frame(row(), row(indicator_id="O4-1", requirement=0.0, acceptable=None, direction="lower", scoring_class="f"))
    result = with_scores(given_, parameters)
    assert result.drop("score", "is_met", "meets_objective", "is_distinguishable").equals(given_)
    assert with_scores(given_.clear(), parameters).height == 0


# --- targets --------------------------------------------------------------------------------------------------------


def test_targets_of_the_plan_are_laid_over_the_catalogue(catalogue: pl.DataFrame) -> None:
    plan = EvaluationPlan(
        targets=(
            Target(indicator_id="R4-1", acceptable=3.0, requirement=6.0),
            Target(indicator_id="R4-1", acceptable=4.0, requirement=8.0, objective=10.0, enterprise_id="E2"),
            Target(indicator_id="P1-1", acceptable=0.92, enterprise_id="E1"),
        )
    )
    targets = targets_for(catalogue, plan, ["E1", "E2"])
    assert targets.height == 2 * 68
    found = {
        (r["enterprise_id"], r["indicator_id"]): (r["requirement"], r["acceptable"], r["objective"])
        for r in targets.iter_rows(named=True)
    }
    assert found["E1", "R4-1"] == (6.0, 3.0, None)
    assert found["E2", "R4-1"] == (8.0, 4.0, 10.0)
    assert found["E1", "P1-1"] == (0.95, 0.92, None)
    assert found["E2", "P1-1"] == (0.95, 0.90, None)
    assert found["E1", "R4-2"] == (None, None, None)
    assert found["E1", "O1-1"] == (0.85, 0.70, 0.88)


def test_the_catalogue_must_have_a_limit_for_each_requirement(catalogue: pl.DataFrame) -> None:
    broken = catalogue.with_columns(acceptable=pl.when(pl.col("indicator_id") == "P1-1").then(None).otherwise(pl.col("acceptable")))
    with pytest.raises(UsageError, match=r"indicator P1-1: a requirement without an acceptable limit"):
        targets_for(broken, EvaluationPlan(), ["E1"])
    swapped = catalogue.with_columns(
        acceptable=pl.when(pl.col("indicator_id") == "P2-1a").then(20.0).otherwise(pl.col("acceptable"))
    )
    with pytest.raises(UsageError, match=r"indicator P2-1a: the acceptable limit 20 must be worse"):
        targets_for(swapped, EvaluationPlan(), ["E1"])


def test_scores_of_many_rows_equal_those_of_single_ones() -> None:
    values = np.array([0.8, 45.0, 2.0, 0.0])
    together = score_values(
        values,
        [0.85, 30, 3, 0],
        [0.7, 60, 2, math.nan],
        ["higher", "lower", "higher", "lower"],
        ["a", "d", "c1", "f"],
        SCALE,
    )
    alone = [
        score(0.8, 0.85, 0.7, "higher"),
        score(45, 30, 60, "lower", "d"),
        score(2, 3, 2, "higher", "c1"),
        score(0, 0, None, "lower", "f"),
    ]
    assert together.tolist() == alone
