"""Applies a table's mapping to its files: typed rows in file order, in batches, for any size.

Does not store the rows: ``snapshot`` writes them, ``check`` samples them.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import AsqError
from pipeline.extract import apart
from pipeline.extract.doubtful_cells import DoubtfulCells
from pipeline.extract.errors import UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.mapping.engine import engine
from pipeline.extract.mapping.prepared import NotOneQuery, Prepared, Relation, prepared
from pipeline.extract.mapping.select import CONSTANT, DeliveredColumns, Mapping
from pipeline.extract.readers.headers import ORIGIN_FILE, SEQUENCE, chosen_names
from pipeline.extract.readers.open_records import named, open_records
from pipeline.extract.readers.records import RECORD_FIELDS, ConfiguredRecords, Doubt, HeaderRecords, Records
from pipeline.lake.provenance import DOUBTS
from pipeline.settings.documents import YamlPath
from pipeline.settings.sources import Headers, Prepare, SourceConfig
from pipeline.settings.suggestions import listed
from schemas.contract import Table

ROW_FIELDS = ("quarter", "_origin_file", "_origin_row", "_defects")
"""Columns of every row beside the contract's."""

_RELATION = "records"
_BATCH_ROWS = 1 << 16
_BATCHES_AT_ONCE = 2
# Of small files that are mapped together.
_FEW_ROWS, _MOST_BATCHES = 20_000, 1_000
_NAMES = pa.dictionary(pa.int32(), pa.string())


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


@dataclass(frozen=True)
class FileNotes:
    """What is worth knowing about one source of rows, once they are read."""

    origin: str
    doubts: tuple[Doubt, ...]
    encoding: str | None
    """Of a text file."""
    unused: tuple[str, ...]
    """Source columns from which no column of the table is taken."""
    empty: frozenset[str]
    """Contract columns without a value by file and configuration."""


