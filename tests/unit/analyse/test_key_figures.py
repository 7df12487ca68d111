"""The figures beside a materialized table of an analysis."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.analyse.key_figures import key_figures


def test_rows_findings_statuses_and_the_smallest_q(tmp_path: Path) -> None:
    table = tmp_path / "analysis_league.parquet"
    rows = [
        ("ok", "worse", 0.01),
        ("ok", "not_distinguishable", 0.4),
        ("insufficient_sample", None, None),
        ("ok", "negligible", 0.001),
    ]
    pl.DataFrame(rows, schema=["status", "finding", "q_value"], orient="row").write_parquet(table)
    assert key_figures(table) == {
        "dagster/row_count": 4,
        "findings": 1,
        "smallest q": 0.001,
        "status insufficient_sample": 1,
        "status ok": 3,
    }


def test_a_table_without_such_columns_has_rows_only(tmp_path: Path) -> None:
    table = tmp_path / "score_change_parts.parquet"
    pl.DataFrame(schema={"value_points": pl.Float64}).write_parquet(table)
    assert key_figures(table) == {"dagster/row_count": 0}
