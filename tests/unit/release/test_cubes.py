"""Tables of two attributes: cells worked out by hand, and a reader who solves for what is withheld."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import linprog

from pipeline.release.cubes import OTHER, TOTAL, Cell, Table, withheld_cells


def table(inner: Mapping[tuple[str, str], int], most: Mapping[tuple[str, str], int] | None = None) -> Table:
    """With its totals; nobody has more than one record unless ``most`` says so."""
    counts: dict[Cell, int] = {}
    for (row, column), count in inner.items():
        for cell in (Cell(row, column), Cell(row, TOTAL), Cell(TOTAL, column), Cell(TOTAL, TOTAL)):
            counts[cell] = counts.get(cell, 0) + count
    found = {Cell(*cell): count for cell, count in (most or {}).items()}
    return Table(counts, {cell: found.get(cell, min(4, count)) for cell, count in counts.items()})


def test_a_small_cell_takes_three_others_with_it() -> None:
    # A square: row a and column x each need a second withheld cell, and these a fourth.
    inner = {("a", "x"): 2, ("a", "y"): 10, ("a", "z"): 30, ("b", "x"): 12, ("b", "y"): 14, ("b", "z"): 40}
    assert withheld_cells(table(inner), 5) == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}


def test_where_every_cell_has_enough_people_all_are_shown() -> None:
    assert withheld_cells(table({("a", "x"): 5, ("a", "y"): 6, ("b", "x"): 7, ("b", "y"): 9}), 5) == frozenset()


def test_many_records_of_one_customer_are_one_person() -> None:
    inner = {("a", "x"): 33, ("a", "y"): 40, ("b", "x"): 50, ("b", "y"): 60}
    assert withheld_cells(table(inner, {("a", "x"): 33}), 5) == set(inner)


def test_a_total_that_no_table_shows_is_not_told_by_its_cells() -> None:
    inner = {("a", "x"): 9, ("a", "y"): 10, ("b", "x"): 20, ("b", "y"): 21, ("c", "x"): 30, ("c", "y"): 31}
    totals = [Cell("a", TOTAL), Cell("b", TOTAL)]
    # One cell of each; and since the columns' totals are shown, in the same column.
    assert withheld_cells(table(inner), 5, totals) == {("a", "x"), ("b", "x")}


def test_codes_that_few_share_are_one() -> None:
    inner = {("a", "x"): 20, ("a", "rare"): 1, ("b", "x"): 30, ("b", "rarer"): 2, ("b", "y"): 6}
    merged = table(inner).with_few_columns_merged(5)
    # 1 + 2 are still too few: y joins them.
    assert {cell: count for cell, count in merged.counts.items() if cell.row is TOTAL} == {
        Cell(TOTAL, "x"): 50,
        Cell(TOTAL, OTHER): 9,
        Cell(TOTAL, TOTAL): 59,
    }


def test_rows_that_few_share_are_one() -> None:
    merged = table({("jan", "x"): 20, ("feb", "x"): 1, ("mar", "y"): 30, ("feb", "y"): 1, ("jan", "y"): 9}).with_few_rows_merged(5)
    assert {cell.row: count for cell, count in merged.counts.items() if cell.column is TOTAL and cell.row is not TOTAL} == {
        "mar": 30,
        OTHER: 31,
    }


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz")), st.integers(1, 9), min_size=4, max_size=18))
def test_who_knows_the_totals_of_hours_cannot_bound_a_cell_within_one(inner: Mapping[tuple[str, str], int]) -> None:
    merged = table(inner).with_few_columns_merged(5).with_few_rows_merged(5)
    if merged.is_line:
        return
    cells = {cell: count for cell, count in merged.counts.items() if cell.row is not TOTAL and cell.column is not TOTAL}
    _assert_wide(cells, withheld_cells(merged, 5))


def test_a_table_of_one_column_says_only_its_totals() -> None:
    assert table({("a", "x"): 3, ("b", "x"): 20}).is_line
    assert not table({("a", "x"): 3, ("b", "y"): 20}).is_line


@given(st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.integers(1, 12), min_size=2, max_size=16))
def test_no_cell_can_be_bounded_within_one(inner: Mapping[tuple[str, str], int]) -> None:
    """By everything that is shown, with all totals of at least five, a withheld cell can differ by more than one."""
    made = table(inner)
    small = [cell for cell, count in made.counts.items() if (cell.row is TOTAL) != (cell.column is TOTAL) and count < 5]
    if small or made.counts[Cell(TOTAL, TOTAL)] < 5:
        # Totals of too few people are withheld by the other tables, with a choice of their own.
        return
    _assert_wide({Cell(*cell): count for cell, count in inner.items()}, withheld_cells(made, 5))


def _assert_wide(inner: Mapping[Cell, int], withheld: Collection[Cell]) -> None:
    """With all totals of rows and columns, each withheld cell can differ by more than one."""
    hidden = sorted(withheld)
    matrix, sums = [], []
    for side in (0, 1):
        for name in sorted({cell[side] for cell in inner}):
            own = [cell for cell in inner if cell[side] == name]
            matrix.append([float(cell[side] == name) for cell in hidden])
            sums.append(sum(inner[cell] for cell in own) - sum(inner[cell] for cell in own if cell not in hidden))
    for place, cell in enumerate(hidden):
        goal = np.eye(len(hidden))[place]
        least, most = linprog(goal, A_eq=matrix, b_eq=sums).fun, -linprog(-goal, A_eq=matrix, b_eq=sums).fun
        assert most - least > 1.5, (cell, least, most)


@pytest.mark.parametrize("side", [30])
def test_a_large_table_is_done_by_lines_and_bridges(side: int) -> None:
    random = np.random.default_rng(7)
    inner = {(f"r{row}", f"c{column}"): int(random.poisson(6)) + 1 for row in range(side) for column in range(side)}
    hidden = withheld_cells(table(inner), 5)
    small = {cell for cell, count in inner.items() if count < 5}
    assert small <= hidden
    assert len(hidden) < 1.5 * len(small)
