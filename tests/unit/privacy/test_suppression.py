"""Small cells and what hides beside them: by hand, and by exact elimination over any table with margins."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.suppression import Line, derivable, hidden_cells


def one_way(*people: int) -> tuple[dict[Hashable, int], list[Line]]:
    cells: dict[Hashable, int] = dict(enumerate(people))
    return cells | {"total": sum(people)}, [Line("total", tuple(range(len(people))))]


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ((20, 9, 30), set()),
        # 3 is small; 59 − 20 − 30 would give it back, so the smallest other part, 9, goes too
        ((20, 9, 3, 30), {1, 2}),
        # 3 and 4 are both hidden; together they are 7 people, enough to stand behind what subtraction yields
        ((20, 3, 4), {1, 2}),
        # 1 and 2 together are 3 people: the smallest other part joins them
        ((20, 1, 2, 8), {1, 2, 3}),
        # an empty cell speaks of nobody and hides nobody
        ((20, 0, 3, 8), {2, 3}),
        # the only part is its total: both go
        ((3,), {0, "total"}),
        # the part that would hide beside 3 is empty, so the total goes too: 0 + 3 = 3 is small itself
        ((3, 0), {0, "total"}),
        # of equals the first
        ((3, 9, 9), {0, 1}),
    ],
)
def test_a_list_with_a_total(people: tuple[int, ...], hidden: set[Hashable]) -> None:
    assert hidden_cells(*one_way(*people), 5) == hidden


def test_two_tables_of_the_same_people_share_their_total() -> None:
    # By region 4 + 30 + 16, by channel 25 + 25: 4 is hidden with 16; by channel nothing is small.
    people: dict[Hashable, int] = {"N": 4, "S": 30, "E": 16, "phone": 25, "online": 25, "all": 50}
    lines = [Line("all", ("N", "S", "E")), Line("all", ("phone", "online"))]
    assert hidden_cells(people, lines, 5) == {"N", "E"}
    # A total hidden for one list would follow from the other: "all" = 25 + 25.
    assert derivable({"all", "N"}, lines) == {"all", "N"}


def test_a_crossed_table_hides_a_rectangle() -> None:
    #            phone online total
    # north         3     20    23
    # south        30     40    70
    # total        33     60    93     The row of 3 hides 20, its column 30; those are alone in theirs, so 40 goes too.
    people = {
        ("N", "p"): 3,
        ("N", "o"): 20,
        ("S", "p"): 30,
        ("S", "o"): 40,
        "N": 23,
        "S": 70,
        "p": 33,
        "o": 60,
        "all": 93,
    }
    lines = [
        Line("N", (("N", "p"), ("N", "o"))),
        Line("S", (("S", "p"), ("S", "o"))),
        Line("p", (("N", "p"), ("S", "p"))),
        Line("o", (("N", "o"), ("S", "o"))),
        Line("all", ("N", "S")),
        Line("all", ("p", "o")),
    ]
    assert hidden_cells(people, lines, 5) == {("N", "p"), ("N", "o"), ("S", "p"), ("S", "o")}


def test_parts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        hidden_cells({"a": 3, "total": 4}, [Line("total", ("a",))], 5)


def follows(cell: Hashable, hidden: Sequence[Hashable], lines: Sequence[Line]) -> bool:
    """Whether a hidden cell is a combination of the lines: exact elimination, the cell's column last."""
    columns = [other for other in hidden if other != cell] + [cell]
    rows = [
        [Fraction((other in line.parts) - (other == line.total)) for other in columns]
        for line in lines
        if {line.total, *line.parts} & set(hidden)
    ]
    for column in range(len(columns) - 1):
        pivot = next((row for row in rows if row[column] != 0), None)
        if pivot is None:
            continue
        rows = [
            [value - row[column] / pivot[column] * own for value, own in zip(row, pivot, strict=True)]
            for row in rows
            if row is not pivot
        ]
    return any(row[-1] != 0 for row in rows)


@st.composite
def crossed_tables(draw: st.DrawFn) -> tuple[dict[Hashable, int], list[Line]]:
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    sizes = st.one_of(st.integers(0, 8), st.integers(0, 60))
    people: dict[Hashable, int] = {(row, column): draw(sizes) for row in range(height) for column in range(width)}
    rows = [Line(("row", row), tuple((row, column) for column in range(width))) for row in range(height)]
    columns = [Line(("column", column), tuple((row, column) for row in range(height))) for column in range(width)]
    for line in (*rows, *columns):
        people[line.total] = sum(people[part] for part in line.parts)
    margins = [Line("all", tuple(line.total for line in lines)) for lines in (rows, columns)]
    people["all"] = sum(people[part] for part in margins[0].parts)
    return people, [*rows, *columns, *margins]


@given(crossed_tables())
def test_nothing_hidden_follows_from_what_is_shown(table: tuple[dict[Hashable, int], list[Line]]) -> None:
    people, lines = table
    hidden = hidden_cells(people, lines, 5)
    assert {cell for cell, count in people.items() if 0 < count < 5} <= hidden
    assert all(people[cell] > 0 for cell in hidden)
    exposed = [cell for cell in hidden if follows(cell, list(hidden), lines)]
    assert exposed == []
    for line in lines:
        behind = sum(people[part] for part in line.parts if part in hidden)
        assert line.total in hidden or behind == 0 or behind >= 5
