"""Which rows came, whatever became of them: the keys that foreign keys and scales are looked up in.

A refused parent row must not drag its children down, so this reads what was delivered (the landing snapshot and every
raw partition in the lake), never what was accepted.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl

from pipeline.lake import Lake, in_use, make_private
from pipeline.sql import quoted

# A million wide rows pass within it; beyond that DuckDB spills to the scratch folder instead of growing.
MEMORY_LIMIT = "800MB"

_FileState = tuple[tuple[str, int, int], ...]


class DeliveredKeys:
    """The delivered rows of a lake, looked up through one DuckDB connection; keep one for all tables of a run.

    What is looked up stays in memory until the files it came from change. Use it as a context manager, or ``close`` it.
    """

    def __init__(self, lake: Lake) -> None:
        make_private(lake.scratch)
        self._lake = lake
        self._spilling = ExitStack()
        self._spilling.enter_context(in_use(lake.scratch))
        self._connection = duckdb.connect()
        self._connection.execute("set temp_directory = $1", [str(lake.scratch)])
        self._connection.execute("set memory_limit = $1", [MEMORY_LIMIT])
        self._lock = threading.Lock()
        self._relations: dict[tuple[str, tuple[str, ...]], tuple[_FileState, str]] = {}
        self._count = 0

    def __enter__(self) -> DeliveredKeys:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the connection and what it holds."""
        self._connection.close()
        self._spilling.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own onto the same database: its temporary tables are seen by nobody else."""
        return self._connection.cursor()

    def relation(self, table: str, columns: tuple[str, ...]) -> str | None:
        """Name of a DuckDB table: the distinct ``columns`` of all delivered rows; None if the table never came.

        A table that came without rows did come: nothing can be found in it.
        """
        files = self._files(table)
        if not files:
            return None
        state = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
        with self._lock:
            known = self._relations.get((table, columns))
            if known and known[0] == state:
                return known[1]
            if known:
                self._connection.execute(f"drop table {known[1]}")
            self._count += 1
            name = f"delivered_{self._count}"
            selected = ", ".join(quoted(column) for column in columns)
            self._connection.execute(
                f"create table {name} as select distinct {selected} from "
                "read_parquet($1, union_by_name = true, hive_partitioning = false)",
                [[str(path) for path in files]],
            )
            self._relations[table, columns] = (state, name)
            return name

    def _files(self, table: str) -> list[Path]:
        snapshot = self._lake.snapshot(table)
        files = [path for path in self._lake.partitions("raw", table).values() if is_marked_delivered(path)]
        # An empty snapshot says nothing: the raw partitions carry the mark.
        if snapshot.is_file() and is_marked_delivered(snapshot) and (files or _has_rows(snapshot)):
            files.insert(0, snapshot)
        return files


def is_marked_delivered(path: Path) -> bool:
    """Whether a Parquet file stands for a delivery: extract marks the file of a table that did not come."""
    return pl.read_parquet_metadata(path).get("delivered") != "false"


def _has_rows(path: Path) -> bool:
    return bool(pl.scan_parquet(path).select(pl.len()).collect().item())
