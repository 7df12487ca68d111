"""Dagster's event log in SQLite files, with connections that stay open: ``event_log_storage`` in ``dagster.yaml``.

Dagster's own class makes an engine and a connection for each of the thousand events of a run, which costs as much as the run. Files
and rows are the same, so histories of either are read by both.

Dagster documents that such a class may be given, but not the names it is made of: ``ConfigurableClassData``, and of
``SqliteEventLogStorage`` ``_connect`` and ``_initdb``. Without the ``event_log_storage`` of ``dagster.yaml`` Dagster uses its own
class (docs/upgrades.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

# Of the files that runs have of their own, as many stay open; the webserver of a long history opens them all.
_RUNS_OPEN = 4
_BUSY_SECONDS = 60


class SqliteEventLog(SqliteEventLogStorage):
    """``home``: the folder ``DAGSTER_HOME``, in which Dagster's own class keeps its files at the same place."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"home": dg.StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> SqliteEventLog:
        return cls(str(Path(config_value["home"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": _BUSY_SECONDS}, pool_size=1)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
        # The one used last stands last.
        self._engines[shard] = engine
        while len(self._engines) > _RUNS_OPEN + 1:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def wipe(self) -> None:
        with self._db_lock:
            self._close()
        super().wipe()

    def dispose(self) -> None:
        with self._db_lock:
            self._close()
        super().dispose()

    def _close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()
