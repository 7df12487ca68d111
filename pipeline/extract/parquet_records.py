"""Parquet files: the columns keep their types, text is cleaned like any other text. The first row is number 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.extract.cleaning import clean_text
from pipeline.extract.errors import TruncatedFile, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.headers import canonical_names
from pipeline.extract.records import batch_of
from pipeline.extract.sources import Format

_BATCH_ROWS = 1 << 16


class ParquetRecords:
    """One Parquet file; raises UnreadableFile and TruncatedFile."""

    def __init__(self, file: SourceFile, form: Format) -> None:
        self._file, self._form = file, form
        with self._open() as parquet:
            found = parquet.schema_arrow
        self._delivered = {name: field.name for name, field in zip(canonical_names(found.names), found, strict=True)}
        self.schema = pa.schema(
            [(name, _read_as(field.type)) for name, field in zip(self._delivered, found, strict=True)]
        )

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        row = 1
        delivered = [self._delivered[name] for name in columns]
        # Arrow cannot count the rows of no columns.
        read = delivered or list(self._delivered.values())[:1]
        with self._open() as parquet:
            try:
                for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=read):
                    cells = [
                        self._cells(batch.column(name), self.schema.field(known_as).type)
                        for name, known_as in zip(delivered, columns, strict=True)
                    ]
                    numbers = pa.array(np.arange(row, row + batch.num_rows, dtype=np.int64))
                    row += batch.num_rows
                    yield batch_of(numbers, cells, columns)
            except (pa.ArrowException, OSError):
                problem = f"is damaged after row {row - 1}"
                raise UnreadableFile(problem, table=self._file.table, file=self._file.name) from None

    def _open(self) -> pq.ParquetFile:
        path, where = self._file.path, {"table": self._file.table, "file": self._file.name}
        with path.open("rb") as handle:
            begins = handle.read(4) == b"PAR1"
            handle.seek(max(path.stat().st_size - 4, 0))
            ends = handle.read(4) == b"PAR1"
        if not begins:
            raise UnreadableFile("is no Parquet file", **where)
        if not ends or path.stat().st_size < 12:
            raise TruncatedFile("the Parquet file ends too early", **where)
        try:
            return pq.ParquetFile(path)
        except (pa.ArrowException, OSError):
            raise UnreadableFile("is a damaged Parquet file", **where) from None

    def _cells(self, column: pa.Array, read_as: pa.DataType) -> pa.Array:
        try:
            cells = column.cast(read_as) if column.type != read_as else column
        except pa.ArrowException:
            problem = f"has a column of type {column.type}, which cannot be read as text"
            raise UnreadableFile(problem, table=self._file.table, file=self._file.name) from None
        return clean_text(cells, self._form.null_values) if pa.types.is_string(read_as) else cells


def _read_as(given: pa.DataType) -> pa.DataType:
    """Types that casting knows; everything else (dictionaries, large text, bytes, times of day) is read as text."""
    known = (
        pa.types.is_boolean, pa.types.is_integer, pa.types.is_float32, pa.types.is_float64, pa.types.is_date,
        pa.types.is_timestamp, pa.types.is_decimal128,
    )  # fmt: skip
    return given if any(check(given) for check in known) else pa.string()
