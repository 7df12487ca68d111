"""The two ways to build the dbt project give the same marts, and neither stands in the way of what comes after."""

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
from runs import asq, asq_here, environment

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.run_folder import RunFolder
from pipeline.marts import project
from pipeline.marts.assets import define_marts, marts
from pipeline.marts.builders import BUILDER_VARIABLE, COMMAND_LINE, configured_builder
from pipeline.marts.dbt_builder import MartsNotBuilt
from pipeline.marts.dbt_command_line import DbtCommandLine
from pipeline.marts.dbt_compiled import DbtCompiled
from pipeline.marts.inputs import RunInputs
from pipeline.marts.lineage import marts_lineage
from pipeline.runs import explained
from pipeline.settings.plan import PrivacyLimits
from pipeline.stage.resources import Places

from .conftest import Published
from .lakes import current, differing, leftovers, published_contents, without_run_id
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_dbt")

PARTITION = "2025-01-01"


def test_the_environment_chooses_the_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(configured_builder(), DbtCompiled)
    for name, kind in (("compiled", DbtCompiled), ("cli", DbtCommandLine)):
        monkeypatch.setenv(BUILDER_VARIABLE, name)
        assert type(configured_builder()) is kind


@pytest.mark.parametrize("name", ["CLI", "spark", ""])
def test_a_builder_there_is_not_is_a_mistake_of_the_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BUILDER_VARIABLE, name)
    with pytest.raises(UsageError, match=f"^ASQ_DBT={name}: choose compiled or cli$"):
        configured_builder()


def test_the_command_line_explains_a_builder_there_is_not(tmp_path: Path) -> None:
    finished = asq("run", QUARTER, "--landing", tmp_path, "--lake", tmp_path / "lake", ASQ_DBT="spark")
    assert (finished.returncode, finished.stderr) == (2, "asq: ASQ_DBT=spark: choose compiled or cli\n")


def test_the_ways_without_what_is_not_public_give_the_same_marts(published: Published, tmp_path: Path) -> None:
    """dbt by its own command line, and Dagster's own ephemeral instance (docs/upgrades.md)."""
    lake = tmp_path / "lake"
    # In a process of its own: the builder is chosen when the definitions are loaded.
    finished = asq("run", QUARTER, "--landing", published.landing, "--lake", lake, ASQ_DBT="cli", ASQ_INSTANCE="ephemeral")
    assert finished.returncode == 0, finished.stderr
    found, expected = (without_run_id(current(folder, QUARTER)) for folder in (lake, published.lake))
    assert differing(found, expected) == []
    assert leftovers(lake) == []


def test_dbt_s_own_command_line_takes_no_part_of_the_project(tmp_path: Path) -> None:
    """Its scratch database starts empty and it would build the selected models only."""
    context: Any = SimpleNamespace(is_subset=True)
    with pytest.raises(UsageError, match="ASQ_DBT=cli builds the whole project"):
        next(DbtCommandLine().build(context, RunInputs(Quarter(2025, 1), {}), tmp_path))


