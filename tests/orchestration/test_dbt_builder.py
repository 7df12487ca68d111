"""The two ways to start dbt give the same marts, and neither stands in the way of what comes after."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from runs import asq, asq_here, environment

from pipeline.errors import UsageError
from pipeline.lake.run_folder import RunFolder
from pipeline.marts import project
from pipeline.marts.assets import marts
from pipeline.marts.builders import configured_builder
from pipeline.marts.dbt_builder import BUILDER_VARIABLE, DbtBuilder, DbtCommandLine, MartsNotBuilt
from pipeline.marts.dbt_in_process import DbtInProcess
from pipeline.runs import explained
from pipeline.settings.plan import PrivacyLimits
from pipeline.stage.resources import Places

from .conftest import Published
from .lakes import current, differing, leftovers, published_contents, without_run_id
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_dbt")

PARTITION = "2025-01-01"


def test_the_environment_chooses_the_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(configured_builder(), DbtInProcess)
    for name, kind in (("in_process", DbtInProcess), ("cli", DbtCommandLine)):
        monkeypatch.setenv(BUILDER_VARIABLE, name)
        assert type(configured_builder()) is kind


@pytest.mark.parametrize("name", ["CLI", "spark", ""])
def test_a_builder_there_is_not_is_a_mistake_of_the_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BUILDER_VARIABLE, name)
    with pytest.raises(UsageError, match=f"^ASQ_DBT={name}: choose in_process or cli$"):
        configured_builder()


def test_the_command_line_explains_a_builder_there_is_not(tmp_path: Path) -> None:
    finished = asq("run", QUARTER, "--landing", tmp_path, "--lake", tmp_path / "lake", ASQ_DBT="spark")
    assert (finished.returncode, finished.stderr) == (2, "asq: ASQ_DBT=spark: choose in_process or cli\n")


def test_the_ways_without_what_is_not_public_give_the_same_marts(published: Published, tmp_path: Path) -> None:
    """dbt by its own command line, and Dagster's own ephemeral instance (docs/upgrades.md)."""
    lake = tmp_path / "lake"
    # In a process of its own: the builder is chosen when the definitions are loaded.
    finished = asq("run", QUARTER, "--landing", published.landing, "--lake", lake, ASQ_DBT="cli", ASQ_INSTANCE="ephemeral")
    assert finished.returncode == 0, finished.stderr
    found, expected = (without_run_id(current(folder, QUARTER)) for folder in (lake, published.lake))
    assert differing(found, expected) == []
    assert leftovers(lake) == []


def test_dbt_s_own_command_line_takes_no_part_of_the_project() -> None:
    """Its scratch database starts empty and it would build the selected models only."""
    context: Any = SimpleNamespace(is_subset=True)
    with pytest.raises(UsageError, match="ASQ_DBT=cli builds the whole project"):
        next(DbtCommandLine().build(context, {}))


def test_in_process_dbt_keeps_its_tables_in_memory_and_lets_go_of_them(
    published: Published, lake_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    databases: list[tuple[str, str | None]] = []

    def look(tables: duckdb.DuckDBPyConnection, run: RunFolder, models: Iterable[str], _: PrivacyLimits) -> None:
        found.extend(name for (name,) in tables.execute("select table_name from duckdb_tables()").fetchall())
        databases.extend(tables.execute("select database_name, path from duckdb_databases() where not internal").fetchall())
        run.discard()

    monkeypatch.setattr("pipeline.marts.assets.export_marts", look)
    builder: DbtBuilder = DbtInProcess()
    done = dg.materialize(
        [marts],
        selection=["dim_calendar"],
        partition_key=PARTITION,
        resources={"places": Places(landing=str(published.landing), lake=str(lake_copy)), "dbt": builder},
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert done.success
    # With what it is built from, and nothing more.
    assert sorted(found) == ["dim_calendar", "holiday_notices"]
    assert ("scratch", None) in databases
    assert all(path is None for _, path in databases)
    assert DuckDBConnectionManager._ENV is None
    assert leftovers(lake_copy) == []


def test_two_runs_may_find_the_project_unparsed_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update the first runs of two quarters both see that the manifest is out of date."""
    monkeypatch.setenv("ASQ_DBT_TARGET", str(tmp_path))
    answers: list[bytes] = []
    first, second = (threading.Thread(target=lambda: answers.append(project.parsed_manifest_bytes())) for _ in range(2))
    second_parses = threading.Event()
    parsed: list[str] = []

    class Parser:
        """Writes what dbt writes; the second run comes just before the first one has noted that it is done."""

        def invoke(self, arguments: list[str]) -> SimpleNamespace:
            parsed.append(arguments[1])
            if len(parsed) == 1:
                self.write(arguments)
                second.start()
                second_parses.wait(1)
            else:
                second_parses.set()
                first.join(5)
                self.write(arguments)
            return SimpleNamespace(success=True, exception=None)

        def write(self, arguments: list[str]) -> None:
            target = Path(arguments[arguments.index("--target-path") + 1])
            for name in ("manifest.json", "partial_parse.msgpack"):
                (target / name).write_bytes(b"whole")

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Parser)
    first.start()
    first.join(30)
    second.join(30)
    assert answers == [b"whole", b"whole"]
    assert parsed == ["parse"]


@pytest.fixture
def calendar_without_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days that the clocks of the quarter's requests look up are not in the calendar, so that a test of the marts fails."""
    monkeypatch.setattr("pipeline.marts.variables._calendar_bounds", lambda quarter, _: (quarter.first_day,) * 2)


@pytest.mark.usefixtures("calendar_without_days")
def test_a_failed_test_of_the_marts_ends_a_run_with_one_sentence(published: Published, lake_copy: Path) -> None:
    before = published_contents(lake_copy)
    places = ("--landing", published.landing, "--lake", lake_copy)
    returncode, _, stderr = asq_here("run", QUARTER, *places, environment=environment())
    assert returncode == 1
    (said,) = stderr.splitlines()
    assert re.fullmatch(
        r"asq: the marts could not be built: test assert_calendar_covers_every_clocked_day: \d+ rows\. .*Nothing was published.*",
        said,
    )
    assert published_contents(lake_copy) == before
    assert leftovers(lake_copy) == []


@pytest.mark.usefixtures("calendar_without_days")
def test_dbt_s_own_command_line_says_which_test_failed(published: Published, lake_copy: Path) -> None:
    with pytest.raises(Exception, match="dbt") as raised:
        dg.materialize(
            [marts],
            partition_key=PARTITION,
            resources={"places": Places(landing=str(published.landing), lake=str(lake_copy)), "dbt": DbtCommandLine()},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    said = explained(raised.value)
    assert isinstance(said, MartsNotBuilt)
    assert "assert_calendar_covers_every_clocked_day" in str(said)
