"""Reads worksheets: every cell as the text of a CSV export, dates in ISO 8601; row numbers are the sheet's own.

An error cell is its text (#N/A), which is not a number, date or word of a closed set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import pyarrow as pa
import python_calamine

from pipeline.extract.errors import TruncatedFile, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.cleaning import clean_text
from pipeline.extract.readers.headers import canonical_names
from pipeline.extract.readers.records import batch_of
from pipeline.extract.readers.sheet_marks import SheetMarks, sheet_marks
from pipeline.settings.sources import Format
from pipeline.settings.suggestions import did_you_mean, listed

_BATCH_ROWS = 20_000


class SheetRecords:
    """One worksheet of a workbook; raises UnreadableFile and TruncatedFile."""

    def __init__(self, file: SourceFile, form: Format) -> None:
        self._file, self._form = file, form
        sheet = self._open()
        self._sheet = sheet.name
        header_rows = islice(sheet.iter_rows(), (form.header_row or 1) - 1, form.header_row or 1)
        header = next(header_rows, None)
        if form.header_row and (header is None or not any(_text(cell) for cell in header)):
            raise self._unreadable(f"sheet '{sheet.name}' has no header in row {form.header_row}")
        self.schema = pa.schema([(name, pa.string()) for name in canonical_names(form.names or header or [])])

    @cached_property
    def marks(self) -> SheetMarks:
        """Error cells and uncomputed formulas, which the reader does not report."""
        return sheet_marks(self._file.path, self._sheet)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = [self.schema.get_field_index(name) for name in columns]
        first = (self._form.header_row or 0) + 1
        # Opened again for each reading, because a workbook is held in memory whole; a folder of them must not be.
        sheet = self._open()
        numbered = self._with_errors(enumerate(islice(sheet.iter_rows(), first - 1, None), start=first), sheet)
        while chunk := list(islice(numbered, _BATCH_ROWS)):
            filled = [(number, row) for number, row in chunk if any(cell != "" for cell in row)]
            cells = [
                pa.array([_text(row[index]) if index < len(row) else None for _, row in filled], pa.string()) for index in wanted
            ]
            cleaned = [clean_text(column, self._form.null_values) for column in cells]
            yield batch_of(pa.array([number for number, _ in filled], pa.int64()), cleaned, columns)

    def _with_errors(
        self, numbered: Iterator[tuple[int, list[Any]]], sheet: python_calamine.CalamineSheet
    ) -> Iterator[tuple[int, list[Any]]]:
        errors = self.marks.errors
        if not errors:
            yield from numbered
            return
        # The reader's rows begin at the sheet's first row, but at the first column with a value.
        first_column = sheet.start[1] if sheet.start else 0
        for number, row in numbered:
            for column, text in errors.get(number, {}).items():
                row[column - first_column] = text
            yield number, row

    def _open(self) -> python_calamine.CalamineSheet:
        if self._file.path.stat().st_size == 0:
            raise self._unreadable("is empty")
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(self._file.path))
            return book.get_sheet_by_name(self._sheet_name(book.sheet_names))
        except python_calamine.PasswordError:
            raise self._unreadable("is protected by a password") from None
        except python_calamine.ZipError:
            with self._file.path.open("rb") as handle:
                is_zip = handle.read(2) == b"PK"
            if is_zip:
                problem = "the workbook ends too early or is damaged"
                raise TruncatedFile(problem, table=self._file.table, file=self._file.name) from None
            raise self._unreadable("is not an Excel workbook (.xlsx)") from None
        except (python_calamine.CalamineError, OSError, ValueError):
            raise self._unreadable("is a damaged Excel workbook") from None

    def _sheet_name(self, names: list[str]) -> str:
        wanted = self._form.sheet
        if not names:
            raise self._unreadable("has no worksheet")
        if wanted is None:
            return names[0]
        if wanted in names:
            return wanted
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            return names[int(wanted) - 1]
        raise self._unreadable(f"has no sheet '{wanted}' (sheets: {listed(names)}){did_you_mean(wanted, names)}")

    def _unreadable(self, problem: str) -> UnreadableFile:
        return UnreadableFile(problem, table=self._file.table, file=self._file.name)


def _text(cell: Any) -> str | None:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # Excel has no integers: 13800138000 arrives as 13800138000.0.
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        # A day's fraction is exact to about a microsecond; sheets show milliseconds at most.
        rounded = cell + dt.timedelta(microseconds=500)
        return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000).isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(cell)
