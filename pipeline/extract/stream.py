"""Applies a table's mapping to its files: typed rows in file order, in batches, for any size.

Does not store the rows: ``snapshot`` writes them, ``check`` samples them.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import AsqError
from pipeline.extract.doubtful_cells import DoubtfulCells
from pipeline.extract.files import SourceFile
from pipeline.extract.mapping.engine import engine
from pipeline.extract.mapping.prepared import NotOneQuery, Prepared, Relation, prepared
from pipeline.extract.mapping.select import CONSTANT, DeliveredColumns, Mapping
from pipeline.extract.readers.headers import SEQUENCE, chosen_names
from pipeline.extract.readers.open_records import open_records
from pipeline.extract.readers.records import RECORD_FIELDS, ConfiguredRecords, Doubt, HeaderRecords, Records
from pipeline.lake.provenance import DOUBTS
from pipeline.settings.sources import Headers, Prepare, SourceConfig
from schemas.contract import Table

ROW_FIELDS = ("quarter", "_origin_file", "_origin_row", "_defects")
"""Columns of every row beside the contract's."""

_RELATION = "records"
_BATCH_ROWS = 1 << 16
_BATCHES_AT_ONCE = 2


@dataclass
class LeftOut:
    """Records and rows that the configuration leaves out on purpose, by its key."""

    where: int = 0
    latest_by: int = 0
    unpivot: int = 0
    """Entries without a single value."""

    def as_dict(self) -> dict[str, int]:
        return {"where": self.where, "latest_by": self.latest_by, "unpivot": self.unpivot}

    def add(self, other: LeftOut) -> None:
        """Add another one's counts."""
        self.where += other.where
        self.latest_by += other.latest_by
        self.unpivot += other.unpivot


