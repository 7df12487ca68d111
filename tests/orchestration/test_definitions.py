"""The Dagster code location as users see it: names, groups, kinds, owners, partitions and one connected lineage.

``PYTHONPATH=tests python -m orchestration.test_definitions > tests/orchestration/definitions.txt`` renews the snapshot.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from runs import environment

from pipeline.calendar.quarters import Quarter
from pipeline.flow import NAMES
from pipeline.stage.partitions import QUARTER_TAG
from schemas.contract import TABLES
from schemas.standard.catalogue import SEEDS, catalogue

pytestmark = pytest.mark.xdist_group("orchestration_definitions")

SNAPSHOT = Path(__file__).with_name("definitions.txt")
STAGES = set(NAMES)


def described(defs: dg.Definitions) -> str:
    """One line per asset, asset check, job, schedule and sensor, sorted."""
    graph = defs.resolve_asset_graph()
    repository = defs.get_repository_def()
    return "\n".join(
        [
            *sorted(
                f"asset {node.key.to_user_string()} | {node.group_name} | {' '.join(sorted(node.kinds))}"
                for node in graph.asset_nodes
            ),
            *sorted(f"check {key.to_user_string()}" for key in graph.asset_check_keys),
            *sorted(f"job {job.name}" for job in repository.get_all_jobs() if not job.name.startswith("__")),
            *sorted(f"schedule {schedule.name}" for schedule in repository.schedule_defs),
            *sorted(f"sensor {sensor.name}" for sensor in repository.sensor_defs),
            "",
        ]
    )


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    from pipeline.definitions import defs

    return defs


@pytest.fixture(scope="module")
def parents(defs: dg.Definitions) -> dict[str, set[str]]:
    """The assets that each asset is made from."""
    return {
        node.key.to_user_string(): {parent.to_user_string() for parent in node.parent_keys}
        for node in defs.resolve_asset_graph().asset_nodes
    }


def test_names_are_those_of_the_snapshot(defs: dg.Definitions) -> None:
    assert described(defs).splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def test_every_asset_says_what_it_is(defs: dg.Definitions) -> None:
    lacking: dict[str, list[str]] = {}
    for node in defs.resolve_asset_graph().asset_nodes:
        has = {
            "description": bool(node.description and len(node.description) > 20),
            "owner": bool(node.owners),
            "kinds": bool(node.kinds),
            "stage as group": node.group_name in STAGES,
            "something that makes it": node.is_materializable,
        }
        for what in (what for what, there in has.items() if not there):
            lacking.setdefault(what, []).append(node.key.to_user_string())
    assert lacking == {}


def test_what_dbt_makes_is_shown_where_readers_find_it(defs: dg.Definitions) -> None:
    """Not in the scratch database of a run that is over, and a seed without SQL."""
    nodes = {node.key.to_user_string(): node for node in defs.resolve_asset_graph().asset_nodes}
    places = {name: node.metadata["dagster/table_name"] for name, node in nodes.items() if "dagster/table_name" in node.metadata}
    # What is published beside the evaluation's own tables: see the columns that tests/orchestration/test_run.py lists.
    assert places == {
        name: f"analyst.main.{name}"
        for name in (
            *("mart_period_coverage", "mart_source_rows", "mart_indicator_inputs", "mart_period_inputs"),
            *("mart_counted_rows", "mart_survey_cells", "mart_survey_scores", "mart_survey_validity"),
            *("mart_duration_statistics", "dim_calendar", "indicator_catalogue", "evaluation_nodes", "parameters"),
            *("mart_rule_evidence", "process_rules", "mart_survey_respondents", "mart_survey_pairs", "mart_survey_cell_pairs"),
            *("mart_working_day_reach", "mart_people_rows", "mart_record_cells", "dim_outlet"),
            *("dim_enterprise", "dim_region"),
            *("mart_monthly_parts", "mart_pair_moments", "mart_pair_cells", "mart_daily_demand", "mart_request_class_parts"),
            *("fct_service_requests", "fct_complaints", "fct_safety_incidents"),
        )
    }
    with_sql = {name for name, node in nodes.items() if "Raw SQL" in (node.description or "")}
    assert {"int_call_parts", "mart_source_rows"} <= with_sql
    seeds = {path.stem for path in SEEDS.glob("*.csv")}
    assert len(seeds) == 10
    assert with_sql & seeds == set()


def test_every_asset_is_partitioned_by_quarter(defs: dg.Definitions) -> None:
    definitions = {node.partitions_def for node in defs.resolve_asset_graph().asset_nodes}
    assert len(definitions) == 1
    (partitions,) = definitions
    assert isinstance(partitions, dg.TimeWindowPartitionsDefinition)
    keys = partitions.get_partition_keys(current_time=dt.datetime(2025, 5, 1, tzinfo=dt.UTC))
    assert [Quarter.from_partition_key(key).label for key in keys] == [
        *(f"{year}-Q{number}" for year in (2023, 2024) for number in (1, 2, 3, 4)),
        "2025-Q1",
        # The quarter in progress is there: its values are provisional.
        "2025-Q2",
    ]
    assert keys[0] == "2023-01-01"


def test_the_job_makes_every_asset_and_labels_its_runs(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("evaluate_quarter")
    assert set(job.asset_layer.executable_asset_keys) == {node.key for node in defs.resolve_asset_graph().asset_nodes}
    assert job.get_tags_for_partition_key("2025-01-01", selected_asset_keys=None)[QUARTER_TAG] == "2025-Q1"


def test_quarters_run_one_by_one(defs: dg.Definitions) -> None:
    """A run of several quarters could not be repeated for the one that failed."""
    policies = {node.backfill_policy for node in defs.resolve_asset_graph().asset_nodes}
    assert policies == {dg.BackfillPolicy.multi_run(max_partitions_per_run=1)}


def test_every_table_passes_every_stage(parents: dict[str, set[str]]) -> None:
    for table in TABLES:
        assert f"raw/{table}" in parents[f"accepted/{table}"] & parents[f"quarantine/{table}"]
        assert parents[f"clean/{table}"] == {f"accepted/{table}"}
        assert {f"clean/{table}", f"quarantine/{table}"} <= parents["row_accounting"] & parents["quarantine"]
        # Keys are looked up in what came: no row of a table is judged before its parents are there.
        assert {f"raw/{parent}" for parent, _ in TABLES[table].references.values()} <= parents[f"accepted/{table}"]


def _tables_of_indicators() -> Iterator[str]:
    for indicator in catalogue(dt.date(2025, 3, 31)).values():
        yield from indicator.source_tables


@pytest.mark.parametrize("table", sorted(set(_tables_of_indicators())))
def test_lineage_leads_from_each_table_to_the_values_made_of_it(
    table: str, defs: dg.Definitions, parents: dict[str, set[str]]
) -> None:
    models = {node.key.to_user_string() for node in defs.resolve_asset_graph().asset_nodes if node.group_name == "marts"}
    assert f"raw/{table}" in parents[f"accepted/{table}"]
    assert f"accepted/{table}" in parents[f"clean/{table}"]
    readers = {model for model in models if f"clean/{table}" in parents[model]}
    assert readers & _ancestors("mart_period_inputs", parents)
    assert "mart_period_inputs" in parents["indicator_values"]
    assert "indicator_values" in _ancestors("report/publication", parents)


def test_the_graph_is_one_and_everything_in_it_is_published(parents: dict[str, set[str]]) -> None:
    """What does not lead to the publication is made for nothing."""
    assert parents.keys() - _ancestors("report/publication", parents) == {"report/publication"}


def _ancestors(name: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for parent in parents[waiting.pop()] - found:
            found.add(parent)
            waiting.append(parent)
    return found


def test_loading_the_definitions_asks_for_no_place(tmp_path: Path) -> None:
    """Whatever the places are set to, right, wrong or not at all, is first looked at by a run."""
    wrong = {name: str(tmp_path / "nowhere") for name in ("ASQ_LANDING", "ASQ_LAKE", "ASQ_SOURCES", "ASQ_PLAN")}
    loaded = subprocess.run(
        [sys.executable, "-c", "import pipeline.definitions"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(**wrong),
    )
    assert loaded.returncode == 0, loaded.stderr
    assert list(tmp_path.iterdir()) == []


if __name__ == "__main__":
    from pipeline.definitions import defs as definitions

    print(described(definitions), end="")
