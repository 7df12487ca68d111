"""The event log of ``dagster.yaml``, which keeps its connections, holds what Dagster's own holds, in the same files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from pipeline.event_log import SqliteEventLog

CONFIGURATION = Path(__file__).resolve().parents[2] / "pipeline" / "dagster.yaml"
QUARTERS = dg.StaticPartitionsDefinition(["2024-Q4", "2025-Q1"])


@dg.asset(name="counted", partitions_def=QUARTERS, check_specs=[dg.AssetCheckSpec("whole", asset="counted")])
def counted_with_check() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 7}, check_results=[dg.AssetCheckResult(passed=True, check_name="whole")])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    shutil.copy(CONFIGURATION, tmp_path / "dagster.yaml")
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as kept:
        yield kept


def test_what_it_writes_dagster_s_own_reads_and_the_other_way_round(home: Path) -> None:
    with dg.DagsterInstance.get() as kept:
        assert type(kept.event_log_storage) is SqliteEventLog
        first = dg.materialize([counted_with_check], instance=kept, partition_key="2025-Q1")
        written = [entry.dagster_event_type for entry in kept.all_logs(first.run_id)]
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    with dg.DagsterInstance.get() as own:
        assert type(own.event_log_storage) is not SqliteEventLog
        assert [entry.dagster_event_type for entry in own.all_logs(first.run_id)] == written
        found = own.get_latest_materialization_event(dg.AssetKey("counted"))
        assert found is not None
        assert found.asset_materialization is not None
        assert found.asset_materialization.metadata["rows"].value == 7
        second = dg.materialize([counted_with_check], instance=own, partition_key="2024-Q4")
    shutil.copy(CONFIGURATION, home / "dagster.yaml")
    with dg.DagsterInstance.get() as kept:
        assert kept.get_materialized_partitions(dg.AssetKey("counted")) == {"2024-Q4", "2025-Q1"}
        assert len(kept.all_logs(second.run_id)) == len(written)


def test_more_runs_than_stay_open_and_several_threads(instance: dg.DagsterInstance) -> None:
    runs = [dg.materialize([counted_with_check], instance=instance, partition_key="2025-Q1").run_id for _ in range(7)]
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda run_id: len(instance.all_logs(run_id)), runs * 3))
    assert len(set(kept)) == 1
    assert kept[0] > 5
    assert len(instance.fetch_materializations(dg.AssetKey("counted"), limit=20).records) == 7


def test_another_process_s_history_is_seen_while_connections_are_open(instance: dg.DagsterInstance, home: Path) -> None:
    dg.materialize([counted_with_check], instance=instance, partition_key="2025-Q1")
    with dg.DagsterInstance.get() as other:
        dg.materialize([counted_with_check], instance=other, partition_key="2024-Q4")
    assert instance.get_materialized_partitions(dg.AssetKey("counted")) == {"2024-Q4", "2025-Q1"}


def test_a_history_wiped_is_gone_and_can_be_written_again(instance: dg.DagsterInstance) -> None:
    run_id = dg.materialize([counted_with_check], instance=instance, partition_key="2025-Q1").run_id
    instance.event_log_storage.wipe()
    assert instance.all_logs(run_id) == []
    assert instance.get_latest_materialization_event(dg.AssetKey("counted")) is None
    again = dg.materialize([counted_with_check], instance=instance, partition_key="2025-Q1").run_id
    assert instance.all_logs(again)