@dataclass(frozen=True)
class TableNotes:
    """What is worth knowing about the files of a table, once they are read."""

    files: tuple[FileNotes, ...]
    assumed: dict[str, str]
    delivered: tuple[str, ...]
    prepared: tuple[int, int] | None
    """The records that ``prepare`` read and the rows that it made; None: there is no query."""
    prepared_doubts: dict[str, list[Doubt]]


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
        self._mappings: dict[tuple[object, ...], Mapping] = {}
        self._opened = [self._mapped(delivery, records) for delivery, records in opened]
        for opened_file in self._opened:
            opened_file.counts.null_values = source.format.null_values
        if source.latest_by is not None and self.decide_latest:
            self._find_latest()

    def _mapped(self, delivery: DeliveredColumns, records: Records) -> _OpenFile:
        if self.sources.table(self.table.name).has_sql:
            # DuckDB computes what is constant while it looks at the types.
            apart.at(self._sql_place(delivery.name))
        # Files of one layout are mapped by one SELECT.
        layout = (tuple(delivery.schema), delivery.is_worksheet, delivery.elsewhere, delivery.unmeasured)
        mapping = self._mappings.get(layout)
        if mapping is None:
            mapping = self._mappings[layout] = Mapping(self.table, delivery, self.sources, self.connection)
        return _OpenFile(delivery.name, records, mapping)

    def _sql_place(self, file: str, path: YamlPath = ()) -> apart.Place:
        """That the SQL of the configuration runs on a file."""
        where = self.sources.located.placed(path or ("tables", self.table.name), "SQL")
        return apart.Place(self.table.name, file, f"{self.sources.name}: {where}")

    def _files_themselves(self) -> list[tuple[DeliveredColumns, Records]]:
        found = [(file, name, records) for file in self.files for name, records in open_records(file)]
        names = dict.fromkeys(name for _, _, records in found for name in records.schema.names)
        names |= dict.fromkeys(self.known_columns)
        delivered = []
        for file, name, records in found:
            own = set(records.schema.names)
            elsewhere = tuple(each for each in names if each not in own)
            delivered.append((DeliveredColumns(name, records.schema, file.kind == "xlsx", elsewhere), records))
        return delivered

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
        files = listed(dict.fromkeys(name for name, _ in self._inputs))
        apart.at(self._sql_place(files, ("tables", self.table.name, "prepare")))
        try:
            self._prepared = prepared(prepare.select, relations, self.connection, called, form)
        except NotOneQuery as error:
            raise self.sources.error(("tables", self.table.name, "prepare", "select"), str(error)) from None
        return [
            # Real dates and moments of the files arrive as ISO 8601, as those of a worksheet do.
            (DeliveredColumns(origin, records.schema, is_worksheet=True, unmeasured=self._prepared.unmeasured), records)
            for origin, records in self._prepared.records.items()
        ]

    def notes(self) -> TableNotes:
        """What the files themselves tell once all rows are read."""
        files = tuple(
            FileNotes(
                self.origin(index),
                tuple(self.doubts(index)),
                self.encoding(index),
                tuple(self.unused_columns(index)),
                frozenset(self.empty_columns(index)),
            )
            for index in range(self.file_count())
        )
        delivered = tuple(self.delivered_columns())
        return TableNotes(files, self.assumed_columns(), delivered, self.prepared_rows(), self.doubts_of_prepared_files())

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
        return self._doubts(self._opened[index])

    @staticmethod
    def _doubts(opened: _OpenFile) -> list[Doubt]:
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

    def rows(self) -> Generator[pa.RecordBatch, None, None]:
        """The rows of all files, in order: contract columns in their types and ``ROW_FIELDS``.

        Raises UnreadableFile and TruncatedFile (damage found on the way), SourceConfigError (an expression that fails).
        """
        for together in self._together():
            yield from self._rows(together)

    def _together(self) -> Iterator[list[_OpenFile]]:
        """Files that follow each other and are mapped by one query: planning it takes longer than mapping a small file."""
        source = self.sources.table(self.table.name)
        are_counted_alone = bool(source.latest_by or source.unpivot or source.known_issues or source.prepare)
        for _, files in groupby(self._opened, key=lambda opened: id(opened) if are_counted_alone else id(opened.mapping)):
            yield list(files)

    def _rows(self, together: list[_OpenFile]) -> Iterator[pa.RecordBatch]:
        feed = _Feed(*together)
        mapping = together[0].mapping
        rows = dict.fromkeys(map(id, together), 0)
        for opened in together:
            opened.cells = DoubtfulCells(self.table)
            opened.counts.mapped = dict.fromkeys(mapping.mapped, 0)
        last = -1
        for batch in self._run(feed, mapping.rows_sql(_RELATION)):
            sequence = batch.column(SEQUENCE).to_numpy()
            # Everything downstream relies on file order; DuckDB keeps it, and this makes sure.
            if sequence.size and (sequence[0] < last or (np.diff(sequence) < 0).any()):
                raise AssertionError(f"{self.table.name}: rows left DuckDB out of order")
            last = int(sequence[-1]) if sequence.size else last
            seen = DoubtfulCells(self.table)
            if len(together) > 1:
                seen.add(batch)
            for opened, of_file in feed.by_file(batch, sequence):
                rows[id(opened)] += of_file.num_rows
                if opened.cells is not None and (len(together) == 1 or seen.found_any):
                    opened.cells.add(of_file)
                for name, flag in mapping.mapped.items():
                    opened.counts.mapped[name] += int(pc.sum(of_file.column(flag)).as_py() or 0)
            yield batch.drop_columns([SEQUENCE, *mapping.mapped.values()])
        for place, opened in enumerate(together):
            opened.counts.records, opened.counts.rows = feed.counts[place].read, rows[id(opened)]
            opened.counts.doubts = self._doubts(opened)
            self._count_left_out(opened, feed.counts[place], rows[id(opened)])
            self._count_issues(opened)

    def _count_left_out(self, opened: _OpenFile, counts: _FeedCounts, rows: int) -> None:
        entries = opened.mapping.entries
        if not entries:
            # With latest_by, only records kept by `where` are fed; the counts come from where that is decided.
            opened.counts.left_out.where += counts.fed - rows
            return
        chosen = self._count_chosen(opened)
        opened.counts.left_out.where += counts.fed - chosen
        opened.counts.left_out.unpivot += (chosen - counts.misfits) * entries + counts.misfits - rows

    def _count_issues(self, opened: _OpenFile) -> None:
        sql = opened.mapping.issues_sql(_RELATION)
        if sql is None:
            return
        source = self.sources.table(self.table.name)
        feed = _Feed(opened, every_state=True)
        apart.at(self._sql_place(opened.name, ("tables", self.table.name, source.issues_key)))
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
        counted = self._run(_Feed(opened), opened.mapping.count_chosen_sql(_RELATION))
        return sum(int(batch.column(0)[0].as_py()) for batch in counted)

    def _find_latest(self) -> None:
        """Decide over all files together which records ``latest_by`` keeps."""
        feeds = [_Feed(opened) for opened in self._opened]
        for index, (opened, feed) in enumerate(zip(self._opened, feeds, strict=True)):
            apart.at(self._sql_place(opened.name))
            sql = f"SELECT {index}::BIGINT AS file, * FROM ({opened.mapping.latest_sql(_RELATION)})"
            with self._explained(feed):
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

    def _run(self, feed: _Feed, sql: str) -> Generator[pa.RecordBatch, None, None]:
        with self._explained(feed):
            runs_sql = bool(feed.opened[0].mapping.expressions)
            # One query for all records would read far ahead of the rows that are fetched from it, and keep what it has read.
            for records in feed.parts():
                self.connection.register(_RELATION, records)
                if runs_sql:
                    apart.at(self._sql_place(feed.at.name))
                yield from self.connection.execute(sql).to_arrow_reader(_BATCH_ROWS)

    @contextmanager
    def _explained(self, feed: _Feed) -> Iterator[None]:
        """Report the cause of DuckDB's errors: a damaged file, or an expression of the configuration."""
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            if feed.error is not None:
                raise feed.error from None
            for opened in feed.opened:
                for path, expression in opened.mapping.expressions:
                    if (problem := self._failure(opened, expression)) is not None:
                        raise self.sources.error(
                            path,
                            f"fails on a record of {opened.name}: {problem} in expression {' '.join(expression.split())}; "
                            "where a value may be unreadable, use try_cast or try_strptime",
                        ) from None
            # A full disk is no fault of the file.
            if isinstance(error, OSError | duckdb.IOException | duckdb.OutOfMemoryException | MemoryError):
                raise error
            problem = f"its records cannot be mapped ({type(error).__name__})"
            raise UnreadableFile(problem, table=self.table.name, file=feed.at.name) from error

    def _failure(self, opened: _OpenFile, expression: str) -> str | None:
        """The kind of error with which an expression fails; None when it does not."""
        self.connection.register(_RELATION, _Feed(opened).reader())
        try:
            self.connection.execute(opened.mapping.expression_sql(expression, _RELATION))
        except duckdb.Error as error:
            # DuckDB's message quotes the value, which may be a person's name or number.
            return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).replace("Exception", "Error")
        return None


