"""Finds in a worksheet's XML what its reader hides: error cells (#N/A) and formulas that were never computed.

The reader returns both as empty cells, so a value would be lost unnoticed. Makes one streaming pass over the XML and looks into
rows only if they contain an error.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree

_CHUNK = 1 << 20
# Element names may have a prefix.
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?row>)", re.DOTALL)
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ERROR = re.compile(rb"""\bt=["']e["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_REFERENCE = re.compile(rb"""(?<![\w:])r=["']([A-Z]*)([0-9]+)["']""")
_UNCOMPUTED = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)")


@dataclass
class SheetMarks:
    """What was found on one worksheet."""

    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    """Text of the error cells (``#N/A``) by row number, from 1, and column, from 0."""
    uncomputed: int = 0
    """Formulas without a value: written by a program that does not compute."""
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    """First and last (row, column) of merged cells, from 0, where the reader does not report them."""
    is_blind: bool = False
    """Errors cannot be found in this format."""

    @property
    def error_count(self) -> int:
        return sum(map(len, self.errors.values()))


def sheet_marks(contents: BinaryIO, sheet: str) -> SheetMarks:
    """The marks of one worksheet of an .xlsx file; none if the file is packed differently."""
    marks = SheetMarks()
    try:
        with zipfile.ZipFile(contents) as book:
            part = part_of(book, sheet)
            if part is None:
                return marks
            row, are_numbered = 0, True
            for rows in _whole_rows(book, part):
                if b"<f" in rows or b":f" in rows:
                    marks.uncomputed += sum(1 for _ in _UNCOMPUTED.finditer(rows))
                first = _ROW.search(rows) if row == 0 else None
                are_numbered = are_numbered and (first is None or bool(_REFERENCE.search(first[1])))
                # Row numbers may be omitted; then every row is counted.
                if b't="e"' in rows or b"t='e'" in rows or not are_numbered:
                    row = _read_errors(rows, row, marks)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return SheetMarks()
    return marks


def part_of(book: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the worksheet's XML in the archive."""
    sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iterfind(".//{*}sheet")
    entry = next((entry.attrib for entry in sheets if entry.get("name") == sheet), {})
    # The namespace of the attribute r:id depends on the edition of the format.
    wanted = next((value for name, value in entry.items() if name.endswith("}id")), None)
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    target = next((relation.get("Target") for relation in relations if relation.get("Id") == wanted), None)
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") if target else None


def _whole_rows(book: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with book.open(part) as xml:
        rest = b""
        while chunk := xml.read(_CHUNK):
            data = rest + chunk
            end = _end_of_rows(data)
            yield data[:end]
            rest = data[end:]
        yield rest


def _end_of_rows(xml: bytes) -> int:
    """Position after the last end tag of a row."""
    end = len(xml)
    while (at := xml.rfind(b"row>", 0, end)) >= 0:
        tag = xml.rfind(b"<", 0, at)
        if xml[tag + 1 : tag + 2] == b"/":
            return at + len(b"row>")
        end = at
    return 0


def _read_errors(rows: bytes, before: int, marks: SheetMarks) -> int:
    """Note the errors in these rows; returns the number of the last row."""
    number = before
    for row in _ROW.finditer(rows):
        reference = _REFERENCE.search(row[1])
        number = int(reference[2]) if reference else number + 1
        if not row[2] or not _ERROR.search(row[2]):
            continue
        column = -1
        for cell in _CELL.finditer(row[2]):
            reference = _REFERENCE.search(cell[1])
            column = column_place(reference[1]) if reference else column + 1
            if _ERROR.search(cell[1]):
                value = _VALUE.search(cell[2] or b"")
                marks.errors.setdefault(number, {})[column] = value[1].decode().strip() if value else "#ERROR"
    return number


def column_place(letters: bytes) -> int:
    """The column that letters name, from 0."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    return place - 1
