"""Local recoding, against classes counted by hand and by a checker that shares nothing with it."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.classes import ABSENT, LEFT_OUT, Codes, Recoding, recode


def codes(*values: int) -> Codes:
    return np.array(values, dtype=np.int32)


def test_small_classes_give_up_one_value_at_a_time() -> None:
    # k = 2, given up: model, then region.
    #   rows 0 1     (region 0, model 0): 2 rows, stay
    #   rows 2 3     (0, 1) and (0, 2): one each; without the model both are (0, *): 2 rows
    #   rows 4 5     (1, 0) and (2, 0): one each, also as (1, *) and (2, *); without the region (*, *): 2 rows
    region, model = codes(0, 0, 0, 0, 1, 2), codes(0, 0, 1, 2, 0, 0)
    found = recode([codes(0, 0, 0, 0, 0, 0)], [model, region], [], 2, 1)
    assert found.levels.tolist() == [0, 0, 1, 1, 2, 2]


def test_a_row_alone_at_the_end_is_joined_by_the_most_generalised_smallest_class() -> None:
    # Classes: (0, 0) 3 rows and (0, 1) 2 rows at level 0; row 5 is alone at every level. Of the two classes, both at level 0, the
    # smaller one joins it: rows 3, 4, 5 give up everything.
    region, model = codes(0, 0, 0, 0, 0, 1), codes(0, 0, 0, 1, 1, 0)
    found = recode([codes(0, 0, 0, 0, 0, 0)], [model, region], [], 2, 1)
    assert found.levels.tolist() == [0, 0, 0, 2, 2, 2]


def test_a_group_smaller_than_k_is_left_out_and_takes_nobody_from_another_group() -> None:
    found = recode([codes(0, 0, 0, 1, 1)], [codes(0, 0, 0, 0, 0)], [], 3, 1)
    assert found.levels.tolist() == [0, 0, 0, LEFT_OUT, LEFT_OUT]


def test_a_class_with_one_sensitive_value_gives_up_more() -> None:
    # k = l = 2. (region 0): causes 1 1, not diverse. (1): causes 1 2, diverse. Without the region rows 0 and 1 are alone with
    # cause 1 twice, so no class of theirs is diverse: they keep their place among the suppressed and withhold the cause.
    found = recode([codes(0, 0, 0, 0)], [codes(0, 0, 1, 1)], [codes(1, 1, 1, 2)], 2, 2)
    assert found.levels.tolist() == [1, 1, 0, 0]
    assert found.hidden[0].tolist() == [True, True, False, False]


def test_a_group_that_cannot_be_diverse_withholds_the_value_and_nothing_else() -> None:
    found = recode([codes(0, 0, 0)], [codes(0, 0, 0)], [codes(4, 4, ABSENT)], 3, 2)
    assert found.levels.tolist() == [0, 0, 0]
    assert found.hidden[0].tolist() == [True, True, False]


def test_an_empty_table_stays_empty() -> None:
    found = recode([codes()], [codes()], [codes()], 5, 2)
    assert found.levels.tolist() == []


def test_keys_wider_than_64_bits_are_no_different() -> None:
    # Eight columns of 1,000 values each: 10^24 combinations. Each row has a twin, so nothing is given up for k = 2.
    columns = [np.repeat(np.arange(1000, dtype=np.int32), 2) for _ in range(8)]
    found = recode([np.zeros(2000, dtype=np.int32)], columns, [], 2, 1)
    assert found.levels.tolist() == [0] * 2000


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Codes], list[Codes], list[Codes], int, int]:
    rows = draw(st.integers(0, 40))

    def column(largest: int, smallest: int = 0) -> Codes:
        return np.array(draw(st.lists(st.integers(smallest, largest), min_size=rows, max_size=rows)), dtype=np.int32)

    groups = [column(1) for _ in range(draw(st.integers(1, 2)))]
    values = [column(draw(st.integers(0, 3))) for _ in range(draw(st.integers(0, 4)))]
    sensitive = [column(2, ABSENT) for _ in range(draw(st.integers(0, 2)))]
    return groups, values, sensitive, draw(st.integers(2, 6)), draw(st.integers(1, 3))


def published(groups: list[Codes], values: list[Codes], found: Recoding, row: int) -> tuple[object, ...]:
    """What can be seen of a row: None for a value that was given up."""
    kept = [int(column[row]) if found.levels[row] <= place else None for place, column in enumerate(values)]
    return (*(int(column[row]) for column in groups), *kept)


@given(tables())
def test_any_table_becomes_k_anonymous_and_diverse_and_keeps_its_rows(
    table: tuple[list[Codes], list[Codes], list[Codes], int, int],
) -> None:
    groups, values, sensitive, k, diversity = table
    found = recode(groups, values, sensitive, k, diversity)
    rows = range(len(groups[0]))
    shown = {row: published(groups, values, found, row) for row in rows if found.levels[row] != LEFT_OUT}
    sizes = Counter(shown.values())
    assert all(size >= k for size in sizes.values())
    # Only a group that has fewer than k rows in all is left out, and then as a whole.
    of_groups = Counter(tuple(int(column[row]) for column in groups) for row in rows)
    assert set(shown) == {row for row in rows if of_groups[tuple(int(column[row]) for column in groups)] >= k}
    for column, hidden in zip(sensitive, found.hidden, strict=True):
        disclosed: dict[tuple[object, ...], set[int]] = defaultdict(set)
        for row, key in shown.items():
            if not hidden[row] and column[row] != ABSENT:
                disclosed[key].add(int(column[row]))
        assert all(len(different) >= diversity for different in disclosed.values())


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_plays_no_part(table: tuple[list[Codes], list[Codes], list[Codes], int, int], random: object) -> None:
    groups, values, sensitive, k, diversity = table
    order = list(range(len(groups[0])))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = recode(groups, values, sensitive, k, diversity)
    shuffled = recode(
        [column[order] for column in groups],
        [column[order] for column in values],
        [column[order] for column in sensitive],
        k,
        diversity,
    )
    assert shuffled.levels.tolist() == straight.levels[order].tolist()
    assert shuffled.classes.tolist() == straight.classes[order].tolist()
    for one, other in zip(shuffled.hidden, straight.hidden, strict=True):
        assert one.tolist() == other[order].tolist()
