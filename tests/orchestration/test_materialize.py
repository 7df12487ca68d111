"""Assets materialized in the UI, all of a quarter or some: what the run and its assets say, and what readers see then.

The implicit job of the code location is what the UI launches; here it runs in the test's process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from pipeline.errors import UsageError
from pipeline.lake.layout import Lake
from pipeline.marts.project import PROJECT_DIR
from pipeline.stage.partitions import PUBLICATION, QUARTER_TAG

from .conftest import Published
from .lakes import current, leftovers, published_contents, released
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_materialize")

PARTITION = "2025-01-01"
NOT_PUBLISHED = "no: materialize report/publication in the same run"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def materialize(
    instance: dg.DagsterInstance, landing: Path, lake: Path, monkeypatch: pytest.MonkeyPatch, *selection: str
) -> dg.ExecuteInProcessResult:
    """What "Materialize selected" of the UI does, or "Materialize all" without a selection."""
    from pipeline.definitions import defs

    monkeypatch.setenv("ASQ_LANDING", str(landing))
    monkeypatch.setenv("ASQ_LAKE", str(lake))
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        partition_key=PARTITION,
        instance=instance,
        asset_selection=[dg.AssetKey(name.split("/")) for name in selection] or None,
        raise_on_error=True,
    )


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """The metadata of each materialization by the asset's name."""
    return {
        event.asset_key.to_user_string(): {
            name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def warnings(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """What the run's log warns of, without dagster-dbt's notes on tests of several models."""
    messages = [entry.user_message for entry in instance.all_logs(run_id) if entry.level == logging.WARNING]
    return [message for message in messages if "dbt test" not in message]


def test_all_assets_without_the_job(
    published: Published, lake_copy: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = materialize(instance, published.landing, lake_copy, monkeypatch)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert (run.tags[QUARTER_TAG], run.tags["dagster/partition"]) == (QUARTER, PARTITION)
    said = metadata_of(result)
    assert {name: metadata.get("quarter") for name, metadata in said.items()} == dict.fromkeys(said, QUARTER)
    assert [name for name, metadata in said.items() if "published" in metadata] == [PUBLICATION.to_user_string()]
    here = current(lake_copy, QUARTER)
    assert here.name == result.run_id
    # Each mart says how many rows readers find.
    written = {path.stem: pl.scan_parquet(path).select(pl.len()).collect().item() for path in here.glob("*.parquet")}
    counted = {name: said[name]["dagster/row_count"] for name in written if name.startswith("mart_")}
    assert len(counted) == len(list((PROJECT_DIR / "models" / "marts").glob("mart_*.sql")))
    assert counted == {name: written[name] for name in counted}
    assert warnings(instance, result.run_id) == []
    assert leftovers(lake_copy) == []


@pytest.mark.parametrize("selection", [("report/quarterly_report",), ("mart_source_rows",)])
def test_a_run_without_the_publication_says_that_readers_see_nothing_of_it(
    selection: tuple[str, ...],
    published: Published,
    lake_copy: Path,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = published_contents(lake_copy)
    result = materialize(instance, published.landing, lake_copy, monkeypatch, *selection)
    said = metadata_of(result)
    assert {name: metadata["published"] for name, metadata in said.items()} == dict.fromkeys(selection, NOT_PUBLISHED)
    assert warnings(instance, result.run_id) == [f"published: {NOT_PUBLISHED}"]
    assert published_contents(lake_copy) == before


def test_one_asset_and_the_publication_are_published_beside_what_was_there(
    published: Published, lake_copy: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published_contents(lake_copy)
    selection = ("report/quarterly_report", "report/publication")
    result = materialize(instance, published.landing, lake_copy, monkeypatch, *selection)
    assert warnings(instance, result.run_id) == []
    assert current(lake_copy, QUARTER).name == result.run_id
    assert published_contents(lake_copy) == before


def test_the_publication_alone_of_a_quarter_never_evaluated_is_refused(
    published: Published, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    with pytest.raises(UsageError) as refused:
        materialize(instance, published.landing, lake, monkeypatch, "report/publication")
    # Every table of a whole run is named.
    tables = {path.stem for path in current(published.lake, QUARTER).glob("*.parquet")}
    tables |= {
        f"{path.stem} (released)"
        for path in released(current(published.lake, QUARTER)).glob("*.parquet")
        if path.stem not in tables
    }
    named = str(refused.value).removeprefix(f"{QUARTER} cannot be published: ").split(" not made and never published")[0]
    assert set(named.split(", ")) == tables | {"report"}
    assert Lake(lake).published_quarters() == []
    assert not (lake / "warehouse.duckdb").exists()


def test_what_readers_see_only_after_the_publication_says_so() -> None:
    from pipeline.definitions import defs

    described = {node.key.to_user_string(): node.description or "" for node in defs.resolve_asset_graph().asset_nodes}
    silent = {name for name, text in described.items() if "once report/publication is materialized" not in text}
    gathered = {
        "scores",
        "indicator_values",
        "row_accounting",
        "mart_source_rows",
        "dim_calendar",
        "report/quarterly_report",
    }
    assert gathered & silent == set()
    # These are written into the lake as they are made, or never leave the run.
    assert {"raw/staff", "accepted/staff", "clean/staff", "int_call_parts", "report/publication"} <= silent
