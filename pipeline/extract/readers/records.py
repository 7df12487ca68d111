"""What every reader returns: records as Arrow batches, in file order, each with its exact record number.

Only the interface. The readers are ``text_records``, ``sheet_records`` and ``parquet_records``; ``open_records`` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from pipeline.extract.readers.cleaning import BLANKS
from pipeline.extract.readers.headers import ORIGIN_ROW
from pipeline.settings.sources import Format

RECORD_FIELDS = (
    pa.field(ORIGIN_ROW, pa.int64()),
    pa.field("_field_rule", pa.string()),
    pa.field("_raw_line", pa.string()),
)
"""First columns of every batch: the record's number; for a line that does not fit the header also rule and line."""


LONG_NUMBER = 10**15
"""Whole numbers from here on have more digits than a spreadsheet keeps, fifteen: the last ones may be lost."""


@dataclass(frozen=True)
class Doubt:
    """Something that is read, but may not be what the file's author sees or meant."""

    problem: str
    count: int | None
    """Cells, ranges or formulas; None: not countable."""
    column: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return vars(self)


class CellCounts:
    """Cells of one sort in the columns of a file, as far as it has been read: how many, and the first row."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, int]] = {}

    def clear(self) -> None:
        self._found.clear()

    def add(self, column: str, rows: Sequence[int]) -> None:
        """Note the rows of more such cells of a column."""
        if rows:
            count, first = self._found.get(column, (0, rows[0]))
            self._found[column] = count + len(rows), first

    def of(self, column: str) -> tuple[int, int] | None:
        """Their number and the first one's row; None: there are none."""
        return self._found.get(column)


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
        trimmed = (text or "").strip(BLANKS)
        return None if trimmed in self._null_values else trimmed


class HeaderRecords:
    """Names of a file's columns as records; all come from its header."""

    schema = pa.schema([("header", pa.string()), ("position", pa.string())])

    def __init__(self, chosen: Mapping[str, int], row: int) -> None:
        """``chosen``: name → position in the file, from 1; ``row``: of the header."""
        self._chosen, self._row = chosen, row

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        cells = {"header": list(self._chosen), "position": [str(place) for place in self._chosen.values()]}
        numbers = pa.array([self._row] * len(self._chosen), pa.int64())
        yield batch_of(numbers, [pa.array(cells[name], pa.string()) for name in columns], columns)


def batch_of(numbers: pa.Array, cells: Sequence[pa.Array], columns: Sequence[str]) -> pa.RecordBatch:
    """A batch of records that fit their header."""
    nothing = pa.nulls(len(numbers), pa.string())
    fields = [pa.field(name, column.type) for name, column in zip(columns, cells, strict=True)]
    return pa.RecordBatch.from_arrays([numbers, nothing, nothing, *cells], schema=pa.schema([*RECORD_FIELDS, *fields]))