@dataclass
class FileCounts:
    """What happened to one file's records; complete when its rows have been read."""

    records: int = 0
    rows: int = 0
    left_out: LeftOut = field(default_factory=LeftOut)
    mapped: dict[str, int] = field(default_factory=dict)
    """Cells that ``values`` or ``otherwise`` rewrote, by contract column."""
    known_issues: dict[str, int] = field(default_factory=dict)
    """Records that meet each condition of ``known_issues``, by its name."""
    null_values: tuple[str, ...] = ()
    """Texts that were read as no value, apart from empty ones; their cells are not counted."""
    doubts: list[Doubt] = field(default_factory=list)
    """What may not be read as it was meant."""
    prepared: int | None = None
    """Rows that ``prepare`` made which come from this file; None: its records are read themselves."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "records": self.records,
            **({} if self.prepared is None else {"prepared": self.prepared}),
            "rows": self.rows,
            "left_out": self.left_out.as_dict(),
            "mapped": {name: count for name, count in self.mapped.items() if count},
            **({"known_issues": dict(self.known_issues)} if self.known_issues else {}),
            "null_values": list(self.null_values),
            **({DOUBTS: [doubt.as_dict() for doubt in self.doubts]} if self.doubts else {}),
        }


@dataclass
class _OpenFile:
    name: str
    records: Records
    mapping: Mapping
    cells: DoubtfulCells | None = None
    latest: np.ndarray | None = None
    """Whether ``latest_by`` keeps a record, by its number; None: all are kept."""
    counts: FileCounts = field(default_factory=FileCounts)


@dataclass
class TableStream:
    """All rows that came for one table; a context manager with its own DuckDB."""

    table: Table
    files: Sequence[SourceFile]
    sources: SourceConfig
    connection: duckdb.DuckDBPyConnection
    decide_latest: bool = True
    """False: gives rows of every state, without reading all files first."""
    known_columns: Sequence[str] = ()
    """Columns of files of the table that are not opened here."""

    def __post_init__(self) -> None:
        source = self.sources.table(self.table.name)
        self._prepared: Prepared | None = None
        self._inputs: list[tuple[str, Records]] = []
        if source.prepare is not None:
            opened = self._prepare(source.prepare)
        else:
            opened = self._files_themselves() if source.headers is None else self._headers(source.headers)
        if source.rows is not None:
            configured = ConfiguredRecords(source.rows, source.format)
            opened.append((DeliveredColumns(self.sources.name, configured.schema), configured))
        self._opened = [
            _OpenFile(delivery.name, records, Mapping(self.table, delivery, self.sources, self.connection))
            for delivery, records in opened
        ]
        for opened_file in self._opened:
            opened_file.counts.null_values = source.format.null_values
        if source.latest_by is not None and self.decide_latest:
            self._find_latest()

    def _files_themselves(self) -> list[tuple[DeliveredColumns, Records]]:
        found = [(file, name, records) for file in self.files for name, records in open_records(file)]
        names = dict.fromkeys(name for _, _, records in found for name in records.schema.names)
        names |= dict.fromkeys(self.known_columns)
        return [
            (
                DeliveredColumns(
                    name, records.schema, file.kind == "xlsx", tuple(each for each in names if each not in records.schema.names)
                ),
                records,
            )
            for file, name, records in found
        ]

    def _headers(self, headers: Headers) -> list[tuple[DeliveredColumns, Records]]:
        """The chosen columns of the files; a name of several files is one row, of the first."""
        seen: set[str] = set()
        found: list[tuple[DeliveredColumns, Records]] = []
        for file in self.files:
            for name, records in open_records(file):
                names = records.schema.names
                try:
                    chosen = [each for each in chosen_names(headers.columns, names) if each not in seen]
                except ValueError as error:
                    path = ("tables", self.table.name, "headers", "columns")
                    raise self.sources.error(path, f"{name}: {error}") from None
                seen.update(chosen)
                rows = HeaderRecords({each: names.index(each) + 1 for each in chosen}, file.form.header_row or 1)
                found.append((DeliveredColumns(name, rows.schema), rows))
        return found

    def _prepare(self, prepare: Prepare) -> list[tuple[DeliveredColumns, Records]]:
        """The rows that the query makes of the files."""
        relations = {name: Relation() for name in prepare.files}
        for file in self.files:
            for name, records in open_records(file):
                relations[file.relation or ""].files.append((name, records))
                self._inputs.append((name, records))
        form = self.sources.table(self.table.name).format
        called = f"{self.sources.name}#{self.table.name}"
        try:
            self._prepared = prepared(prepare.select, relations, self.connection, called, form)
        except NotOneQuery as error:
            raise self.sources.error(("tables", self.table.name, "prepare", "select"), str(error)) from None
        return [
            # Real dates and moments of the files arrive as ISO 8601, as those of a worksheet do.
            (DeliveredColumns(origin, records.schema, is_worksheet=True, unmeasured=self._prepared.unmeasured), records)
            for origin, records in self._prepared.records.items()
        ]

    @property
    def left_out(self) -> LeftOut:
        """Totals over all files."""
        total = LeftOut()
        for opened in self._opened:
            total.add(opened.counts.left_out)
        return total

    def file_counts(self) -> dict[str, FileCounts]:
        """By file name, in reading order."""
        counts = {opened.name: opened.counts for opened in self._opened}
        if self._prepared is None:
            return counts
        null_values = self.sources.table(self.table.name).format.null_values
        doubts = self.doubts_of_prepared_files()
        for name in self._prepared.delivered:
            counts.setdefault(name, FileCounts(null_values=null_values))
        return {
            name: replace(
                each,
                records=self._prepared.delivered.get(name, 0),
                prepared=self._prepared.rows.get(name, 0),
                doubts=[*doubts.get(name, ()), *each.doubts],
            )
            for name, each in counts.items()
        }

    def doubts_of_prepared_files(self) -> dict[str, list[Doubt]]:
        """What may not be read as it was meant, of the files that ``prepare`` reads."""
        found = {name: getattr(records, "doubts", None) for name, records in self._inputs}
        return {name: list(doubts()) for name, doubts in found.items() if doubts is not None}

    def prepared_rows(self) -> tuple[int, int] | None:
        """The records that ``prepare`` read, and the rows that it made; None: there is no query."""
        made = self._prepared
        return None if made is None else (sum(made.delivered.values()), sum(made.rows.values()))

    def file_count(self) -> int:
        """How many sources of rows there are, including a ``rows:`` list."""
        return len(self._opened)

    def delivered_columns(self) -> list[str]:
        """The contract columns that at least one source of rows has, in the contract's order."""
        delivered = {name for opened in self._opened for name in opened.mapping.delivered}
        return [column.name for column in self.table.columns if column.name in delivered]

    def assumed_columns(self) -> dict[str, str]:
        """The contract columns whose values at least one file does not measure → why, in the contract's order.

        Once the rows are read, empty columns that ``values`` fills are among them.
        """
        assumed: dict[str, str] = {}
        for opened in self._opened:
            rows, mapped = opened.counts.rows, opened.counts.mapped
            filled = {name: CONSTANT for name in opened.mapping.filled if rows and mapped.get(name) == rows}
            assumed = filled | opened.mapping.assumed | assumed
        return {column.name: assumed[column.name] for column in self.table.columns if column.name in assumed}

    def unused_columns(self, index: int) -> list[str]:
        """Source columns of a file from which no column of the table is taken."""
        opened = self._opened[index]
        if isinstance(opened.records, HeaderRecords):
            return []
        return [name for name in opened.records.schema.names if name not in opened.mapping.needed]

    def empty_columns(self, index: int) -> set[str]:
        """Contract columns for which a file and its configuration give no value."""
        return self._opened[index].mapping.empty_columns

    def encoding(self, index: int) -> str | None:
        """The encoding of a text file; None for other kinds."""
        return getattr(self._opened[index].records, "encoding", None)

    def origin(self, index: int) -> str:
        """What the rows of a file, or of a sheet of it, give as their origin."""
        return self._opened[index].name

    def doubts(self, index: int) -> list[Doubt]:
        """What of a file may not be read as it was meant; of its cells as far as its rows have been taken."""
        opened = self._opened[index]
        of_file = getattr(opened.records, "doubts", None)
        found = list(of_file()) if of_file else []
        found += [
            Doubt(f"has no column '{name}', which other files of the table have: expressions read it as empty", None)
            for name in opened.mapping.absent
        ]
        if opened.cells is not None:
            long_numbers, dates = (getattr(opened.records, name, None) for name in ("long_numbers", "dates"))
            found += opened.cells.doubts(long_numbers, dates, opened.mapping.taken_as_text)
        return found

    def rows(self, index: int) -> Generator[pa.RecordBatch, None, None]:
        """The rows of one file in order: contract columns in their types and ``ROW_FIELDS``.

        Raises UnreadableFile and TruncatedFile (damage found on the way), SourceConfigError (an expression that fails).
        """
        opened = self._opened[index]
        feed = _Feed(opened)
        cells = opened.cells = DoubtfulCells(self.table)
        last = -1
        rows = 0
        mapped = dict.fromkeys(opened.mapping.mapped, 0)
        for batch in self._run(opened, feed, opened.mapping.rows_sql(_RELATION)):
            sequence = batch.column(SEQUENCE).to_numpy()
            # Everything downstream relies on file order; DuckDB keeps it, and this makes sure.
            if sequence.size and (sequence[0] < last or (np.diff(sequence) < 0).any()):
                raise AssertionError(f"{self.table.name}: rows left DuckDB out of order")
            last = int(sequence[-1]) if sequence.size else last
            rows += batch.num_rows
            cells.add(batch)
            for name, flag in opened.mapping.mapped.items():
                mapped[name] += int(pc.sum(batch.column(flag)).as_py() or 0)
            yield batch.drop_columns([SEQUENCE, *opened.mapping.mapped.values()])
        opened.counts.records, opened.counts.rows, opened.counts.mapped = feed.read, rows, mapped
        opened.counts.doubts = self.doubts(index)
        self._count_left_out(opened, feed, rows)
        self._count_issues(opened)

    def _count_left_out(self, opened: _OpenFile, feed: _Feed, rows: int) -> None:
        entries = opened.mapping.entries
        if not entries:
            # With latest_by, only records kept by `where` are fed; the counts come from where that is decided.
            opened.counts.left_out.where += feed.fed - rows
            return
        chosen = self._count_chosen(opened)
        opened.counts.left_out.where += feed.fed - chosen
        opened.counts.left_out.unpivot += (chosen - feed.misfits) * entries + feed.misfits - rows

    def _count_issues(self, opened: _OpenFile) -> None:
        sql = opened.mapping.issues_sql(_RELATION)
        if sql is None:
            return
        source = self.sources.table(self.table.name)
        feed = _Feed(opened, every_state=True)
        try:
            self.connection.register(_RELATION, feed.reader())
            found = self.connection.execute(sql).fetchone()
        except duckdb.Error as error:
            # DuckDB's message may quote a value.
            raise self.sources.error(
                ("tables", self.table.name, source.issues_key),
                f"fails on a record of {opened.name} ({type(error).__name__}): where a value may be unreadable, use try_cast "
                "or try_strptime",
            ) from None
        assert found is not None
        opened.counts.known_issues = dict(zip(source.known_issues, found, strict=True))

    def _count_chosen(self, opened: _OpenFile) -> int:
        counted = self._run(opened, _Feed(opened), opened.mapping.count_chosen_sql(_RELATION))
        return sum(int(batch.column(0)[0].as_py()) for batch in counted)

    def _find_latest(self) -> None:
        """Decide over all files together which records ``latest_by`` keeps."""
        feeds = [_Feed(opened) for opened in self._opened]
        for index, (opened, feed) in enumerate(zip(self._opened, feeds, strict=True)):
            sql = f"SELECT {index}::BIGINT AS file, * FROM ({opened.mapping.latest_sql(_RELATION)})"
            with self._explained(opened, feed):
                self.connection.register(_RELATION, feed.reader())
                self.connection.execute(
                    f"{'INSERT INTO' if index else 'CREATE TEMP TABLE'} candidates {'' if index else 'AS'} {sql}"
                )
        self.connection.execute(
            f"CREATE TEMP TABLE latest AS SELECT file, {SEQUENCE} FROM candidates WHERE key IS NULL UNION ALL "
            f"SELECT (last).file, (last).{SEQUENCE} FROM (SELECT max({{'position': position, 'file': file, "
            f"'{SEQUENCE}': {SEQUENCE}}}) AS last FROM candidates WHERE key IS NOT NULL GROUP BY key)"
        )
        candidates, kept = (
            dict(self.connection.execute(f"SELECT file, count(*) FROM {name} GROUP BY file").fetchall())
            for name in ("candidates", "latest")
        )
        for index, (opened, feed) in enumerate(zip(self._opened, feeds, strict=True)):
            opened.latest = np.zeros(feed.fed, dtype=bool)
            sql = f"SELECT {SEQUENCE} FROM latest WHERE file = {index}"
            opened.latest[self.connection.execute(sql).fetchnumpy()[SEQUENCE]] = True
            opened.counts.left_out.where += feed.fed - candidates.get(index, 0)
            opened.counts.left_out.latest_by += candidates.get(index, 0) - kept.get(index, 0)
        self.connection.execute("DROP TABLE candidates; DROP TABLE latest")

    def _run(
        self, opened: _OpenFile, feed: _Feed, sql: str, connection: duckdb.DuckDBPyConnection | None = None
    ) -> Generator[pa.RecordBatch, None, None]:
        connection = connection or self.connection
        with self._explained(opened, feed):
            # One query for all records would read far ahead of the rows that are fetched from it, and keep what it has read.
            for records in feed.parts():
                connection.register(_RELATION, records)
                yield from connection.execute(sql).to_arrow_reader(_BATCH_ROWS)

    @contextmanager
    def _explained(self, opened: _OpenFile, feed: _Feed) -> Iterator[None]:
        """Report the cause of DuckDB's errors: a damaged file, or an expression of the configuration."""
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            if feed.error is not None:
                raise feed.error from None
            for path, expression in opened.mapping.expressions:
                problem = self._failure(opened, expression)
                if problem is not None:
                    raise self.sources.error(
                        path,
                        f"fails on a record of {opened.name}: {problem} in expression {' '.join(expression.split())}; "
                        "where a value may be unreadable, use try_cast or try_strptime",
                    ) from None
            raise error

    def _failure(self, opened: _OpenFile, expression: str) -> str | None:
        """The kind of error with which an expression fails; None when it does not."""
        self.connection.register(_RELATION, _Feed(opened).reader())
        try:
            self.connection.execute(opened.mapping.expression_sql(expression, _RELATION))
        except duckdb.Error as error:
            # DuckDB's message quotes the value, which may be a person's name or number.
            return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).replace("Exception", "Error")
        return None