def test_the_compiled_project_keeps_its_tables_in_memory_and_lets_go_of_them(
    published: Published, lake_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    databases: list[tuple[str, str | None]] = []

    def look(tables: duckdb.DuckDBPyConnection, run: RunFolder, models: Iterable[str], _: PrivacyLimits) -> dict[str, int]:
        found.extend(
            name for (name,) in tables.execute("select table_name from duckdb_tables() where database_name = 'scratch'").fetchall()
        )
        databases.extend(
            tables.execute("select database_name, path from duckdb_databases() where not internal and not readonly").fetchall()
        )
        run.discard()
        return {}

    monkeypatch.setattr("pipeline.marts.assets.export_marts", look)
    builder = DbtCompiled()
    done = dg.materialize(
        [marts],
        selection=["dim_calendar"],
        partition_key=PARTITION,
        resources={"places": Places(landing=str(published.landing), lake=str(lake_copy)), "dbt": builder},
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert done.success
    # With what the run gives, and nothing more; the seeds are read where dbt put them.
    assert sorted(found) == ["days", "dim_calendar", "pairs", "periods", "quarters"]
    assert ("scratch", None) in databases
    assert all(path is None for _, path in databases)
    assert builder._databases == {}
    assert leftovers(lake_copy) == []


def test_the_lineage_is_what_dagster_dbt_derives() -> None:
    """Kept as data, so that a run does without dbt; here it is derived again."""
    assets, checks = marts_lineage()
    stock = define_marts(COMMAND_LINE)

    def facts(spec: dg.AssetSpec) -> tuple[Any, ...]:
        plain = ("description", "group_name", "owners", "tags", "code_version", "skippable")
        # dagster-dbt's order of the dependencies changes from one process to the next.
        return {dep.asset_key for dep in spec.deps}, *(getattr(spec, name) for name in plain)

    derived = {spec.key: facts(spec) for spec in stock.specs}
    assert {spec.key: facts(spec) for spec in assets} == derived
    columns = {spec.key: spec.metadata.get("dagster/column_schema") for spec in stock.specs}
    assert {spec.key: spec.metadata.get("dagster/column_schema") for spec in assets} == columns
    assert any(columns.values())

    def facts_of_check(spec: dg.AssetCheckSpec) -> tuple[Any, ...]:
        return spec.name, spec.asset_key, spec.blocking, frozenset(dep.asset_key for dep in spec.additional_deps)

    assert set(map(facts_of_check, checks)) == set(map(facts_of_check, stock.check_specs))
    assert {spec.key for spec in marts.specs} == derived.keys()


def test_two_runs_may_find_the_project_uncompiled_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update the first runs of two quarters both see that this version was never compiled."""
    monkeypatch.setenv("ASQ_DBT_TARGET", str(tmp_path))
    compiled: list[Path] = []
    both_wait = threading.Barrier(2)

    def compile_once(folder: Path) -> None:
        compiled.append(folder)
        second.start()
        both_wait.wait(30)
        for name in ("manifest.json", "seeds.duckdb", "dbt.log"):
            (folder / name).write_bytes(b"whole")

    answers: list[bytes] = []
    first = threading.Thread(target=lambda: answers.append(project.manifest_path().read_bytes()))

    def come_second() -> None:
        both_wait.wait(30)
        answers.append(project.manifest_path().read_bytes())

    second = threading.Thread(target=come_second)
    monkeypatch.setattr(project, "_compile", compile_once)
    first.start()
    first.join(30)
    second.join(30)
    assert answers == [b"whole", b"whole"]
    assert len(compiled) == 1
    (version,) = (tmp_path / "compiled").iterdir()
    assert sorted(path.name for path in version.iterdir()) == ["manifest.json", "seeds.duckdb"]


def test_a_change_of_the_project_is_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1")
    (tmp_path / "target").mkdir()
    monkeypatch.setattr(project, "PROJECT_DIR", tmp_path)
    before = project._version()
    (tmp_path / "target" / "one.sql").write_text("what dbt wrote")
    assert project._version() == before
    (tmp_path / "models" / "one.sql").write_text("select 2")
    assert project._version() != before


@pytest.fixture
def calendar_without_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days that the clocks of the quarter's requests look up are not in the calendar, so that a test of the marts fails."""
    monkeypatch.setattr("pipeline.marts.inputs._calendar_bounds", lambda quarter, *_: (quarter.first_day,) * 2)


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
            [define_marts(COMMAND_LINE)],
            partition_key=PARTITION,
            resources={"places": Places(landing=str(published.landing), lake=str(lake_copy)), "dbt": DbtCommandLine()},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    said = explained(raised.value)
    assert isinstance(said, MartsNotBuilt)
    assert "assert_calendar_covers_every_clocked_day" in str(said)
