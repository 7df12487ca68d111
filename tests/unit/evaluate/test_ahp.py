"""AHP against published examples, hand-computed matrices and its mathematical properties."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataRefused, UsageError
from pipeline.evaluate.weights import ahp
from pipeline.evaluate.weights.ahp import Judgement
from pipeline.settings.plan import AHP_METHODS, RANDOM_INDEX_TABLES

METHODS = list(ahp.PRIORITY_METHODS)


def test_a_plan_may_choose_every_method_and_table_there_is() -> None:
    assert tuple(ahp.PRIORITY_METHODS) == AHP_METHODS
    assert tuple(ahp.RANDOM_INDICES) == RANDOM_INDEX_TABLES


def rounds_to(value: float, printed: float, decimals: int) -> bool:
    """Whether a value agrees with a printed one at its printed precision."""
    return abs(value - printed) <= 0.5 * 10**-decimals + 1e-12


def decimals_of(printed: float) -> int:
    text = repr(printed)
    return len(text.split(".")[1]) if "." in text else 0


def matrix_of(items: str, *ratios: float) -> ahp.Matrix:
    """The matrix of one-letter items with the ratios of its upper triangle, row by row."""
    pairs = combinations(items, 2)
    return ahp.pairwise_matrix([Judgement(*pair, ratio) for pair, ratio in zip(pairs, ratios, strict=True)], list(items))


# --- the published examples -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examples(shared_data: Path) -> dict[str, dict[str, Any]]:
    file = shared_data / "ahp_examples" / "ahp_examples.json"
    if not file.is_file():
        pytest.skip("ahp_examples.json is absent")
    return {entry["id"]: entry for entry in json.loads(file.read_text(encoding="utf-8"))}


# The method and random index each example names (SOURCE.md beside the file); every entry of the file stands here.
NAMED = {
    "saaty2005_cities_criteria": ("eigenvector", "saaty_2007"),
    "saaty2005_cities_culture": ("eigenvector", "saaty_2007"),
    "saaty2005_cities_family": ("eigenvector", "saaty_2007"),
    "saaty2005_cities_housing": ("eigenvector", "saaty_2007"),
    "saaty2005_cities_jobs": ("eigenvector", "saaty_2007"),
    "saaty2005_cities_transportation": ("eigenvector", "saaty_2007"),
    "saaty2005_cities_total": ("eigenvector", "saaty_2007"),
    "leader_criteria": ("eigenvector", "saaty_2007"),
    "cn_tourism_criteria": ("geometric_mean", "saaty_1980"),
    "cn_tourism_B1": ("geometric_mean", "saaty_1980"),
    "consistent_3x3": ("eigenvector", "saaty_1980"),
}


def test_every_example_of_the_file_is_tested(examples: dict[str, dict[str, Any]]) -> None:
    assert set(examples) == set(NAMED)


@pytest.mark.parametrize("name", [name for name in NAMED if name != "saaty2005_cities_total"])
def test_published_example(examples: dict[str, dict[str, Any]], name: str) -> None:
    entry = examples[name]
    published, recomputed = entry["published"], entry["recomputed"]
    method, index = NAMED[name]
    matrix = ahp.check_matrix(entry["matrix"])
    weights = ahp.priorities(matrix, method)
    # 方根法 comes with its own estimate of λ_max, which the Chinese texts print.
    result = ahp.consistency(matrix, index, weights if method == "geometric_mean" else None)

    if "weights" in published:
        # A list is printed to one precision; trailing zeros are lost in JSON.
        decimals = min(max(map(decimals_of, published["weights"])), 12)
        for computed, printed in zip(weights, published["weights"], strict=True):
            assert rounds_to(computed, printed, decimals)
    if "weight_first" in published:
        assert rounds_to(weights[0], published["weight_first"], 4)
    if "lambda_max" in published:
        assert rounds_to(result.lambda_max, published["lambda_max"], 3)
    if "ci" in published:
        assert rounds_to(result.index, published["ci"], 4)
    if "cr" in published:
        assert rounds_to(result.ratio, published["cr"], decimals_of(published["cr"]) or 9)

    # The file's own full-precision figures: all three methods, and CR by both of Saaty's tables.
    exact = ahp.consistency(matrix, "saaty_1980")
    assert exact.lambda_max == pytest.approx(recomputed["lambda_max"], abs=1e-9)
    assert exact.index == pytest.approx(recomputed["ci"], abs=1e-9)
    assert exact.ratio == pytest.approx(recomputed["cr_ri_saaty1980"], abs=1e-9)
    assert ahp.consistency(matrix, "saaty_2007").ratio == pytest.approx(recomputed["cr_ri_saaty2007"], abs=1e-9)
    for of, key in zip(METHODS, ("weights_eigen", "weights_geometric", "weights_colnorm"), strict=True):
        assert ahp.priorities(matrix, of) == pytest.approx(recomputed[key], abs=1e-9)


def test_published_synthesis_of_the_cities(examples: dict[str, dict[str, Any]]) -> None:
    goal = examples["saaty2005_cities_criteria"]
    local = [ahp.priorities(examples[f"saaty2005_cities_{criterion.lower()}"]["matrix"]) for criterion in goal["items"]]
    total = ahp.priorities(goal["matrix"]) @ np.asarray(local)
    entry = examples["saaty2005_cities_total"]
    for computed, printed in zip(total, entry["published"]["weights"], strict=True):
        assert rounds_to(computed, printed, 4)
    assert total == pytest.approx(entry["recomputed"]["weights_eigen"], abs=1e-9)


def test_the_cities_criteria_print_different_ratios_by_index() -> None:
    # CI .05631 by hand from λ_max 5.22524: ÷ 1.12 = .0503, ÷ 1.11 = .0507 (printed), ÷ 1.0591 = .0532.
    matrix = ahp.check_matrix(
        [
            [1, 1 / 5, 3, 1 / 2, 5],
            [5, 1, 7, 1, 7],
            [1 / 3, 1 / 7, 1, 1 / 4, 3],
            [2, 1, 4, 1, 7],
            [1 / 5, 1 / 7, 1 / 3, 1 / 7, 1],
        ]
    )
    ratios = [ahp.consistency(matrix, name).ratio for name in ("saaty_1980", "saaty_2007", "donegan_dodd_1991")]
    assert [round(ratio, 4) for ratio in ratios] == [0.0503, 0.0507, 0.0532]


# Saaty (2008) Int. J. Services Sciences 1(1), relative consumption of drinks; figures by AHPy 2.0 (README, tests).
DRINKS = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"]
DRINKS_UPPER = (
    (9, 5, 2, 1, 1, 1 / 2),
    (1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9),
    (1 / 3, 1 / 4, 1 / 3, 1 / 9),
    (1 / 2, 1, 1 / 3),
    (2, 1 / 2),
    (1 / 3,),
)


def test_drinks_by_two_random_indices() -> None:
    judgements = [
        Judgement(DRINKS[i], DRINKS[i + 1 + j], ratio) for i, row in enumerate(DRINKS_UPPER) for j, ratio in enumerate(row)
    ]
    matrix = ahp.pairwise_matrix(judgements, DRINKS)
    printed = [0.1775, 0.0191, 0.0418, 0.1164, 0.1896, 0.1288, 0.3268]
    assert all(rounds_to(w, p, 4) for w, p in zip(ahp.priorities(matrix), printed, strict=True))
    assert rounds_to(ahp.consistency(matrix, "saaty_2007").ratio, 0.022, 3)
    assert rounds_to(ahp.consistency(matrix, "donegan_dodd_1991").ratio, 0.0235, 4)


def test_choosing_a_leader() -> None:
    # AHPy README: 4 criteria × 3 candidates; CR .044 / .035 / .062, Nell .493, Moll .358, Sue .149 (there printed
    # .150).
    criteria = matrix_of("XDCA", 4, 3, 7, 1 / 3, 3, 5)
    local = [
        matrix_of("MNS", 1 / 4, 4, 9),
        matrix_of("MNS", 3, 1 / 5, 1 / 7),
        matrix_of("MNS", 5, 9, 4),
        matrix_of("MNS", 1 / 3, 5, 9),
    ]
    assert rounds_to(ahp.consistency(criteria, "saaty_2007").ratio, 0.044, 3)
    assert rounds_to(ahp.consistency(local[0], "saaty_2007").ratio, 0.035, 3)
    assert rounds_to(ahp.consistency(local[1], "saaty_2007").ratio, 0.062, 3)
    total = ahp.priorities(criteria) @ np.array([ahp.priorities(matrix) for matrix in local])
    assert total == pytest.approx([0.358, 0.493, 0.149], abs=5e-4)


def test_purchasing_a_vehicle() -> None:
    # AHPy README with Donegan and Dodd: criteria .51/.234/.041/.215, CR .08; cost .488/.252/.1/.161, CR .016.
    criteria = matrix_of("cayp", 3, 7, 3, 9, 1, 1 / 7)
    assert ahp.priorities(criteria) == pytest.approx([0.51, 0.234, 0.041, 0.215], abs=5e-4)
    assert rounds_to(ahp.consistency(criteria, "donegan_dodd_1991").ratio, 0.08, 3)
    cost = matrix_of("pfmr", 2, 5, 3, 2, 2, 1 / 2)
    assert ahp.priorities(cost) == pytest.approx([0.488, 0.252, 0.1, 0.161], abs=5.1e-4)
    assert rounds_to(ahp.consistency(cost, "donegan_dodd_1991").ratio, 0.016, 3)


def test_the_legal_example_of_the_project() -> None:
    # Outcome : process 1, : resources 2, : improvement 3; process : resources 1, : improvement 3; resources :
    # improvement 2.
    matrix = matrix_of("OPRI", 1, 2, 3, 1, 3, 2)
    weights = ahp.priorities(matrix)
    assert [round(float(weight), 4) for weight in weights] == [0.3584, 0.3015, 0.2301, 0.1100]
    assert round(ahp.consistency(matrix, "saaty_1980").ratio, 3) == 0.017
    for weight, low, high in zip(weights, (0.35, 0.30, 0.20, 0.10), (0.40, 0.35, 0.25, 0.15), strict=True):
        assert low <= weight <= high


# --- by hand --------------------------------------------------------------------------------------------------------


def test_two_items_have_no_contradiction() -> None:
    # a : b = 3 → weights 3/4, 1/4 by every method; λ_max = 2.
    matrix = matrix_of("ab", 3)
    for method in METHODS:
        assert ahp.priorities(matrix, method) == pytest.approx([0.75, 0.25], abs=1e-12)
    result = ahp.consistency(matrix)
    assert (result.order, result.lambda_max, result.index, result.ratio) == (2, 2.0, 0.0, 0.0)


def test_one_item_has_all_the_weight() -> None:
    matrix = ahp.pairwise_matrix([], ["a"])
    assert ahp.priorities(matrix) == pytest.approx([1.0])
    assert ahp.consistency(matrix).ratio == 0.0


def test_a_circular_matrix_by_hand() -> None:
    # a>b by 2, b>c by 2, c>a by 2: circulant with rows (1, 2, 1/2), so the vector of ones is its eigenvector:
    # λ = 1 + 2 + 1/2 = 3.5, CI = (3.5 − 3)/2 = .25, CR = .25/.58 = .431.
    matrix = matrix_of("abc", 2, 1 / 2, 2)
    for method in METHODS:
        assert ahp.priorities(matrix, method) == pytest.approx([1 / 3] * 3, abs=1e-12)
    result = ahp.consistency(matrix, "saaty_1980")
    assert result.lambda_max == pytest.approx(3.5, abs=1e-12)
    assert result.index == pytest.approx(0.25, abs=1e-12)
    assert result.ratio == pytest.approx(0.25 / 0.58, abs=1e-12)


def test_row_geometric_means_by_hand() -> None:
    # a:b 2, a:c 8, b:c 2: row products 16, 1, 1/16; cube roots 2.5198, 1, .39685; sum 3.91667 → .64336, .25532, .10132.
    # Column sums 13/8 … : 1 + 1/2 + 1/8 = 13/8, 2 + 1 + 1/2 = 7/2, 8 + 2 + 1 = 11;
    # first row scaled: 8/13 + 4/7 + 8/11 = 1.913753, a third of it .637918.
    matrix = matrix_of("abc", 2, 8, 2)
    root = 16 ** (1 / 3)
    total = root + 1 + 1 / root
    assert ahp.geometric_mean_priorities(matrix) == pytest.approx([root / total, 1 / total, 1 / root / total], abs=1e-12)
    assert ahp.column_normalised_priorities(matrix)[0] == pytest.approx((8 / 13 + 4 / 7 + 8 / 11) / 3, abs=1e-12)


def test_group_by_hand() -> None:
    # Experts say a:b = 2 and 8: geometric mean √16 = 4. Weighted 3:1: exp((3 ln 2 + ln 8)/4) = 2^(6/4) = 2.8284.
    # Dispersion: ln 2 and ln 8 are ± ln 2 about ln 4, s = √(2·(ln 2)²/1) = √2·ln 2, so the geometric SD is 2^√2 =
    # 2.6651.
    stack = [matrix_of("ab", 2), matrix_of("ab", 8)]
    assert ahp.aggregate_judgements(stack)[0, 1] == pytest.approx(4)
    assert ahp.aggregate_judgements(stack, [3, 1])[0, 1] == pytest.approx(2**1.5)
    assert ahp.geometric_dispersion(stack)[0, 1] == pytest.approx(2 ** math.sqrt(2))
    assert ahp.geometric_dispersion(stack, [5, 5])[0, 1] == pytest.approx(2 ** math.sqrt(2))
    assert np.isnan(ahp.geometric_dispersion(stack[:1])[0, 1])
    # AIP: individual weights (2/3, 1/3) and (8/9, 1/9) → √(16/27) : √(1/27) = 4 : 1.
    assert ahp.aggregate_priorities([[2 / 3, 1 / 3], [8 / 9, 1 / 9]]) == pytest.approx([0.8, 0.2])


def test_the_arithmetic_mean_would_break_reciprocity() -> None:
    # Why judgements are averaged geometrically: mean(2, 8) = 5 but mean(1/2, 1/8) = .3125 ≠ 1/5.
    group = ahp.aggregate_judgements([matrix_of("ab", 2), matrix_of("ab", 8)])
    assert group[0, 1] * group[1, 0] == pytest.approx(1)


# --- refusals -------------------------------------------------------------------------------------------------------

ORIGIN = "expert E7, round 2, parent ALL"


@pytest.mark.parametrize(
    ("judgements", "said"),
    [
        ([("a", "b", 2.0), ("a", "c", 3.0)], "pair b : c: not judged"),
        ([("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 0.0)], "pair b : c: ratio 0.0 is not on Saaty's scale"),
        ([("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 10.0)], "pair b : c: ratio 10.0"),
        ([("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 0.1)], "pair b : c: ratio 0.1"),
        ([("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", float("nan"))], "pair b : c: ratio nan"),
        (
            [("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 2.0), ("c", "b", 2.0)],
            "2 and the reverse 2 are not reciprocal",
        ),
        ([("a", "b", 2.0), ("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 2.0)], "pair a : b: judged twice"),
        ([("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 2.0), ("a", "a", 1.0)], "an item is compared with itself"),
        ([("a", "b", 2.0), ("a", "c", 3.0), ("b", "c", 2.0), ("a", "x", 1.0)], "pair a : x: x is not one of a, b, c"),
    ],
)
def test_bad_judgements_are_named(judgements: list[tuple[str, str, float]], said: str) -> None:
    with pytest.raises(DataRefused) as refused:
        ahp.pairwise_matrix([Judgement(*row) for row in judgements], ["a", "b", "c"], origin=ORIGIN)
    assert said in str(refused.value)
    assert str(refused.value).startswith(ORIGIN)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(DataRefused) as refused:
        ahp.pairwise_matrix([Judgement("a", "b", 11.0)], ["a", "b", "c"], origin=ORIGIN)
    for said in ("ratio 11.0", "pair a : c: not judged", "pair b : c: not judged"):
        assert said in str(refused.value)


def test_a_reciprocal_written_with_three_decimals_is_accepted() -> None:
    both = [Judgement("a", "b", 7), Judgement("b", "a", 0.143), Judgement("a", "c", 9), Judgement("b", "c", 1)]
    assert ahp.pairwise_matrix(both, ["a", "b", "c"])[1, 0] == 1 / 7
    assert ahp.pairwise_matrix([Judgement("a", "b", 0.111)], ["a", "b"])[0, 1] == 0.111


# 1/a to two decimals, half up; 1/8 = 0.125 may be cut or rounded.
@pytest.mark.parametrize(
    ("exact", "rounded"),
    [(2, 0.5), (3, 0.33), (4, 0.25), (5, 0.2), (6, 0.17), (7, 0.14), (8, 0.13), (8, 0.12), (9, 0.11), (1, 1)],
)
def test_a_reciprocal_written_with_two_decimals_is_accepted(exact: float, rounded: float) -> None:
    both = [Judgement("a", "b", exact), Judgement("b", "a", rounded)]
    assert ahp.pairwise_matrix(both, ["a", "b"])[0, 1] == exact
    assert ahp.pairwise_matrix(both[::-1], ["b", "a"])[1, 0] == exact
    assert ahp.pairwise_matrix(both[1:], ["a", "b"])[1, 0] == pytest.approx(rounded)


@pytest.mark.parametrize(("exact", "other"), [(3, 0.35), (9, 0.125), (8, 0.111), (7, 0.13), (2, 0.49), (9, 0.1)])
def test_another_judgement_is_no_rounding(exact: float, other: float) -> None:
    with pytest.raises(DataRefused):
        ahp.pairwise_matrix([Judgement("a", "b", exact), Judgement("b", "a", other)], ["a", "b"])


def test_problems_have_codes_for_whoever_words_them_anew() -> None:
    given_ = [("a", "b", 2.0), ("b", "a", 2.0), ("a", "c", 11.0), ("a", "x", 1.0), ("c", "c", 1.0)]
    with pytest.raises(ahp.JudgementsRefused) as refused:
        ahp.pairwise_matrix([Judgement(*row) for row in given_], ["a", "b", "c"])
    assert refused.value.codes == (
        "off_scale:a|c",
        "foreign_item:a|x",
        "compared_with_itself:c|c",
        "not_reciprocal:a|b",
        "not_judged:a|c",
        "not_judged:b|c",
    )


@pytest.mark.parametrize("matrix", [[[1, 2]], [[1, 2], [0.4, 1]], [[1, -2], [-0.5, 1]], [[1, np.inf], [0, 1]], []])
def test_no_pairwise_matrix(matrix: list[list[float]]) -> None:
    with pytest.raises(DataRefused):
        ahp.check_matrix(matrix)


def test_unknown_names_are_usage_errors() -> None:
    matrix = matrix_of("ab", 2)
    with pytest.raises(UsageError, match="saaty_2007"):
        ahp.consistency(matrix, "saaty")
    with pytest.raises(UsageError, match="geometric_mean"):
        ahp.priorities(matrix, "mean")
    with pytest.raises(UsageError, match="published for 1 to 15 items, not 16"):
        ahp.random_index("saaty_1980").value(16)
    with pytest.raises(UsageError, match="must be positive numbers, one per expert"):
        ahp.aggregate_judgements([matrix, matrix], [1.0])
    with pytest.raises(DataRefused):
        ahp.aggregate_judgements(np.empty((0, 2, 2)))


# --- properties -----------------------------------------------------------------------------------------------------

positive = st.floats(0.05, 20)
saaty = st.sampled_from([1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)])


@st.composite
def reciprocal_matrices(draw: st.DrawFn, order: int | None = None) -> ahp.Matrix:
    n = order or draw(st.integers(2, 7))
    matrix = np.ones((n, n))
    for i, j in combinations(range(n), 2):
        matrix[i, j] = draw(saaty)
        matrix[j, i] = 1 / matrix[i, j]
    return matrix


@given(st.lists(positive, min_size=2, max_size=8))
def test_a_consistent_matrix_gives_its_weights_back_by_every_method(raw: list[float]) -> None:
    weights = np.array(raw) / np.sum(raw)
    matrix = weights[:, None] / weights[None, :]
    for method in METHODS:
        assert ahp.priorities(matrix, method) == pytest.approx(weights, rel=1e-8)
    assert ahp.consistency(matrix).ratio == pytest.approx(0, abs=1e-8)


@given(reciprocal_matrices(), st.randoms())
def test_priorities_and_consistency_follow_a_permutation(matrix: ahp.Matrix, random: Any) -> None:
    order = list(range(len(matrix)))
    random.shuffle(order)
    shuffled = matrix[np.ix_(order, order)]
    for method in METHODS:
        assert ahp.priorities(shuffled, method) == pytest.approx(ahp.priorities(matrix, method)[order], abs=1e-9)
    assert ahp.consistency(shuffled).ratio == pytest.approx(ahp.consistency(matrix).ratio, abs=1e-9)


@given(reciprocal_matrices())
def test_weights_are_a_distribution_and_lambda_is_at_least_n(matrix: ahp.Matrix) -> None:
    for method in METHODS:
        weights = ahp.priorities(matrix, method)
        assert weights.sum() == pytest.approx(1)
        assert np.all(weights > 0)
    assert ahp.lambda_max(matrix) >= len(matrix) - 1e-9
    weights = ahp.eigenvector_priorities(matrix)
    assert matrix @ weights == pytest.approx(ahp.lambda_max(matrix) * weights, abs=1e-9)
    assert ahp.lambda_max(matrix, weights) == pytest.approx(ahp.lambda_max(matrix), abs=1e-9)


@given(st.lists(reciprocal_matrices(order=4), min_size=1, max_size=6), st.data())
def test_aggregation_keeps_reciprocity_and_agrees_with_aip_for_row_means(stack: list[ahp.Matrix], data: Any) -> None:
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=len(stack), max_size=len(stack)))
    group = ahp.aggregate_judgements(stack, weights)
    assert group * group.T == pytest.approx(np.ones((4, 4)))
    individual = [ahp.geometric_mean_priorities(matrix) for matrix in stack]
    assert ahp.aggregate_priorities(individual, weights) == pytest.approx(ahp.geometric_mean_priorities(group))


@given(reciprocal_matrices(order=4), st.integers(2, 5))
def test_unanimous_experts_change_nothing(matrix: ahp.Matrix, experts: int) -> None:
    assert ahp.aggregate_judgements([matrix] * experts) == pytest.approx(matrix)
    assert ahp.geometric_dispersion([matrix] * experts) == pytest.approx(np.ones((4, 4)))
