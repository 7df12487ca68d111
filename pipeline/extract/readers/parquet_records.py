"""Reads Parquet files: columns keep their types, text is cleaned as in other files. The first row is number 1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.extract import limits
from pipeline.extract.errors import TruncatedFile, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.cleaning import clean_text
from pipeline.extract.readers.headers import canonical_names
from pipeline.extract.readers.records import LONG_NUMBER, CellCounts, batch_of
from pipeline.lake.parquet import open_parquet
from pipeline.settings.sources import Format

_BATCH_ROWS = 1 << 16
# DuckDB fails on days and instants far outside the calendar. These two replace all of them; no column accepts them, so
# they become a `type` defect of their row. Nanoseconds only reach from 1677 to 2262.
_FIRST_DAY, _FIRST_DAY_OF_NANOSECONDS, _LAST_DAY = dt.date(1, 1, 1), dt.date(1700, 1, 1), dt.date(9999, 12, 31)
_EPOCH = dt.date(1970, 1, 1)
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class ParquetRecords:
    """One Parquet file; raises UnreadableFile and TruncatedFile."""

    def __init__(self, file: SourceFile, form: Format) -> None:
        self._file, self._form = file, form
        with self._open() as parquet:
            found = parquet.schema_arrow
        if len(found) > limits.COLUMNS:
            problem = f"has {len(found):,} columns; a file may have {limits.COLUMNS:,}"
            raise UnreadableFile(problem, table=file.table, file=file.name)
        self._delivered = {name: field.name for name, field in zip(canonical_names(found.names), found, strict=True)}
        self.schema = pa.schema([(name, _read_as(field.type)) for name, field in zip(self._delivered, found, strict=True)])
        self.long_numbers = CellCounts()

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        row = 1
        self.long_numbers.clear()
        delivered = [self._delivered[name] for name in columns]
        # Arrow cannot count rows without any column.
        read = delivered or list(self._delivered.values())[:1]
        with self._open() as parquet:
            try:
                for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=read):
                    cells = [
                        self._cells(name, batch.column(name), self.schema.field(known_as).type)
                        for name, known_as in zip(delivered, columns, strict=True)
                    ]
                    numbers = pa.array(np.arange(row, row + batch.num_rows, dtype=np.int64))
                    for name, column in zip(columns, cells, strict=True):
                        self.long_numbers.add(name, _long_numbers(column, row))
                    row += batch.num_rows
                    yield batch_of(numbers, cells, columns)
            except (pa.ArrowException, OSError):
                problem = f"is damaged after row {row - 1}"
                raise UnreadableFile(problem, table=self._file.table, file=self._file.name) from None

    def _open(self) -> pq.ParquetFile:
        path, where = self._file.path, {"table": self._file.table, "file": self._file.name}
        with self._file.opened() as handle:
            first = handle.read(4)
            begins = first == b"PAR1"
            handle.seek(max(path.stat().st_size - 4, 0))
            ends = handle.read(4) == b"PAR1"
        if first[:2] == b"\x1f\x8b":
            raise UnreadableFile("is compressed as a whole, which a Parquet file is not: unpack it", **where)
        if not begins:
            raise UnreadableFile("is not a Parquet file", **where)
        if not ends or path.stat().st_size < 12:
            raise TruncatedFile("the Parquet file ends too early", **where)
        try:
            return open_parquet(path)
        except (pa.ArrowException, OSError):
            raise UnreadableFile("is a damaged Parquet file", **where) from None

    def _cells(self, name: str, column: pa.Array, read_as: pa.DataType) -> pa.Array:
        try:
            cells = column.cast(read_as) if column.type != read_as else column
        except pa.ArrowException:
            raise UnreadableFile(
                f"column {name} is of type {column.type}, which cannot be read as text",
                table=self._file.table,
                file=self._file.name,
                column=name,
            ) from None
        if pa.types.is_temporal(read_as):
            return _within_calendar(cells)
        return clean_text(cells, self._form.null_values) if pa.types.is_string(read_as) else cells


def _long_numbers(column: pa.Array, first_row: int) -> list[int]:
    """Rows of the numbers that a column of fractions holds with more digits than it can tell apart."""
    if not pa.types.is_floating(column.type) or not len(column):
        return []
    are_long = pc.greater_equal(pc.abs(column), pa.scalar(float(LONG_NUMBER), column.type))
    return [first_row + place for place in pc.indices_nonzero(are_long).to_pylist()]


def _within_calendar(cells: pa.Array) -> pa.Array:
    """Days and instants; those outside the calendar are moved to its edges."""
    is_day = pa.types.is_date32(cells.type)
    units = 1 if is_day else 86_400 * _PER_SECOND["ms" if pa.types.is_date64(cells.type) else cells.type.unit]
    earliest = _FIRST_DAY_OF_NANOSECONDS if units == 86_400 * _PER_SECOND["ns"] else _FIRST_DAY
    first = (earliest - _EPOCH).days * units
    # Later than the last day, which some columns accept as "open".
    beyond = ((_LAST_DAY - _EPOCH).days + 1) * units
    numbers = cells.view(pa.int32() if is_day else pa.int64())
    found = pc.min_max(numbers).as_py()
    if found["min"] is None or (first <= found["min"] and found["max"] <= beyond):
        return cells
    limits = [pa.scalar(min(limit, 2**63 - 1), numbers.type) for limit in (first, beyond)]
    kept = pc.min_element_wise(pc.max_element_wise(numbers, limits[0], skip_nulls=False), limits[1], skip_nulls=False)
    return kept.view(cells.type)


def _read_as(given: pa.DataType) -> pa.DataType:
    """Types that casting supports; everything else (dictionaries, large text, bytes, times of day) is read as text."""
    known = (
        pa.types.is_boolean, pa.types.is_integer, pa.types.is_float32, pa.types.is_float64, pa.types.is_date,
        pa.types.is_timestamp, pa.types.is_decimal128,
    )  # fmt: skip
    return given if any(check(given) for check in known) else pa.string()
