"""The inputs of an evaluation that are read in parts."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.evaluate.inputs import COUNTED_MARTS, CountedMarts, inputs_by_place
from pipeline.evaluate.values.parts import PLACE


def test_parts_have_whole_places_in_order_and_rows_as_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.evaluate.inputs._ROWS_AT_ONCE", 3)
    numbers = [(f"E{n % 2}", "2025-Q1", "staff", f"S{n % 3}", n) for n in range(10)]
    for name in COUNTED_MARTS:
        pl.DataFrame(numbers, schema=[*PLACE, "number"], orient="row").write_parquet(tmp_path / f"{name}.parquet")
    marts = CountedMarts.read(lambda name: tmp_path / f"{name}.parquet")
    without = pl.DataFrame([("E0", "2025-Q1", "enterprise", "E0"), numbers[0][:4]], schema=PLACE, orient="row")
    with inputs_by_place(marts, without, tmp_path / "scratch") as parts:
        found = list(parts)
    places = [place for _, of_part in found for place in of_part.rows()]
    assert places == sorted({("E0", "2025-Q1", "enterprise", "E0"), *(row[:4] for row in numbers)})
    assert len(found) > 2
    for rows, of_part in found:
        assert rows.rows() == sorted(row for row in numbers if row[:4] in set(of_part.rows()))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_without_any_place_there_is_one_part(tmp_path: Path) -> None:
    for name in COUNTED_MARTS:
        pl.DataFrame(schema=dict.fromkeys(PLACE, pl.String)).write_parquet(tmp_path / f"{name}.parquet")
    marts = CountedMarts.read(lambda name: tmp_path / f"{name}.parquet")
    with inputs_by_place(marts, pl.DataFrame(schema=dict.fromkeys(PLACE, pl.String)), tmp_path / "scratch") as parts:
        assert [(rows.height, places.height) for rows, places in parts] == [(0, 0)]
