"""How far the cells of a worksheet reach, found before the sheet is opened: its reader holds the whole range in memory.

Two cells in opposite corners of a sheet are 17 thousand million cells. Looks at places only, in one pass: references of .xlsx
(``r="XFD1048576"``), records of .xlsb ([MS-XLSB] 2.1.4), repeats of .ods. An .xls reaches no further than IV65536.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

from pipeline.extract.readers.sheet_marks import column_place, part_of

_CHUNK = 1 << 20
# What may be cut at the end of a chunk.
_LONGEST_REFERENCE = 32
_LETTERS = re.compile(rb"""\br=["']([A-Z]{1,7})[0-9]""")
_NUMBERS = re.compile(rb"""\br=["'][A-Z]{0,7}([0-9]{1,10})["']""")
# Records of .xlsb: a row, the kinds of cells that follow it, and a sheet of the workbook.
_ROW_RECORD, _LAST_CELL_RECORD, _SHEET_RECORD = 0, 11, 156
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_VALUE_TYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
_DAMAGES = (
    *(zipfile.BadZipFile, KeyError, IndexError, ElementTree.ParseError, NotImplementedError, EOFError, ValueError, OSError),
    *(RuntimeError, struct.error),
)


def last_cell(contents: BytesIO, sheet: str) -> tuple[int, int] | None:
    """The last row and the last column, from 0, that cells of the sheet name; None: another format, or no cell says where it is."""
    try:
        with zipfile.ZipFile(contents) as book:
            if "xl/workbook.bin" in book.namelist():
                return _last_of_records(book.read(part)) if (part := _binary_part_of(book, sheet)) else None
            return _last_of_references(book, part) if (part := part_of(book, sheet)) else None
    except _DAMAGES:
        return None


def open_document_ends(contents: BytesIO) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each sheet of an .ods with the last row and column, from 0, that hold a value; nothing for other formats and damaged files.

    Its reader holds all sheets at once, also those that nobody asks for.
    """
    sheet, row, last = "", 0, (0, 0)
    try:
        with zipfile.ZipFile(contents) as book:
            if "content.xml" not in book.namelist():
                return
            with book.open("content.xml") as xml:
                for event, element in ElementTree.iterparse(xml, ("start", "end")):
                    if element.tag == f"{_TABLE}table":
                        if event == "end":
                            yield sheet, last
                            element.clear()
                        sheet, row, last = element.get(f"{_TABLE}name", ""), 0, (0, 0)
                    elif event == "end" and element.tag == f"{_TABLE}table-row":
                        row += int(element.get(f"{_TABLE}number-rows-repeated", "1"))
                        if (width := _filled_width(element)) > 0:
                            last = row - 1, max(last[1], width - 1)
                        element.clear()
    except _DAMAGES:
        return


def _filled_width(row: ElementTree.Element) -> int:
    """The number of columns up to the last one with a value; trailing cells are often repeated to the sheet's end without one."""
    place = width = 0
    for cell in row:
        place += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        if cell.get(_VALUE_TYPE) is not None or len(cell):
            width = place
    return width


def _last_of_references(book: zipfile.ZipFile, part: str) -> tuple[int, int] | None:
    letters: set[bytes] = set()
    last_row = 0
    with book.open(part) as xml:
        rest = b""
        while chunk := xml.read(_CHUNK):
            data = rest + chunk
            letters.update(_LETTERS.findall(data))
            last_row = max(last_row, *map(int, set(_NUMBERS.findall(data))), 0)
            rest = data[-_LONGEST_REFERENCE:]
    return (last_row - 1, max(map(column_place, letters))) if letters and last_row else None


def _last_of_records(data: bytes) -> tuple[int, int] | None:
    last_row = last_column = -1
    row = 0
    for kind, begin in _records(data):
        if kind == _ROW_RECORD:
            (row,) = struct.unpack_from("<I", data, begin)
        elif kind <= _LAST_CELL_RECORD:
            (column,) = struct.unpack_from("<I", data, begin)
            last_row, last_column = max(last_row, row), max(last_column, column)
    return (last_row, last_column) if last_row >= 0 else None


def _records(data: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each record, and where its contents begin: kind and length have seven bits a byte, the lowest first."""
    place, end = 0, len(data)
    while place < end:
        kind = data[place]
        place += 1
        if kind & 0x80:
            kind = kind & 0x7F | data[place] << 7
            place += 1
        size = shift = 0
        while True:
            byte = data[place]
            place += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, place
        place += size


def _binary_part_of(book: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the worksheet's records in the archive of an .xlsb."""
    data = book.read("xl/workbook.bin")
    relations = {each.get("Id"): each.get("Target") for each in ElementTree.fromstring(book.read("xl/_rels/workbook.bin.rels"))}
    for kind, begin in _records(data):
        if kind == _SHEET_RECORD:
            # State and number of the sheet, then two texts, each behind its length in characters.
            relation, after = _text_at(data, begin + 8)
            if _text_at(data, after)[0] == sheet and (target := relations.get(relation)):
                return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    return None


def _text_at(data: bytes, begin: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, begin)
    end = begin + 4 + 2 * length
    return data[begin + 4 : end].decode("utf-16-le"), end


def unpacked_bytes(contents: BytesIO) -> int:
    """What the parts of a workbook come to by its own account; 0 for one that is not compressed in parts."""
    try:
        with zipfile.ZipFile(contents) as book:
            return sum(part.file_size for part in book.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0
