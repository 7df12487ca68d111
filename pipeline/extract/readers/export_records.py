"""Reads an export of refused rows that comes back corrected: takes off the marks that keep a spreadsheet from running its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.extract.readers.records import RECORD_FIELDS, Records
from pipeline.lake.spreadsheets import restored

_MARK = "'"


class ExportRecords:
    """The records of another reader, with names and texts as they were delivered first."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._written = {restored(name): name for name in records.schema.names}
        fields = [field.with_name(restored(field.name)) for field in records.schema]
        self.schema = pa.schema(fields)

    def __getattr__(self, name: str) -> object:
        return getattr(self._records, name)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for batch in self._records.batches([self._written[name] for name in columns]):
            cells = [_restored(batch.column(place)) for place in range(len(RECORD_FIELDS), batch.num_columns)]
            fields = [pa.field(name, column.type) for name, column in zip(columns, cells, strict=True)]
            given = [batch.column(place) for place in range(len(RECORD_FIELDS))]
            yield pa.RecordBatch.from_arrays([*given, *cells], schema=pa.schema([*RECORD_FIELDS, *fields]))


def _restored(cells: pa.Array) -> pa.Array:
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return cells
    if not pc.any(pc.starts_with(cells, _MARK)).as_py():
        return cells
    return pa.array([None if cell is None else restored(cell) for cell in cells.to_pylist()], cells.type)
