"""Reads worksheets: every cell as the text of a CSV export, dates in ISO 8601; row numbers are the sheet's own.

An error cell is its text (#N/A), which is not a number, date or word of a closed set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any

import pyarrow as pa
from python_calamine import CalamineSheet

from pipeline.extract.errors import UnreadableFile
from pipeline.extract.files import SourceFile, require_impersonal
from pipeline.extract.readers.cleaning import clean_text
from pipeline.extract.readers.headers import canonical_names
from pipeline.extract.readers.records import LONG_NUMBER, CellCounts, Doubt, batch_of
from pipeline.extract.readers.sheet_marks import SheetMarks
from pipeline.extract.readers.workbook import ALL_SHEETS, Workbook, cell_range
from pipeline.extract.readers.workbook_marks import workbook_marks
from pipeline.settings.sources import Format
from pipeline.settings.suggestions import listed

_BATCH_ROWS = 20_000


class SheetRecords:
    """One worksheet of a workbook; raises UnreadableFile and TruncatedFile."""

    def __init__(self, file: SourceFile, form: Format, book: Workbook, sheet: str) -> None:
        self._file, self._form, self._name = file, form, sheet
        self._is_hidden = sheet in book.hidden
        cells = book.sheet(sheet)
        header_rows = islice(cells.iter_rows(), (form.header_row or 1) - 1, form.header_row or 1)
        header = next(header_rows, None)
        if form.header_row and (header is None or not any(_text(cell) for cell in header)):
            problem = f"sheet '{sheet}' has no header in row {form.header_row}"
            raise UnreadableFile(problem, table=file.table, file=file.name)
        self.schema = pa.schema([(name, pa.string()) for name in canonical_names(form.names or header or [])])
        self.long_numbers, self.dates = CellCounts(), CellCounts()
        # Ranges in which data rows lie, not a title above them.
        self._merged = [
            (first, last) for first, last in cells.merged_cell_ranges or () if last[0] >= (form.header_row or 0) and first != last
        ]

    @cached_property
    def marks(self) -> SheetMarks:
        """Error cells, uncomputed formulas and merged cells, where the reader does not report them."""
        return workbook_marks(self._file.whole(), self._name)

    def doubts(self) -> Iterator[Doubt]:
        """What of the sheet is not read as its author may expect."""
        marks = self.marks
        if self._is_hidden:
            yield Doubt(f"the sheet '{self._name}', which is read, is hidden", 1)
        merged = [*self._merged, *(each for each in marks.merged if each[1][0] >= (self._form.header_row or 0))]
        if merged:
            ranges = listed([cell_range(*each) for each in sorted(merged)])
            one = f"{len(merged)} merged cells lie over the rows" if len(merged) > 1 else "1 merged cell lies over the rows"
            yield Doubt(f"{one} ({ranges}): the value is read in the first row and column of each, the rest is empty", len(merged))
        if marks.errors:
            texts = listed(sorted({text for row in marks.errors.values() for text in row.values()}))
            yield Doubt(f"{marks.error_count} cells hold an error of the spreadsheet ({texts})", marks.error_count)
        if marks.uncomputed:
            problem = f"{marks.uncomputed} formulas have no value: open the file in a spreadsheet program and save it"
            yield Doubt(problem, marks.uncomputed)
        if marks.is_blind:
            yield Doubt("error cells (#N/A) and merged cells of this format cannot be told from empty ones: save it as .xlsx", None)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = [self.schema.get_field_index(name) for name in columns]
        first = (self._form.header_row or 0) + 1
        self.long_numbers.clear()
        self.dates.clear()
        # Opened again for each reading, because a workbook is held in memory whole; a folder of them must not be.
        sheet = Workbook(self._file).sheet(self._name)
        numbered = self._with_errors(enumerate(islice(sheet.iter_rows(), first - 1, None), start=first), sheet)
        while chunk := list(islice(numbered, _BATCH_ROWS)):
            filled = [(number, row) for number, row in chunk if any(cell != "" for cell in row)]
            for name, index in zip(columns, wanted, strict=True):
                self.long_numbers.add(name, [number for number, row in filled if index < len(row) and _is_long(row[index])])
                self.dates.add(name, [number for number, row in filled if index < len(row) and isinstance(row[index], dt.date)])
            cells = [
                pa.array([_text(row[index]) if index < len(row) else None for _, row in filled], pa.string()) for index in wanted
            ]
            cleaned = [clean_text(column, self._form.null_values) for column in cells]
            yield batch_of(pa.array([number for number, _ in filled], pa.int64()), cleaned, columns)

    def _with_errors(self, numbered: Iterator[tuple[int, list[Any]]], sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
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


def sheets_of(file: SourceFile, form: Format) -> Iterator[tuple[str, SheetRecords]]:
    """The sheets of a workbook to be read, each with the name that its rows give as their origin.

    A sheet is named (``staff.xlsx#May``) where several may be read.
    """
    book = Workbook(file)
    names = book.chosen(form.sheet)
    is_named = form.sheet is not None and (len(form.sheet) > 1 or (form.sheet == (ALL_SHEETS,) and ALL_SHEETS not in book.sheets))
    for name in names:
        require_impersonal(file.table, f"{file.name}#{name}")
        yield f"{file.name}#{name}" if is_named else file.name, SheetRecords(file, form, book, name)


def _is_long(cell: Any) -> bool:
    """Whether a number has more digits than a spreadsheet keeps, fifteen."""
    return isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= LONG_NUMBER


def _text(cell: Any) -> str | None:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        # Excel has no integers: 13800138000 arrives as 13800138000.0. Of a longer number the shortest digits that are it.
        if abs(cell) < LONG_NUMBER:
            return str(int(cell)) if cell.is_integer() else repr(cell)
        return f"{Decimal(repr(cell)):f}".partition(".")[0] if cell.is_integer() else repr(cell)
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
