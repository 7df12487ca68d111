"""What every reader returns: records as Arrow batches, in file order, each with its exact record number.

Only the interface. The readers are ``text_records``, ``sheet_records`` and ``parquet_records``; ``open_records`` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from pipeline.extract.readers.headers import ORIGIN_ROW
from pipeline.settings.sources import Format

RECORD_FIELDS = (
    pa.field(ORIGIN_ROW, pa.int64()),
    pa.field("_field_rule", pa.string()),
    pa.field("_raw_line", pa.string()),
)
"""First columns of every batch: the record's number; for a line that does not fit the header also rule and line."""


class Records(Protocol):
    """An opened source of records that can be read repeatedly."""

    schema: pa.Schema
    """Canonical column names and Arrow types, without ``RECORD_FIELDS``."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Batches of ``RECORD_FIELDS`` and the given columns; raises UnreadableFile, TruncatedFile."""
        ...


class ConfiguredRecords:
    """The rows written in ``sources.yaml`` itself, numbered from 1."""

    def __init__(self, rows: Sequence[Mapping[str, str | None]], form: Format) -> None:
        names = dict.fromkeys(name for row in rows for name in row)
        self.schema = pa.schema([(name, pa.string()) for name in names])
        self._rows, self._null_values = rows, {"", *form.null_values}

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        numbers = pa.array(range(1, len(self._rows) + 1), pa.int64())
        cells = [[self._cell(row.get(name)) for row in self._rows] for name in columns]
        yield batch_of(numbers, [pa.array(column, pa.string()) for column in cells], columns)

    def _cell(self, text: str | None) -> str | None:
        trimmed = (text or "").strip()
        return None if trimmed in self._null_values else trimmed


def batch_of(numbers: pa.Array, cells: Sequence[pa.Array], columns: Sequence[str]) -> pa.RecordBatch:
    """A batch of records that fit their header."""
    nothing = pa.nulls(len(numbers), pa.string())
    fields = [pa.field(name, column.type) for name, column in zip(columns, cells, strict=True)]
    return pa.RecordBatch.from_arrays([numbers, nothing, nothing, *cells], schema=pa.schema([*RECORD_FIELDS, *fields]))
