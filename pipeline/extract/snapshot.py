"""The snapshot of a table: everything that came for it, all quarters, typed, in file order, read once.

A row without a readable date has no quarter (D-14). ``partition`` cuts out one quarter; ``dated_by_parent`` handles rows that
have no date of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.extract import apart
from pipeline.extract.dated_by_parent import Parents, write_dated
from pipeline.extract.files import SourceFile, find_files, require_some_table
from pipeline.extract.stream import TableNotes, TableStream, open_table
from pipeline.extract.writer import RowWriter, row_schema, row_writer
from pipeline.lake.files import make_private, work_folder
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import ASSUMED_COLUMNS, LANDED_FILES, closed_quarters
from pipeline.settings.sources import SourceConfig, TableSource
from schemas.contract import TABLES, Table

READER_VERSION = 7
"""Raised whenever the same files would give other rows or marks, so that existing snapshots are taken again."""


@dataclass(frozen=True)
class Snapshot:
    """What a snapshot holds."""

    table: str
    delivered: bool
    """Whether anything came for the table; an empty file that came counts."""
    files: tuple[str, ...]
    rows: int
    rows_by_quarter: dict[str, int]
    """Empty for registers; rows without a readable date have no quarter."""
    left_out: dict[str, int]
    """Rows left out on purpose: by the configuration (``where``, ``latest_by``, ``unpivot``: entries without a value), and of
    ``purged`` quarters."""
    fingerprint: str
    path: Path


def take_snapshot(
    table: Table,
    landing: Path,
    sources: SourceConfig,
    lake: Lake,
    run_quarter: Quarter | None = None,
    watch: Callable[[TableNotes], None] | None = None,
) -> Snapshot:
    """Read everything that came for a table and write its snapshot, unless the existing one was taken from the same input.

    Rows of a table without a date of its own get the quarters of its parent, whose snapshot is taken first. Rows of quarters
    with purged records are left out, except in the quarter being run: running it asks for them.
    ``watch`` is called with what the table's files tell when all of their rows have been read, if they had to be.
    Raises UsageError (no landing folder), NothingDelivered, SourceConfigError, and the refusals of ``errors``.
    """
    files = find_files(table.name, landing, sources)
    delivered = bool(files) or sources.table(table.name).rows is not None
    if not delivered:
        require_some_table(landing, sources)
    if table.dated_by_parent:
        take_snapshot(TABLES[table.dated_by_parent.table], landing, sources, lake, run_quarter)
    parents = Parents.of(table, lake)
    path, fingerprint = lake.snapshot(table.name), _fingerprint(table, files, sources, parents)
    with lake.lock(f"landing-{table.name}"):
        without = _left_out(table, lake, run_quarter)
        about = read_metadata(path)
        # The fingerprint pins the contract: a snapshot with other columns was damaged since.
        is_other = about.get("fingerprint") != fingerprint or json.loads(about.get("without", "[]")) != without
        if is_other or not pq.read_schema(path).remove_metadata().equals(row_schema(table)):
            make_private(path.parent)
            is_apart = is_read_apart(files, sources.table(table.name))
            notes = apart.call_if(
                is_apart, _write, table.name, files, sources, lake, fingerprint, parents, without, watch is not None
            )
            if watch is not None and notes is not None:
                watch(notes)
    found = read_metadata(path)
    return Snapshot(
        table=table.name,
        delivered=found["delivered"] == "true",
        files=tuple(json.loads(found["files"])),
        rows=int(found["rows"]),
        rows_by_quarter=json.loads(found["rows_by_quarter"]),
        left_out=json.loads(found["left_out"]),
        fingerprint=fingerprint,
        path=path,
    )


def is_read_apart(files: Iterable[SourceFile], source: TableSource) -> bool:
    """Whether files are read in a process of their own: those of libraries that may end it, and those on which SQL runs."""
    return source.has_sql or any(file.kind != "csv" for file in files)


def _left_out(table: Table, lake: Lake, run_quarter: Quarter | None) -> list[str]:
    """The quarters whose rows must not be in the snapshot, in time order."""
    closed = closed_quarters(table, lake) if table.has_quarters else ()
    return [quarter.label for quarter in sorted(closed) if quarter != run_quarter]


def landing_fingerprint(table: Table, landing: Path, sources: SourceConfig, lake: Lake) -> str:
    """The fingerprint of a table's snapshot if it were taken now; raises what ``find_files`` does."""
    return _fingerprint(table, find_files(table.name, landing, sources), sources, Parents.of(table, lake))


def _fingerprint(table: Table, files: list[SourceFile], sources: SourceConfig, parents: Parents | None) -> str:
    """Changes whenever the snapshot could: contents of files, configuration, contract, reader or parents of the rows."""
    described = {
        "reader": READER_VERSION,
        "table": table.name,
        "columns": [(column.name, column.sql_type, column.required) for column in table.columns],
        "dated_by": table.dated_by,
        "source": sources.table(table.name).described(),
        "configured_in": sources.name if _names_its_file(sources.table(table.name)) else None,
        "files": [(file.name, file.kind, file.sha256) for file in files],
    } | ({"dated_by_parent": parents.described()} if parents else {})
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _names_its_file(source: TableSource) -> bool:
    """Whether rows may have ``sources.yaml`` as their origin."""
    return source.rows is not None or source.prepare is not None


def _write(
    name: str,
    files: list[SourceFile],
    sources: SourceConfig,
    lake: Lake,
    fingerprint: str,
    parents: Parents | None,
    without: list[str],
    takes_notes: bool,
) -> TableNotes | None:
    # By name: a table's rules cannot be handed to another process.
    table = TABLES[name]
    with (
        open_table(table, files, sources, lake.scratch) as stream,
        row_writer(lake.snapshot(table.name), table, without) as writer,
    ):
        if parents is None:
            quarters = _write_files(stream, writer)
        else:
            with work_folder(lake.scratch, "undated") as folder:
                undated = folder / "rows.parquet"
                with row_writer(undated, table) as undated_writer:
                    _write_files(stream, undated_writer)
                    undated_writer.finish({})
                quarters = write_dated(undated, parents, writer, lake.scratch)
        notes = stream.notes() if takes_notes else None
        delivered = stream.file_count() > 0
        writer.finish(
            {
                "delivered": "true" if delivered else "false",
                "fingerprint": fingerprint,
                "files": [file.name for file in files] or ([sources.name] if delivered else []),
                "delivered_columns": stream.delivered_columns(),
                **({ASSUMED_COLUMNS: assumed} if (assumed := stream.assumed_columns()) else {}),
                "rows": str(writer.rows),
                "rows_by_quarter": {label: rows for label, rows in sorted(quarters.items()) if label not in without},
                "without": without,
                "left_out": stream.left_out.as_dict() | ({"purged": writer.passed_over} if writer.passed_over else {}),
                LANDED_FILES: {name: counts.as_dict() for name, counts in stream.file_counts().items()},
            }
        )
    return notes


def _write_files(stream: TableStream, writer: RowWriter) -> dict[str, int]:
    """Write the rows of all files; returns the rows per quarter."""
    quarters: Counter[str] = Counter()
    for batch in stream.rows():
        for entry in pc.value_counts(batch.column("quarter").drop_null()).to_pylist():
            quarters[entry["values"]] += entry["counts"]
        writer.write(batch)
    return quarters
