"""The same records give the same publication, to the byte, except for the run's id.

The shared lake was made by a process of its own; these runs happen in the test's process, with other hash seeds and
memory layouts.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from runs import asq_here, asq_run, environment

from pipeline.calendar.quarters import Quarter
from pipeline.runs import evaluate
from pipeline.settings.places import Settings

from .conftest import Published
from .lakes import current, differing, leftovers, without_run_id
from .landing import QUARTER, write_landing_in_parts

pytestmark = pytest.mark.xdist_group("orchestration_determinism")


def run_here(landing: Path, lake: Path) -> Path:
    """Run the quarter in this process; returns the published folder."""
    run_id = evaluate(Quarter.parse(QUARTER), Settings.of(landing, lake))
    published = current(lake, QUARTER)
    assert published.name == run_id
    assert leftovers(lake) == []
    return published


@pytest.fixture(scope="module")
def expected(published: Published) -> dict[str, bytes]:
    return without_run_id(current(published.lake, QUARTER))


@pytest.fixture(scope="module")
def elsewhere(published: Published, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same landing folder and another lake, both with names that mean something: (landing, lake), not yet run.

    Paths end up in SQL, and what is in the name must not matter: a quotation mark, a pattern, a partition of the lake.
    """
    folder = tmp_path_factory.mktemp("elsewhere") / "quarter=2020-Q3"
    landing = shutil.copytree(published.landing, folder / "land*[ing]?")
    return landing, folder / "enterprise_id=E9" / "the other lake's folder"


@pytest.fixture(scope="module")
def of_elsewhere(elsewhere: tuple[Path, Path]) -> Path:
    """The published folder of the run there."""
    asq_run(QUARTER, *elsewhere)
    assert leftovers(elsewhere[1]) == []
    return current(elsewhere[1], QUARTER)


def test_another_lake_gives_the_same_bytes(expected: dict[str, bytes], of_elsewhere: Path) -> None:
    found = without_run_id(of_elsewhere)
    assert found.keys() == expected.keys()
    assert differing(found, expected) == []
    # Beside the tables there are pages: nothing of the run is left out of the comparison.
    assert {name.rsplit(".", 1)[1] for name in found} == {"parquet", "html"}


def test_a_landing_folder_may_be_called_anything(elsewhere: tuple[Path, Path], of_elsewhere: Path) -> None:
    """Like a pattern, or like a partition of the lake; the latter is true of folders above the lake as well."""
    landing, lake = elsewhere
    assert asq_here("check", "--landing", landing, environment=environment())[0] == 0
    with duckdb.connect(str(lake / "warehouse.duckdb"), read_only=True) as connection:
        counted = "select quarter, sum(extracted)::integer from row_accounting group by quarter"
        # 14 requests, 25 calls, 6 customers, 2 regions: see landing.py.
        assert connection.execute(counted).fetchall() == [(QUARTER, 47)]
        assert connection.execute("select distinct enterprise_id from indicator_values").fetchall() == [("E1",)]


def test_running_again_in_the_same_lake_gives_the_same_bytes(
    published: Published, expected: dict[str, bytes], lake_copy: Path
) -> None:
    before = current(lake_copy, QUARTER)
    again = run_here(published.landing, lake_copy)
    assert again != before
    assert differing(without_run_id(again), expected) == []
    # What was published first is still there for whoever reads it.
    assert differing(without_run_id(before), expected) == []


def test_one_file_or_two_the_values_are_the_same(published: Published, tmp_path: Path) -> None:
    run = run_here(write_landing_in_parts(tmp_path / "landing"), tmp_path / "lake")
    for table in ("indicator_values", "indicator_variants", "scores", "row_accounting", "mart_period_inputs"):
        found, wanted = (
            pl.read_parquet(folder / f"{table}.parquet").drop("run_id", strict=False)
            for folder in (run, current(published.lake, QUARTER))
        )
        assert found.equals(wanted), table
    (refused,) = pl.read_parquet(run / "quarantine.parquet").rows(named=True)
    assert (refused["origin_file"], refused["origin_row"]) == ("hotline_calls/part_1.csv", 8)
