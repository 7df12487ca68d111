"""How far the cells of an .xlsx worksheet reach, found before the sheet is opened: its reader holds the whole range in memory.

Two cells in opposite corners of a sheet are 17 thousand million cells. Looks at references only (``r="XFD1048576"``), in one pass.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

from pipeline.extract.readers.sheet_marks import column_place, part_of

_CHUNK = 1 << 20
# What may be cut at the end of a chunk.
_LONGEST_REFERENCE = 32
_LETTERS = re.compile(rb"""\br=["']([A-Z]{1,7})[0-9]""")
_NUMBERS = re.compile(rb"""\br=["'][A-Z]{0,7}([0-9]{1,10})["']""")


def last_cell(contents: BytesIO, sheet: str) -> tuple[int, int] | None:
    """The last row and the last column, from 0, that cells of the sheet name; None: not an .xlsx, or no cell says where it is."""
    letters: set[bytes] = set()
    last_row = 0
    try:
        with zipfile.ZipFile(contents) as book:
            part = part_of(book, sheet)
            if part is None:
                return None
            with book.open(part) as xml:
                rest = b""
                while chunk := xml.read(_CHUNK):
                    data = rest + chunk
                    letters.update(_LETTERS.findall(data))
                    last_row = max(last_row, *map(int, set(_NUMBERS.findall(data))), 0)
                    rest = data[-_LONGEST_REFERENCE:]
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError, EOFError, ValueError, OSError, RuntimeError):
        return None
    return (last_row - 1, max(map(column_place, letters))) if letters and last_row else None


def unpacked_bytes(contents: BytesIO) -> int:
    """What the parts of a workbook come to by its own account; 0 for one that is not compressed in parts."""
    try:
        with zipfile.ZipFile(contents) as book:
            return sum(part.file_size for part in book.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0
