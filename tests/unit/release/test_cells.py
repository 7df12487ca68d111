"""Which places are withheld: cells worked out by hand, and the arithmetic of a reader who subtracts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given
from scipy.optimize import linprog

from pipeline.release.cells import Limits, Place, linked, withheld_places

E = Place("enterprise", "E")
REGION_OF = {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "b3": "B", "c1": "C"}
FIVE = Limits(lambda _name, _place, count: count >= 5, REGION_OF)


def region(name: str) -> Place:
    return Place("region", name)


def outlet(name: str) -> Place:
    return Place("outlet", name)


def names(places: frozenset[Place]) -> set[str | None]:
    return {place.name for place in places}


def test_where_every_place_has_enough_people_nothing_is_withheld() -> None:
    assert withheld_places({"x": {E: 50, region("A"): 20, region("B"): 30}}, FIVE) == frozenset()


def test_the_smallest_other_region_goes_with_a_small_one() -> None:
    # 55 − 20 − 30 would be the 5 − 0 of A: two regions are missing, so that only 3 + 20 can be told.
    assert names(withheld_places({"x": {E: 53, region("A"): 3, region("B"): 20, region("C"): 30}}, FIVE)) == {"A", "B"}


def test_records_of_no_region_protect_a_small_one() -> None:
    # 60 − 20 − 30 = 10 are the three of A and seven without a region, whom no table shows.
    assert names(withheld_places({"x": {E: 60, region("A"): 3, region("B"): 20, region("C"): 30}}, FIVE)) == {"A"}


def test_few_records_of_no_region_are_not_told_by_subtraction() -> None:
    # 52 − 20 − 30 = 2
    assert names(withheld_places({"x": {E: 52, region("A"): 20, region("B"): 30}}, FIVE)) == {"A"}


def test_a_withheld_region_has_a_withheld_outlet() -> None:
    # B goes with A; b1 + b2 would be B.
    counts = {E: 53, region("A"): 3, region("B"): 20, region("C"): 30, outlet("b1"): 8, outlet("b2"): 12, outlet("a1"): 3}
    found = names(withheld_places({"x": counts}, FIVE))
    assert found == {"A", "B", "a1", "b1"}


def test_the_only_outlet_of_a_shown_region_hides_nothing() -> None:
    # c1 is smaller than a2, but C says that it has 6.
    counts = {E: 19, region("A"): 13, region("C"): 6, outlet("a1"): 3, outlet("a2"): 10, outlet("c1"): 6}
    assert names(withheld_places({"x": counts}, FIVE)) == {"a1", "a2"}


def test_the_region_of_one_outlet_is_withheld_with_it() -> None:
    # c1 was withheld before, and a1 goes with it: 13 − 7 would tell a1, C tells c1, and 19 − 13 would tell C.
    counts = {E: 19, region("A"): 13, region("C"): 6, outlet("a1"): 6, outlet("a2"): 7, outlet("c1"): 6}
    assert names(withheld_places({"x": counts}, FIVE, [outlet("c1")])) == {"c1", "a1", "a2", "C", "A"}


def test_requests_without_an_outlet_hide_the_only_one() -> None:
    # Of the 20 of C, 17 name no outlet.
    assert names(withheld_places({"x": {E: 40, region("A"): 20, region("C"): 20, outlet("c1"): 3}}, FIVE)) == {"c1"}


def test_two_small_outlets_together_still_too_few_take_a_third() -> None:
    counts = {E: 30, region("B"): 30, outlet("b1"): 1, outlet("b2"): 2, outlet("b3"): 27}
    assert names(withheld_places({"x": counts}, FIVE)) == {"b1", "b2", "b3"}


def test_what_one_indicator_withholds_its_twin_does_too() -> None:
    one = {E: 40, region("A"): 20, region("B"): 20}
    other = {E: 23, region("A"): 3, region("B"): 20}
    assert names(withheld_places({"one": one, "other": other}, FIVE)) == {"A", "B"}


def test_of_a_frequent_customer_more_records_are_needed() -> None:
    # A customer with 30 requests: 33 of them can be of four people.
    limits = Limits(lambda _name, place, count: count > (33 if place.name == "A" else 4), {})
    assert names(withheld_places({"x": {E: 90, region("A"): 33, region("B"): 57}}, limits)) == {"A", "B"}


def test_what_was_withheld_before_stays_withheld() -> None:
    counts = {E: 60, region("A"): 20, region("B"): 18, region("C"): 22}
    assert names(withheld_places({"x": counts}, FIVE, [region("A")])) == {"A", "B"}


def test_a_small_enterprise_is_withheld_with_its_places() -> None:
    assert names(withheld_places({"x": {E: 4, region("A"): 4}}, FIVE)) == {"E", "A"}


@example({"a1": 3, "a2": 10, "c1": 6})
@given(st.dictionaries(st.sampled_from(sorted(REGION_OF)), st.integers(0, 12), min_size=2))
def test_no_count_can_be_bounded_within_one(outlets: Mapping[str, int]) -> None:
    """A reader solves for the least and the most that each withheld place can have, by all that is shown."""
    counts = {outlet(name): count for name, count in outlets.items() if count}
    for name in "ABC":
        total = sum(count for each, count in outlets.items() if REGION_OF[each] == name)
        if total:
            counts[region(name)] = total
    if not counts:
        return
    counts[E] = sum(outlets.values())
    hidden = withheld_places({"x": counts}, FIVE)
    if E in hidden:
        assert counts[E] < 5
        return
    unknown = sorted(hidden)
    lines = [(E, [place for place in counts if place.scope_type == scope]) for scope in ("region", "outlet")]
    lines += [(region(name), [outlet(each) for each in outlets if REGION_OF[each] == name and outlets[each]]) for name in "ABC"]
    matrix, sums = [], []
    for total, parts in lines:
        if total in counts:
            row = np.zeros(len(unknown))
            shown = 0 if total in hidden else counts[total]
            for place, sign in ((total, -1), *((part, 1) for part in parts)):
                if place in hidden:
                    row[unknown.index(place)] += sign
                elif place != total:
                    shown -= counts[place]
            matrix.append(row)
            sums.append(shown)
    for place, sign in itertools.product(range(len(unknown)), (1,)):
        goal = np.zeros(len(unknown))
        goal[place] = sign
        least = linprog(goal, A_eq=matrix, b_eq=sums)
        most = linprog(-goal, A_eq=matrix, b_eq=sums)
        assert -most.fun - least.fun > 1.5, (unknown[place], least.fun, -most.fun)


def test_what_is_composed_tells_its_components() -> None:
    vectors = {"x": {(1,): 4, (2,): 5, (3,): 6}, "y": {(1,): 9}, "z": {(1,): 4, (2,): 5, (3,): 6}, "u": {(1,): 7}}
    assert sorted(map(sorted, linked(vectors, [frozenset({"x", "y", "index"})]))) == [["index", "x", "y", "z"], ["u"]]


@pytest.mark.parametrize(
    ("vectors", "groups"),
    [
        ({"x": {1: 4, 2: 5, 3: 6}, "y": {1: 4, 2: 5, 3: 6}}, [{"x", "y"}]),
        ({"x": {1: 4, 2: 5, 3: 6}, "y": {1: 4, 2: 5, 3: 7}}, [{"x"}, {"y"}]),
        # Alike where both have records; too few places to tell.
        ({"x": {1: 4, 2: 5, 3: 6}, "y": {1: 4, 2: 5}}, [{"x"}, {"y"}]),
        ({"x": {1: 4, 2: 5, 3: 6}, "y": {1: 4, 2: 5, 3: 6, 4: 9}, "z": {2: 5, 3: 6, 4: 9}}, [{"x", "y", "z"}]),
    ],
)
def test_indicators_that_count_alike_are_one_group(vectors: dict[str, dict[int, int]], groups: list[set[str]]) -> None:
    keyed = {name: {(key,): count for key, count in vector.items()} for name, vector in vectors.items()}
    assert sorted(map(sorted, linked(keyed))) == sorted(map(sorted, groups))
