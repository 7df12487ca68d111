"""The rows that were delivered, accepted or not: keys for foreign keys and scales, days of records, and keys that repeat.

A refused parent row must not cause its children to be refused. Therefore this reads the delivered rows (the landing snapshot
and every raw partition in the lake) with the corrections in force, never the accepted rows.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.database import connected
from pipeline.lake.files import pinned
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import FINGERPRINT, Landed, is_purged, landed
from pipeline.lake.sql import parquet, quoted
from pipeline.validate.apply_corrections import TableCorrections, corrections_by_table
from pipeline.validate.corrections import Correction
from schemas.contract import TABLES, Table

# The scale that applies to an answer: that of its question in the survey of its response.
QUESTION_SCALES = ("survey_questions", ("survey_id", "question_id", "scale_min", "scale_max"))
SURVEYS_OF_RESPONSES = ("survey_responses", ("enterprise_id", "response_id", "survey_id"))

_FileState = tuple[tuple[str, int, int], ...]


def looked_up_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table needed to validate or date rows of other tables and quarters, in the contract's order.

    None of them is personal; the purge keeps them.
    """
    wanted = {"enterprise_id", *table.unique_key}
    if merged := table.merged_into:
        wanted |= {merged.column, merged.into, merged.unless}
    for other in TABLES.values():
        wanted |= {column for parent, column in other.references.values() if parent == table.name}
        dated = other.dated_by_parent
        wanted |= set(dated.by) if dated and dated.table == table.name else set()
    for name, columns in (QUESTION_SCALES, SURVEYS_OF_RESPONSES):
        wanted |= set(columns) if name == table.name else set()
    return tuple(column.name for column in table.columns if column.name in wanted)