class _Feed:
    """Feeds a file's records to DuckDB, numbered in order, and keeps errors raised in Python on the way."""

    def __init__(self, opened: _OpenFile, every_state: bool = False) -> None:
        self._opened = opened
        self._kept = None if every_state else opened.latest
        self.read = self.fed = self.misfits = 0
        self.error: AsqError | None = None

    def reader(self) -> pa.RecordBatchReader:
        """All records, for one query about all of them."""
        schema = self._schema()
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def parts(self) -> Iterator[pa.Table]:
        """The records, ``_BATCHES_AT_ONCE`` batches at a time, for a query about each by itself."""
        schema = self._schema()
        batches = self._batches(schema)
        while part := list(islice(batches, _BATCHES_AT_ONCE)):
            yield pa.Table.from_batches(part, schema=schema)

    def _schema(self) -> pa.Schema:
        records = self._opened.records
        needed = [records.schema.field(name) for name in self._opened.mapping.needed]
        return pa.schema([pa.field(SEQUENCE, pa.int64()), *RECORD_FIELDS, *needed])

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        number, kept = 0, self._kept
        try:
            for batch in self._opened.records.batches(self._opened.mapping.needed):
                sequence = np.arange(number, number + batch.num_rows, dtype=np.int64)
                number += batch.num_rows
                self.read += batch.num_rows
                numbered = pa.RecordBatch.from_arrays([pa.array(sequence), *batch.columns], schema=schema)
                if kept is not None:
                    numbered = numbered.filter(pa.array(kept[sequence]))
                self.fed += numbered.num_rows
                self.misfits += numbered.num_rows - numbered.column("_field_rule").null_count
                yield numbered
        except AsqError as error:
            self.error = error
            raise


@contextmanager
def open_table(
    table: Table,
    files: Sequence[SourceFile],
    sources: SourceConfig,
    scratch: Path,
    decide_latest: bool = True,
    known_columns: Sequence[str] = (),
) -> Iterator[TableStream]:
    """Open the files delivered for a table and fit the configuration to their headers.

    Raises what is wrong with a file or the configuration: see ``errors``.
    """
    # A query gives the same rows in the same order on one thread.
    threads = 1 if sources.table(table.name).prepare is not None else None
    with engine(scratch, threads) as connection:
        yield TableStream(table, files, sources, connection, decide_latest, known_columns)


def columns_of(file: SourceFile) -> list[str]:
    """The names in the headers of a delivered file; none of a file that cannot be opened."""
    try:
        return [name for _, records in open_records(file) for name in records.schema.names]
    except AsqError:
        return []