@dataclass
class _FeedCounts:
    """What was fed of one file."""

    begins: int
    """Number of its first record."""
    read: int = 0
    fed: int = 0
    misfits: int = 0


class _Feed:
    """Feeds the records of files to DuckDB, numbered in order over all of them, and keeps errors raised in Python on the way."""

    def __init__(self, *opened: _OpenFile, every_state: bool = False) -> None:
        self.opened = opened
        self._every_state = every_state
        self.at = opened[0]
        """The file that is being read."""
        self.counts: list[_FeedCounts] = []
        """Of the files as far as they have been read."""
        self.error: AsqError | None = None

    @property
    def fed(self) -> int:
        return sum(each.fed for each in self.counts)

    def reader(self) -> pa.RecordBatchReader:
        """All records, for one query about all of them."""
        schema = self._schema()
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def parts(self) -> Iterator[pa.Table]:
        """The records, ``_BATCHES_AT_ONCE`` full batches or as many small ones at a time, for a query about each by itself."""
        schema = self._schema()
        part: list[pa.RecordBatch] = []
        for batch in self._batches(schema):
            part.append(batch)
            if len(self.opened) == 1:
                is_full = len(part) == _BATCHES_AT_ONCE
            else:
                is_full = sum(each.num_rows for each in part) >= _FEW_ROWS or len(part) == _MOST_BATCHES
            if is_full:
                yield pa.Table.from_batches(part, schema=schema)
                part = []
        if part:
            yield pa.Table.from_batches(part, schema=schema)

    def by_file(self, batch: pa.RecordBatch, sequence: np.ndarray) -> Iterator[tuple[_OpenFile, pa.RecordBatch]]:
        """The rows of each file among those that DuckDB made."""
        if len(self.opened) == 1:
            yield self.opened[0], batch
            return
        begins = np.searchsorted(sequence, [each.begins for each in self.counts])
        ends = np.append(begins[1:], sequence.size)
        for place in np.flatnonzero(ends > begins).tolist():
            yield self.opened[place], batch.slice(int(begins[place]), int(ends[place] - begins[place]))

    def _schema(self) -> pa.Schema:
        records = self.opened[0].records
        needed = [records.schema.field(name) for name in self.opened[0].mapping.needed]
        return pa.schema([pa.field(SEQUENCE, pa.int64()), pa.field(ORIGIN_FILE, _NAMES), *RECORD_FIELDS, *needed])

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        number = 0
        self.counts.clear()
        try:
            for opened in self.opened:
                self.at, kept = opened, None if self._every_state else opened.latest
                counts = _FeedCounts(number)
                self.counts.append(counts)
                for batch in _batches_of(opened):
                    sequence = np.arange(number, number + batch.num_rows, dtype=np.int64)
                    number += batch.num_rows
                    counts.read += batch.num_rows
                    name = pa.DictionaryArray.from_arrays(pa.array(np.zeros(batch.num_rows, np.int32)), pa.array([opened.name]))
                    numbered = pa.RecordBatch.from_arrays([pa.array(sequence), name, *batch.columns], schema=schema)
                    if kept is not None:
                        numbered = numbered.filter(pa.array(kept[sequence]))
                    counts.fed += numbered.num_rows
                    counts.misfits += numbered.num_rows - numbered.column("_field_rule").null_count
                    yield numbered
        except AsqError as error:
            self.error = error
            raise


def _batches_of(opened: _OpenFile) -> Iterator[pa.RecordBatch]:
    """The records of a file; raises UnreadableFile, also for what no reader foresees."""
    reading = apart.Place(opened.mapping.table.name, opened.name)
    apart.at(reading)
    with named(opened.mapping.table.name, opened.name):
        for batch in opened.records.batches(opened.mapping.needed):
            yield batch
            # In between, the SQL of the configuration may have run.
            apart.at(reading)


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
        return _names_of(file) if file.kind == "csv" else apart.call(_names_of, file)
    except AsqError:
        return []


def _names_of(file: SourceFile) -> list[str]:
    return [name for _, records in open_records(file) for name in records.schema.names]
