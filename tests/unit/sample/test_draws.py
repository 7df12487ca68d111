"""Columns whose values are made when rows are asked for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.sample import draws
from pipeline.sample.draws import Column, conform, in_blocks, joined, numbered, only, places_in, take, where_text

FIRST = np.array([True, False, False])
COLUMNS = {
    "taken": (take(["a", "b"], np.array([1, -1, 0])), ["b", None, "a"]),
    "taken from no words": (take([], np.array([-1, -1, -1])), [None, None, None]),
    "taken twice": (take(take(["a", "b"], np.array([1, 0])), np.array([0, 1, -1])), ["b", "a", None]),
    "only": (only(np.array([7, 8, 9]), FIRST), [7, None, None]),
    "only times": (only(np.array(["2025-01-01T08:00:00"] * 3, "datetime64[s]"), FIRST), [dt.datetime(2025, 1, 1, 8), None, None]),
    "where": (where_text(FIRST, take(["a"], np.zeros(3, int)), take(["b"], np.zeros(3, int))), ["a", "b", "b"]),
    "where, else a word": (where_text(FIRST, take(["a"], np.zeros(3, int)), ""), ["a", "", ""]),
    "numbered": (numbered("N", np.array([5, 40_000, 123]), width=3), ["N005", "N40000", "N123"]),
    "joined": (joined("<", take(["a", "b"], np.array([0, 1, -1])), pl.Series(["x", "y", "z"]), ">"), ["<ax>", "<by>", None]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_gives_the_same_values_for_any_rows(name: str) -> None:
    column, values = COLUMNS[name]
    assert len(column) == 3
    assert column.series().to_list() == values
    assert column[slice(1, 3)].to_list() == values[1:]
    assert column[np.array([2, 0, 2])].to_list() == [values[2], values[0], values[2]]
    assert column[slice(1, 1)].to_list() == []


def test_a_column_makes_only_the_rows_asked_for() -> None:
    asked: list[int] = []

    def make(rows: draws.Rows) -> pl.Series:
        asked.extend(rows.tolist() if isinstance(rows, np.ndarray) else [-1])
        return pl.Series(["x"] * len(asked))

    word = Column(10**9, make)
    assert take(word, np.array([999_999_999, 3]))[np.array([1])].to_list() == ["x"]
    assert asked == [3]


def test_places_in_an_order_invert_it() -> None:
    order = np.argsort(np.array([30, 10, 20]))
    assert places_in(order).tolist() == [2, 0, 1]


@pytest.mark.parametrize(("count", "heights"), [(0, [0]), (3, [3]), (4, [4]), (9, [4, 4, 1])])
def test_blocks_hold_every_row_once_in_order(monkeypatch: pytest.MonkeyPatch, count: int, heights: list[int]) -> None:
    monkeypatch.setattr(draws, "BLOCK_ROWS", 4)
    columns = {"enterprise_id": "E01", "demand_id": numbered("D", np.arange(count)), "is_common": np.arange(count) % 2 == 0}
    blocks = list(in_blocks("parts_demands", columns, count))
    assert [block.height for block in blocks] == heights
    assert pl.concat(blocks).equals(conform("parts_demands", columns, count))
    backwards = np.arange(count)[::-1]
    assert pl.concat(in_blocks("parts_demands", columns, backwards)).equals(pl.concat(blocks).reverse())


def test_a_column_unknown_to_the_contract_is_refused() -> None:
    with pytest.raises(KeyError, match="parts_demands has no column colour"):
        conform("parts_demands", {"colour": "red"}, 1)