class DeliveredKeys:
    """The delivered rows of a lake, looked up through one DuckDB connection; keep one object for all tables of a run.

    Results stay in memory until their files change. Use it as a context manager, or ``close`` it. ``as_of``: the quarter whose
    corrections apply to registers, whose rows belong to every quarter.
    """

    def __init__(self, lake: Lake, corrections: Sequence[Correction] = (), as_of: Quarter | None = None) -> None:
        self._lake = lake
        self._spilling = ExitStack()
        self._connection = self._spilling.enter_context(connected(lake.scratch))
        self._lock, self._pinning = threading.Lock(), threading.Lock()
        self._pins: dict[tuple[Path, int, int], Path] = {}
        self._relations: dict[tuple[str, ...], tuple[_FileState, str]] = {}
        self._count = 0
        self.corrections = tuple(corrections)
        self._as_of = as_of
        self._of_table = {
            name: TableCorrections(TABLES[name], given, self._connection)
            for name, given in corrections_by_table(corrections).items()
        }

    def __enter__(self) -> DeliveredKeys:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the connection and its data."""
        self._spilling.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A separate connection to the same database, with temporary tables of its own."""
        return self._connection.cursor()

    def pin(self, path: Path) -> Path:
        """A file as it is now, under a name that stays while this object lives (``lake.pinned``)."""
        state = path.stat()
        with self._pinning:
            found = self._pins.get((path, state.st_ino, state.st_mtime_ns))
            if found is None:
                (found,) = self._spilling.enter_context(pinned(self._lake, [path]))
                self._pins[path, state.st_ino, state.st_mtime_ns] = found
            return found

    def corrections_of(self, table: Table) -> TableCorrections | None:
        """A table's corrections; None if there are none."""
        return self._of_table.get(table.name)

    def corrected_somewhere(self, table: Table) -> set[int]:
        """The numbers of a table's corrections that concern a delivered row of any quarter."""
        files = self._files(table.name)
        if not files:
            return set()
        found = self._found(self._of_table[table.name], files)
        return {number for (number,) in self._connection.cursor().execute(f"select number from {found}").fetchall()}

    def rows_sql(self, table: Table, files: Sequence[Path]) -> str:
        """SQL: the rows of some files as a relation, corrected."""
        corrections = self._of_table.get(table.name)
        if corrections is None:
            return parquet(files)
        found = self._found(corrections, files)
        return corrections.corrected_sql(parquet(files, filename=True), corrections.applied_sql(found))

    def _found(self, corrections: TableCorrections, files: Sequence[Path]) -> str:
        what = ("corrections", corrections.table.name, *map(str, files))
        return self._kept(what, list(files), corrections.found_sql("$1", self._as_of))

    def relation(self, table: str, columns: tuple[str, ...]) -> str | None:
        """Name of a DuckDB table: the distinct ``columns`` of all delivered rows; None if the table never came.

        A table delivered without rows counts as delivered: no key is found in it.
        """
        files = self._files(table)
        if not files:
            return None
        selected = ", ".join(quoted(column) for column in columns)
        query = f"select distinct {selected} from {self.rows_sql(TABLES[table], files)}"
        return self._kept(("rows", table, *columns), files, query)

    def keys(self, table: str, columns: tuple[str, ...]) -> str | None:
        """Name of a DuckDB table: ``hashed(columns)`` of all delivered rows, once each; None if the table never came.

        A row whose hash is not in it has no parent. That one of 100,000 rows without a parent shares its hash with one of ten
        million parents, and so passes, happens in one of 20 million deliveries.
        """
        files = self._files(table)
        if not files:
            return None
        query = f"select distinct {hashed(columns)} as hash from {self.rows_sql(TABLES[table], files)}"
        return self._kept(("keys", table, *columns), files, query)

    def days(self, table: Table) -> str | None:
        """Name of a DuckDB table: enterprise_id, quarter and day of all delivered rows with a quarter, once each; None if the table
        never came.

        The day is null for rows of which the purge has left only their keys.
        """
        files = self._files(table.name)
        if not files:
            return None
        query = (
            f"select distinct enterprise_id, quarter, cast({table.date_expression} as date) as day "
            f"from {self.rows_sql(table, files)} where quarter is not null"
        )
        return self._kept(("days", table.name), files, query)

    def in_several_quarters(self, table: Table, columns: tuple[str, ...]) -> str | None:
        """Name of a DuckDB table: ``hashed(columns)`` of those that came in more than one quarter; None if none did.

        Two keys may share a hash: a hash missing from the table clears its rows, a hash in it only makes them suspects.
        """
        partitions = self._lake.partitions("raw", table.name)
        now = landed(table, self._lake)
        files = [path for path in partitions.values() if not _is_part_of(now, path)]
        if now is not None:
            files.append(now.path)
        files = [self.pin(path) for path in files]
        quarters = {quarter.label for quarter in partitions} | set(now.rows_by_quarter if now else ())
        if len(quarters) < 2:
            return None
        conditions = [f"{quoted(name)} is not null" for name in columns]
        query = (
            f"select {hashed(columns)} as hash from {self.rows_sql(table, files)} "
            f"where quarter is not null and {' and '.join(conditions)} group by 1 having min(quarter) <> max(quarter)"
        )
        name = self._kept(("hashes", table.name, *columns), files, query)
        found = self._connection.cursor().execute(f"select count(*) from {name}").fetchone()
        return name if found and found[0] else None

    def _kept(self, what: tuple[str, ...], files: list[Path], query: str) -> str:
        """Name of the DuckDB table with the query's rows, made once as long as the files do not change."""
        state = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
        with self._lock:
            known = self._relations.get(what)
            if known and known[0] == state:
                return known[1]
            if known:
                self._connection.execute(f"drop table {known[1]}")
            self._count += 1
            name = f"delivered_{self._count}"
            given = [[str(path) for path in files]] if "$1" in query else None
            self._connection.execute(f"create table {name} as {query}", given)
            self._relations[what] = (state, name)
            return name

    def _files(self, table: str) -> list[Path]:
        snapshot = self._lake.snapshot(table)
        files = [path for path in self._lake.partitions("raw", table).values() if is_marked_delivered(path)]
        # An empty snapshot proves nothing: the raw partitions carry the mark.
        if snapshot.is_file() and is_marked_delivered(snapshot) and (files or _has_rows(snapshot)):
            now = landed(TABLES[table], self._lake)
            files = [snapshot, *(path for path in files if not _is_part_of(now, path))]
        return [self.pin(path) for path in files]


def hashed(columns: tuple[str, ...]) -> str:
    """SQL: an eight-byte hash of these columns, so that the keys of whole years fit into memory."""
    return f"hash({', '.join(map(quoted, columns))})"


def is_marked_delivered(path: Path) -> bool:
    """Whether a Parquet file stems from a delivery: extract marks the file of a table that did not come."""
    return pl.read_parquet_metadata(path).get("delivered") != "false"


def _has_rows(path: Path) -> bool:
    return bool(pl.scan_parquet(path).select(pl.len()).collect().item())


def _is_part_of(now: Landed | None, partition: Path) -> bool:
    """Whether the snapshot holds all rows of a raw partition, so that they need not be read twice."""
    return now is not None and not is_purged(partition) and read_metadata(partition).get(FINGERPRINT) == now.fingerprint
