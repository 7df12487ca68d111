"""What the short commands import: an import that nobody needs is paid for by every call.

What a run and its report import is tested with the sample's run (tests/sample_truth/test_planted_truth.py).
"""

from __future__ import annotations

from pathlib import Path

from runs import MODEL_LIBRARIES, TABLE_LIBRARIES, environment, imported_with, slow_imports

from pipeline.calendar.quarters import Quarter
from pipeline.sample.write import write_sample


def test_help_imports_nothing_slow() -> None:
    assert slow_imports("--help", environment=environment())[1] == set()


def test_check_reads_tables_only(tmp_path: Path) -> None:
    write_sample(tmp_path / "landing", [Quarter(2025, 1)], 200, seed=1, defects=False)
    _, imported = slow_imports("check", "--landing", tmp_path / "landing", environment=environment())
    assert imported <= TABLE_LIBRARIES


def test_what_dagster_loads_imports_no_library_of_models() -> None:
    imported = imported_with("pipeline.definitions", environment=environment())
    assert "dagster" in imported
    assert imported.isdisjoint(MODEL_LIBRARIES)
