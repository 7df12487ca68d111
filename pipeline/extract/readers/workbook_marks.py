"""What the reader hides in a worksheet, by the format of the workbook: error cells and merged cells.

``sheet_marks`` looks into .xlsx and .xlsm; here are .xls and .ods. Of .xlsb nothing is known.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import xlrd

from pipeline.extract.readers.sheet_marks import SheetMarks, sheet_marks

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
_CALC_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


def workbook_marks(contents: BytesIO, sheet: str) -> SheetMarks:
    """The marks of one worksheet; ``is_blind`` where they cannot be found."""
    try:
        with zipfile.ZipFile(contents) as archive:
            parts = set(archive.namelist())
            if "content.xml" in parts:
                return _of_ods(archive, sheet)
    except zipfile.BadZipFile:
        return _of_xls(contents, sheet)
    return sheet_marks(contents, sheet) if "xl/workbook.xml" in parts else SheetMarks(is_blind=True)


def _of_xls(contents: BytesIO, sheet: str) -> SheetMarks:
    try:
        cells = xlrd.open_workbook(file_contents=contents.getvalue(), on_demand=True, logfile=_Silent()).sheet_by_name(sheet)
    # It raises whatever a damaged file leads it to; the other reader has read the cells.
    except Exception:
        return SheetMarks(is_blind=True)
    marks = SheetMarks()
    for row in range(cells.nrows):
        for column, kind in enumerate(cells.row_types(row)):
            if kind == xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(cells.cell_value(row, column), "#ERROR")
                marks.errors.setdefault(row + 1, {})[column] = text
    return marks


class _Silent:
    """Takes the notes that the reader would print."""

    def write(self, text: str) -> int:
        return len(text)


def _of_ods(archive: zipfile.ZipFile, sheet: str) -> SheetMarks:
    marks, row, is_sheet = SheetMarks(), 0, False
    with archive.open("content.xml") as xml:
        for event, element in ElementTree.iterparse(xml, ("start", "end")):
            if event == "start":
                if element.tag == f"{_TABLE}table":
                    is_sheet, row = element.get(f"{_TABLE}name") == sheet, 0
                continue
            if element.tag == f"{_TABLE}table-row":
                if is_sheet:
                    _note_row(element, row, marks)
                row += int(element.get(f"{_TABLE}number-rows-repeated", "1"))
                element.clear()
    return marks


def _note_row(element: Any, row: int, marks: SheetMarks) -> None:
    column = 0
    for cell in element:
        if cell.tag not in _CELLS:
            continue
        down, right = (int(cell.get(f"{_TABLE}number-{way}-spanned", "1")) for way in ("rows", "columns"))
        if down > 1 or right > 1:
            marks.merged.append(((row, column), (row + down - 1, column + right - 1)))
        if cell.get(_CALC_TYPE) == "error":
            marks.errors.setdefault(row + 1, {})[column] = "".join(cell.findtext(_TEXT) or "#ERROR").strip()
        column += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
