"""Tables made anonymous in DuckDB and measured there: by hand, and any table against polars counting its published rows."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import examples

from pipeline.privacy.anonymity import Classes, anonymised, classes_of
from schemas.expectations.privacy import GENERALISED, SUPPRESSED, WITHHELD, RecordTable

DECLARED = RecordTable(
    quasi_identifiers=("outlet", "region"),
    sensitive=("cause",),
    within=("house",),
    follows=MappingProxyType({"outlet_floor": "outlet"}),
)
COLUMNS = ("house", "region", "outlet", "outlet_floor", "cause", "hours")
ROWS = [
    # Outlet A1 has three rows of two causes: it stays as it is.
    ("E1", "A", "A1", 1, "late", 1.5),
    ("E1", "A", "A1", 1, "price", 2.0),
    ("E1", "A", "A1", 1, "price", 2.5),
    # A2 and A3 have one row and two: together the region's three, of two causes.
    ("E1", "A", "A2", 2, "late", 3.0),
    ("E1", "A", "A3", 3, "price", 3.5),
    ("E1", "A", "A3", 3, "price", 4.0),
    # E2 has two rows: no class of three can hide them.
    ("E2", "A", "A9", 9, "late", 9.0),
    ("E2", "A", "A9", 9, "price", 9.5),
]


def released(rows: list[tuple[object, ...]], k: int, diversity: int) -> tuple[pl.DataFrame, dict[tuple[str | None, ...], int]]:
    with duckdb.connect() as connection:
        connection.execute(
            "create table records (house varchar, region varchar, outlet varchar, outlet_floor integer, cause varchar, "
            "hours double)"
        )
        if rows:
            connection.executemany("insert into records values (?, ?, ?, ?, ?, ?)", rows)
        with anonymised(connection, "records", DECLARED, k, diversity) as found:
            return connection.execute(found.query).pl(), found.left_out


def test_a_small_outlet_gives_up_its_number_and_what_tells_it() -> None:
    table, left_out = released(ROWS, 3, 2)
    assert table.columns == [*COLUMNS, GENERALISED, SUPPRESSED]
    shown = table.sort("hours").rows()
    assert shown[:3] == [(*row, 0, False) for row in ROWS[:3]]
    assert shown[3:] == [("E1", "A", WITHHELD, None, cause, hours, 1, False) for _, _, _, _, cause, hours in ROWS[3:6]]
    assert left_out == {("E2",): 2}


def test_a_table_is_made_anonymous_house_by_house_as_it_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # In each house an outlet that stays, outlets that only their region hides, and regions that only the house hides.
    places = [*[("A", "A1")] * 6, *[("B", f"B{n}") for n in range(4)], *[(f"C{n}", f"C{n}") for n in range(3)]]
    rows: list[tuple[object, ...]] = [
        (house, region, outlet, n, ("late", "price")[n % 2], float(n))
        for house in ("E1", None, "E0")
        for n, (region, outlet) in enumerate(places)
    ]
    rows.append(("E9", "A", "A1", 1, "late", 200.0))
    at_once = released(rows, 3, 2)
    assert {level for *_, level, _ in at_once[0].rows()} == {0, 1, 2}
    assert at_once[1] == {("E9",): 1}
    monkeypatch.setattr("pipeline.privacy.anonymity._ROWS_AT_ONCE", 1)
    table, left_out = released(rows, 3, 2)
    assert table.equals(at_once[0])
    assert left_out == at_once[1]


def test_the_classes_of_a_published_table_are_measured() -> None:
    table, _ = released(ROWS, 3, 2)
    with duckdb.connect() as connection:
        connection.register("published", table.to_arrow())
        assert classes_of(connection, "published", DECLARED) == [Classes(("E1",), 6, 2, 3, 2, 3, 0)]
        # The table as it was: A2 alone, A3 with one cause twice.
        raw = "(select *, 0 as generalised_columns, false as is_suppressed from records)"
        connection.register("records", pl.DataFrame(ROWS, schema=list(COLUMNS), orient="row").to_arrow())
        assert classes_of(connection, raw, DECLARED) == [
            Classes(("E1",), 6, 3, 1, 1, 0, 0),
            Classes(("E2",), 2, 1, 2, 2, 0, 0),
        ]


def test_values_with_quotes_and_nothing_at_all_are_values_like_others() -> None:
    rows = [("E'1", None, 'O"1', 1, "a'b", 1.0), ("E'1", None, 'O"1', 1, "c", 2.0), ("E'1", "", "O", 1, None, 3.0)]
    table, left_out = released([*rows, ("E'1", "", "O", 2, None, 4.0)], 2, 2)
    assert table.sort("hours").select("region", "outlet", "cause").rows() == [
        (None, 'O"1', "a'b"),
        (None, 'O"1', "c"),
        ("", "O", None),
        ("", "O", None),
    ]
    assert left_out == {}


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[object, ...]]:
    text = st.sampled_from([None, "", WITHHELD, "A", "B"])
    row = st.tuples(st.sampled_from(["E1", "E2"]), text, text, st.integers(0, 1), text, st.sampled_from([0.5, 1.0]))
    return draw(st.lists(row, max_size=25))


@examples(60)
@given(tables(), st.integers(2, 5), st.integers(1, 3))
def test_any_table_is_anonymous_and_no_row_is_lost(rows: list[tuple[object, ...]], k: int, diversity: int) -> None:
    table, left_out = released(rows, k, diversity)
    # published + left out = in, house by house
    came = Counter(row[0] for row in rows)
    published = Counter(table["house"].to_list())
    assert {house: published[house] + left_out.get((house,), 0) for house in came} == came
    assert all(published[house] == 0 and came[house] < k for (house,) in left_out)
    classes = table.group_by("house", "region", "outlet").agg(
        pl.len().alias("rows"),
        pl.col("cause").filter(pl.col("cause") != WITHHELD).drop_nulls().n_unique().alias("causes"),
    )
    assert classes.filter(pl.col("rows") < k).is_empty()
    assert classes.filter((pl.col("causes") > 0) & (pl.col("causes") < diversity)).is_empty()
    # Every published row is one that came, with values given up and none made up.
    for house, region, outlet, floor, cause, hours, level, suppressed in table.rows():
        assert suppressed == (level == 2)
        assert any(
            row[0] == house
            and row[1] == (row[1] if level > 1 else region)
            and row[2] == (row[2] if level > 0 else outlet)
            and floor == (None if level > 0 else row[3])
            and cause in (row[4], WITHHELD)
            and row[5] == hours
            for row in rows
        )
        assert level <= 1 or region == WITHHELD
        assert level == 0 or outlet == WITHHELD
