"""Survey weights: cells, one-way margins, raking, merging, capping and what they cost, by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluate.survey.post_stratification import Weighting, design_effect, rake, weigh
from pipeline.settings.survey_files import Cell, Population


def weighed(sample: dict[Cell, int], population: dict[Cell, int], minimum: int = 1, cap: float = 100) -> Weighting:
    found = weigh(sample, Population(population), minimum, cap)
    assert found is not None
    return found


def test_a_weight_is_share_of_the_population_by_share_of_the_sample() -> None:
    sample = {("A", "phone"): 10, ("A", "online"): 30, ("B", "phone"): 20, ("B", "online"): 40}
    population = {("A", "phone"): 200, ("A", "online"): 300, ("B", "phone"): 100, ("B", "online"): 400}
    found = weighed(sample, population)
    # .2/.1, .3/.3, .1/.2, .4/.4
    assert found.weights == pytest.approx({("A", "phone"): 2, ("A", "online"): 1, ("B", "phone"): 0.5, ("B", "online"): 1})
    # Σw = 100, Σw² = 10·4 + 30 + 20·.25 + 40 = 115: 100·115/100² and 100²/115
    assert found.design_effect == pytest.approx(1.15)
    assert found.effective_n == pytest.approx(10_000 / 115)
    assert found.largest_difference == pytest.approx(0.1)
    assert (found.method, found.cells, found.merged, found.outside, found.capped) == ("cells", 4, 0, 0, 0)


def test_equal_weights_cost_nothing() -> None:
    assert design_effect([3, 4], [1, 1]) == (1, 7)


def test_an_empty_cell_is_merged_within_its_region() -> None:
    # Nobody of 100 phone customers in A answered: A's 300 of 400 stand for 10 of 20 answers, .75/.5 and .25/.5
    found = weighed(
        {("A", "online"): 10, ("B", "phone"): 10},
        {("A", "phone"): 100, ("A", "online"): 200, ("B", "phone"): 100},
    )
    assert found.weights == pytest.approx({("A", "online"): 1.5, ("B", "phone"): 0.5})
    assert (found.cells, found.merged) == (3, 2)


def test_a_region_without_answers_is_merged_with_the_smallest_group() -> None:
    # C's 100 join A's 100 for 5 of 20 answers: .5/.25; B's 200 for 15: .5/.75
    found = weighed(
        {("A", "phone"): 5, ("B", "phone"): 15},
        {("A", "phone"): 100, ("B", "phone"): 200, ("C", "online"): 100},
    )
    assert found.weights == pytest.approx({("A", "phone"): 2, ("B", "phone"): 2 / 3})
    assert found.merged == 2


def test_cells_with_few_answers_are_merged_the_smallest_first() -> None:
    sample = {("A", "onsite"): 1, ("A", "outlet"): 4, ("A", "phone"): 9, ("B", "phone"): 6}
    population = {("A", "onsite"): 30, ("A", "outlet"): 20, ("A", "phone"): 20, ("B", "phone"): 30}
    found = weighed(sample, population, minimum=5)
    # on-site and outlet: .5 of the people, 5/20 of the answers; phone .2/.45; B .3/.3
    assert found.weights == pytest.approx({("A", "onsite"): 2, ("A", "outlet"): 2, ("A", "phone"): 0.2 / 0.45, ("B", "phone"): 1})
    assert found.merged == 2
    assert found.strata["A", "onsite"] == found.strata["A", "outlet"] != found.strata["A", "phone"]


def test_too_few_answers_altogether_all_weigh_the_same() -> None:
    found = weighed({("A", "phone"): 1, ("B", "phone"): 2}, {("A", "phone"): 9, ("B", "phone"): 1}, minimum=5)
    assert found.weights == pytest.approx({("A", "phone"): 1, ("B", "phone"): 1})


def test_a_weight_above_the_cap_is_cut_and_given_to_the_others() -> None:
    # .6/.1 = 6 is cut to 3; the other nine get (10 − 3)/9 instead of .4/.9
    found = weighed({("A", "phone"): 1, ("B", "phone"): 9}, {("A", "phone"): 60, ("B", "phone"): 40}, cap=3)
    assert found.weights == pytest.approx({("A", "phone"): 3, ("B", "phone"): 7 / 9})
    assert found.capped == 1
    # 10·(9 + 9·49/81)/10²
    assert found.design_effect == pytest.approx((9 + 49 / 9) / 10)


def test_what_is_raised_above_the_cap_by_a_cut_is_cut_too() -> None:
    # Weights 4, 1.45, .15/.8·…: cutting the first raises the second above 1.5
    found = weighed(
        {("A", "phone"): 1, ("B", "phone"): 1, ("C", "phone"): 8},
        {("A", "phone"): 40, ("B", "phone"): 14, ("C", "phone"): 46},
        cap=1.5,
    )
    # 1.5, then (10 − 1.5)/(1.4 + 4.6) = 1.41667 times 1.4 = 1.98: also cut; the rest (10 − 3)/8
    assert found.weights == pytest.approx({("A", "phone"): 1.5, ("B", "phone"): 1.5, ("C", "phone"): 7 / 8})
    assert found.capped == 2
    with pytest.raises(ValueError, match="the cap must be at least 1, the mean weight"):
        weigh({("A", "phone"): 1}, Population({("A", "phone"): 1}), 1, 0.9)


def test_a_response_outside_the_population_weighs_one() -> None:
    sample = {("A", "phone"): 1, ("A", "online"): 3, ("", ""): 2, ("Z", "phone"): 1, ("B", "phone"): 1}
    population = {("A", "phone"): 50, ("A", "online"): 50, ("B", "phone"): 0}
    found = weighed(sample, population)
    assert found.weights == pytest.approx(
        {("A", "phone"): 2, ("A", "online"): 2 / 3, ("", ""): 1, ("Z", "phone"): 1, ("B", "phone"): 1}
    )
    assert (found.outside, found.cells) == (4, 2)
    assert found.strata["Z", "phone"] == -1
    assert weigh({("", ""): 4}, Population(population), 1, 5) is None


def test_margins_of_one_kind_are_post_stratified_by_it() -> None:
    sample = {("A", "phone"): 2, ("A", "online"): 2, ("B", "phone"): 4, ("B", ""): 2}
    by_region = weighed(sample, {("A", ""): 60, ("B", ""): 40})
    # .6/.4 and .4/.6, also of the answer without a channel
    assert by_region.weights == pytest.approx({("A", "phone"): 1.5, ("A", "online"): 1.5, ("B", "phone"): 2 / 3, ("B", ""): 2 / 3})
    assert by_region.method == "region"
    by_channel = weighed(sample, {("", "phone"): 30, ("", "online"): 70})
    # .3/.75 and .7/.25 of the eight answers with a channel
    assert by_channel.weights == pytest.approx({("A", "phone"): 0.4, ("B", "phone"): 0.4, ("A", "online"): 2.8, ("B", ""): 1})
    assert (by_channel.method, by_channel.outside) == ("channel", 2)


# Survey and census of the manual of the Apophenia library (Klemens), rows 5 and 15, columns 10 and 10. Raking keeps the odds
# ratio 7·7/(9·12): with a in the first cell a(5 + a) ÷ ((5 − a)(10 − a)) = 49/108, so 59a² + 1275a − 2450 = 0.
FIRST = (-1275 + sqrt(1275**2 + 4 * 59 * 2450)) / 118


def test_raking_meets_both_margins_and_keeps_the_odds() -> None:
    fitted = rake(np.array([[7.0, 9], [12, 7]]), np.array([5.0, 15]), np.array([10.0, 10]))
    assert fitted is not None
    assert fitted == pytest.approx(np.array([[FIRST, 5 - FIRST], [10 - FIRST, 5 + FIRST]]), abs=1e-9)


def test_one_way_margins_of_both_kinds_are_raked() -> None:
    sample = {("A", "phone"): 7, ("A", "online"): 9, ("B", "phone"): 12, ("B", "online"): 7}
    found = weighed(sample, {("A", ""): 50, ("B", ""): 150, ("", "phone"): 100, ("", "online"): 100})
    # 35 answers, 20 in the example
    assert found.weights["A", "phone"] == pytest.approx(FIRST / 20 * 35 / 7)
    assert found.weights["B", "online"] == pytest.approx((5 + FIRST) / 20 * 35 / 7)
    assert (found.method, found.cells) == ("raking", 4)
    # A holds 16/35 of the answers and a quarter of the people.
    assert found.largest_difference == pytest.approx(16 / 35 - 1 / 4)


def test_margins_that_no_weights_can_meet_give_none() -> None:
    # All of A came by phone and all of B online: phone must be A's share.
    population = Population({("A", ""): 50, ("B", ""): 50, ("", "phone"): 80, ("", "online"): 20})
    assert weigh({("A", "phone"): 5, ("B", "online"): 5}, population, 1, 5) is None


@given(
    st.lists(st.integers(0, 40), min_size=6, max_size=6).filter(any),
    st.lists(st.integers(1, 1000), min_size=6, max_size=6),
    st.integers(1, 10),
    st.floats(1, 10),
)
def test_weights_keep_the_number_of_responses_and_the_cap(
    responses: list[int], people: list[int], minimum: int, cap: float
) -> None:
    cells = [(region, channel) for region in "AB" for channel in ("online", "outlet", "phone")]
    sample = {cell: n for cell, n in zip(cells, responses, strict=True) if n}
    found = weighed(sample, dict(zip(cells, people, strict=True)), minimum, cap)
    assert sum(n * found.weights[cell] for cell, n in sample.items()) == pytest.approx(sum(responses))
    assert max(found.weights.values()) <= cap * (1 + 1e-6)
    assert min(found.weights.values()) > 0
    assert found.design_effect >= 1 - 1e-9
    assert found.effective_n <= sum(responses) * (1 + 1e-9)


def test_a_small_region_is_merged_with_a_whole_region() -> None:
    # A has 2 responses of the 5 it needs; the smallest other region is B, whose two channels would do by themselves.
    sample = {("A", "phone"): 2, ("B", "phone"): 6, ("B", "online"): 6, ("C", "phone"): 30}
    weighting = weigh(sample, Population(dict.fromkeys(sample, 10)), 5, 100.0)
    assert weighting is not None
    strata = weighting.strata
    assert strata["A", "phone"] == strata["B", "phone"] == strata["B", "online"] != strata["C", "phone"]
    # 30 of 40 people, 14 of 44 responses.
    assert weighting.weights["B", "online"] == pytest.approx((30 / 40) / (14 / 44))
