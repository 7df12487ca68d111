"""What each command imports: an import that nobody needs is paid for by every run.

Each command runs in a process of its own, which says what it has imported in the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.sample.write import write_sample

# Libraries whose import takes a tenth of a second or more.
SLOW = (
    "altair", "dagster", "dagster_dbt", "dbt", "duckdb", "great_expectations", "jinja2", "numpy", "pandas", "pandera", "polars",
    "pyarrow", "scipy", "sqlalchemy",
)  # fmt: skip
TABLES = {"duckdb", "numpy", "pandas", "pandera", "polars", "pyarrow"}
# Great Expectations runs in a process of its own; dbt only compiles, once per version of the project.
NEVER = {"altair", "dagster_dbt", "dbt", "great_expectations"}

_PROGRAM = """
import json, sys
from pipeline.cli import main
main(sys.argv[2:], standalone_mode=False)
with open(sys.argv[1], "w") as file:
    json.dump(sorted(sys.modules), file)
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A landing folder, and a lake in which its quarter is published."""
    folder = tmp_path_factory.mktemp("imports")
    write_sample(folder / "landing", [Quarter(2025, 1)], 200, seed=1, defects=False)
    return folder / "landing", folder / "lake"


def imported(tmp_path: Path, *words: object) -> set[str]:
    """The slow libraries that a process has imported when its command has ended."""
    said = tmp_path / "modules.json"
    subprocess.run([sys.executable, "-c", _PROGRAM, str(said), *map(str, words)], check=True, capture_output=True)
    return set(SLOW) & set(json.loads(said.read_text()))


def test_help_imports_nothing_slow(tmp_path: Path) -> None:
    assert imported(tmp_path, "--help") == set()


def test_check_reads_tables_only(tmp_path: Path, lake: tuple[Path, Path]) -> None:
    assert imported(tmp_path, "check", "--landing", lake[0]) <= TABLES


def test_a_run_and_its_report(tmp_path: Path, lake: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.marts.lineage import marts_lineage

    # Compiled before, as for every run but the first of a version.
    marts_lineage()
    monkeypatch.setenv("ASQ_PSEUDONYM_KEY", "5e" * 32)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    places = ("--landing", lake[0], "--lake", lake[1])
    assert imported(tmp_path, "run", "2025-Q1", *places).isdisjoint(NEVER)
    assert imported(tmp_path, "report", "2025-Q1", "--lake", lake[1]) <= TABLES | {"jinja2"}
