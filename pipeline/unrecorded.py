"""Ephemeral Dagster instance that records nothing.

Dagster's own ephemeral instance writes some thousand events per run into a database in memory, and reads them again for the
data versions of every input: a fifth of a small quarter's time, for a record that is gone when the process ends. Events still
reach the process as they happen. To keep a record, set ``DAGSTER_HOME``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.event_api import EventRecordsResult
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage

_NOTHING = EventRecordsResult([], cursor="", has_more=False)


class _NoEvents(InMemoryEventLogStorage):
    """Stores nothing; answers a run's most frequent queries without the empty database."""

    @property
    def asset_records_have_last_observation(self) -> bool:
        return True

    def store_event(self, event: dg.EventLogEntry) -> None:
        pass

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        pass

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[Any]:
        return []

    def fetch_materializations(self, *_: Any, **__: Any) -> EventRecordsResult:
        return _NOTHING

    def fetch_observations(self, *_: Any, **__: Any) -> EventRecordsResult:
        return _NOTHING


def unrecorded_instance() -> dg.DagsterInstance:
    """An ephemeral instance without an event log; the caller closes it."""
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),
        run_storage=InMemoryRunStorage(),
        event_storage=_NoEvents(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
