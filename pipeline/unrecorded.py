"""Ephemeral Dagster instance that records nothing.

Dagster's own ephemeral instance writes some thousand events per run into a database in memory, and reads them again for the data
versions of every input: a fifth of a small quarter's time, for a record that is gone when the process ends. What a run says
still reaches the process as it happens. To keep a record, set ``DAGSTER_HOME``.

Two names of Dagster's that are not public are leaned on, both in ``_keep_no_events``; ``ASQ_INSTANCE=ephemeral`` does without
(docs/upgrades.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import dagster as dg

from pipeline.errors import UsageError

INSTANCE_VARIABLE = "ASQ_INSTANCE"
_UNRECORDED, _EPHEMERAL = "unrecorded", "ephemeral"
_NOTHING = dg.EventRecordsResult([], cursor="", has_more=False)


def unrecorded_instance() -> dg.DagsterInstance:
    """An ephemeral instance, without an event log unless ``ASQ_INSTANCE=ephemeral`` asks for Dagster's own; the caller closes it.

    Raises UsageError for another choice.
    """
    choice = os.environ.get(INSTANCE_VARIABLE, _UNRECORDED)
    if choice not in (_UNRECORDED, _EPHEMERAL):
        raise UsageError(f"{INSTANCE_VARIABLE}={choice}: choose {_UNRECORDED} or {_EPHEMERAL}")
    instance = dg.DagsterInstance.ephemeral()
    if choice == _UNRECORDED:
        _keep_no_events(instance)
    return instance


def _keep_no_events(instance: dg.DagsterInstance) -> None:
    # Imported here: Dagster's own instance must do wherever the name has gone.
    from dagster._core.storage.event_log import InMemoryEventLogStorage

    class NoEvents(InMemoryEventLogStorage):
        """Stores nothing; what a run asks most often is answered without asking the empty database."""

        @property
        def asset_records_have_last_observation(self) -> bool:
            return True

        def store_event(self, event: dg.EventLogEntry) -> None:
            pass

        def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
            pass

        def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[Any]:
            return []

        def fetch_materializations(self, *_: Any, **__: Any) -> dg.EventRecordsResult:
            return _NOTHING

        def fetch_observations(self, *_: Any, **__: Any) -> dg.EventRecordsResult:
            return _NOTHING

    instance.event_log_storage.dispose()
    storage = NoEvents()
    storage.register_instance(instance)
    instance._event_storage = storage
