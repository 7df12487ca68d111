"""The warehouse for analysts: comments, the newest quarter, one file to hand on."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import duckdb
import polars as pl
import pytest
from runs import asq_here, environment

from pipeline.lake.layout import Lake
from schemas.expectations.meanings import column_comment

from .conftest import QUARTER

pytestmark = pytest.mark.xdist_group("analyst_sample_lake")

LABEL = QUARTER.label


@pytest.fixture(scope="module")
def exported(sample_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("handed on") / "quality.duckdb"
    code, said, complained = asq_here("warehouse", "export", file, "--lake", sample_lake, environment=environment())
    assert code == 0, complained
    assert str(file) in said
    return file


@pytest.mark.parametrize("database", ["warehouse", "analyst"])
def test_every_view_and_column_has_a_comment(sample_lake: Path, database: str) -> None:
    with duckdb.connect(str(sample_lake / f"{database}.duckdb"), read_only=True) as connection:
        views = connection.execute("select view_name from duckdb_views() where not internal and comment is null").fetchall()
        columns = connection.execute("select table_name, column_name, comment from duckdb_columns() where not internal").fetchall()
    assert views == []
    assert len(columns) > 500
    assert [(table, column) for table, column, comment in columns if comment != column_comment(table, column)] == []


def test_the_latest_views_show_the_newest_publication_only(sample_lake: Path) -> None:
    newest = Lake(sample_lake).current(QUARTER)
    with duckdb.connect(str(sample_lake / "warehouse.duckdb"), read_only=True) as connection:
        for name in ("scores", "indicator_values", "record_cells", "weights", "mart_period_coverage", "score_changes"):
            rows = pl.read_parquet(newest / f"{name}.parquet")
            expected = rows.filter(quarter=LABEL).height if "quarter" in rows.columns else rows.height
            assert connection.execute(f"select count(*) from latest_{name}").fetchone() == (expected,), name
            assert expected < connection.execute(f"select count(*) from {name}").fetchall()[0][0], name
        spans = connection.execute(
            "select distinct period, window_kind, period_start, period_end from latest_scores order by 1"
        ).pl()
    assert spans.with_columns(pl.col("period_start", "period_end").cast(pl.String)).rows() == [
        ("2025-Q1", "quarter", "2025-01-01", "2025-03-31"),
        ("2025-Q1-TTM", "trailing_year", "2024-04-01", "2025-03-31"),
        ("2025-Q1-YTD", "year_to_date", "2025-01-01", "2025-03-31"),
    ]


def test_the_exported_file_holds_what_the_warehouse_shows_without_the_lake(
    sample_lake: Path, exported: Path, tmp_path: Path
) -> None:
    file = shutil.copy(exported, tmp_path / "elsewhere.duckdb")
    with (
        duckdb.connect(str(file), read_only=True) as copy,
        duckdb.connect(str(sample_lake / "warehouse.duckdb"), read_only=True) as warehouse,
    ):
        names = [name for (name,) in warehouse.execute("select view_name from duckdb_views() where not internal").fetchall()]
        assert len(names) > 60
        for name in names:
            shown, held = (each.execute(f"from {name} order by all").pl() for each in (warehouse, copy))
            assert held.equals(shown), name
        assert copy.execute("select count(*) from duckdb_columns() where not internal and comment is null").fetchone() == (0,)
        text = " ".join(sql for (sql,) in copy.execute("select sql from duckdb_views() where not internal").fetchall())
        assert "parquet" not in text
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600


def test_no_export_into_the_lake_or_of_nothing(sample_lake: Path, tmp_path: Path) -> None:
    call = ("warehouse", "export", sample_lake / "copy.duckdb", "--lake", sample_lake)
    code, _, complained = asq_here(*call, environment=environment())
    assert (code, "is in the lake" in complained) == (2, True)
    code, _, complained = asq_here(
        "warehouse", "export", tmp_path / "x.duckdb", "--lake", tmp_path / "none", environment=environment()
    )
    assert (code, "nothing was published yet" in complained) == (2, True)


def test_the_latest_views_follow_a_copied_lake(sample_lake: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sample_lake, tmp_path / "lake", symlinks=True)
    for run in (copy / "published" / "runs").iterdir():
        path = run / "weights.parquet"
        rows = pl.read_parquet(path).with_columns(method=pl.lit("copied"))
        path.unlink()
        rows.write_parquet(path)
    with duckdb.connect(str(copy / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select distinct method from latest_weights").fetchall() == [("copied",)]
