"""Opens a workbook, whichever program wrote it and whether or not it is compressed, and finds the sheets to read.

Does not interpret cells. A file that is no workbook is refused by what it is.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO

import python_calamine
from python_calamine import CalamineSheet, SheetTypeEnum, SheetVisibleEnum

from pipeline.extract import limits
from pipeline.extract.errors import TruncatedFile, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.used_range import last_cell, open_document_ends, unpacked_bytes
from pipeline.lake.memory import in_mebibytes
from pipeline.settings.suggestions import did_you_mean, listed

ALL_SHEETS = "all"
"""As ``sheet:`` of sources.yaml: every worksheet that is not hidden."""

_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"
# The parts that make a ZIP archive a workbook.
_BOOK_PARTS = frozenset({"xl/workbook.xml", "xl/workbook.bin", "content.xml"})


class Workbook:
    """An opened workbook, held in memory; raises UnreadableFile and TruncatedFile."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        if file.path.stat().st_size == 0:
            raise self._unreadable("is empty")
        self.contents = file.whole(limits.unpacked_workbook())
        size, most = unpacked_bytes(self.contents), limits.unpacked_workbook()
        if size > most:
            problem = f"unpacks to {in_mebibytes(size)}; a workbook may unpack to {in_mebibytes(most)}"
            raise self._unreadable(f"{problem}: divide it or set ASQ_MEMORY to more")
        for name, last in open_document_ends(self.contents):
            self._require_near(name, last)
        self.contents.seek(0)
        try:
            self._book = python_calamine.CalamineWorkbook.from_filelike(self.contents)
        except python_calamine.PasswordError:
            raise self._unreadable("is protected by a password") from None
        except (python_calamine.CalamineError, OSError, ValueError):
            raise self._refusal() from None
        # The others are charts and macros.
        found = [about for about in self._book.sheets_metadata if about.typ == SheetTypeEnum.WorkSheet]
        self.sheets = [about.name for about in found]
        self.hidden = {about.name for about in found if about.visible != SheetVisibleEnum.Visible}

    def sheet(self, name: str) -> CalamineSheet:
        """One worksheet with its cells; raises UnreadableFile where their range is larger than one file may be."""
        self._require_near(name, last_cell(self.contents, name) or (0, 0))
        try:
            return self._book.get_sheet_by_name(name)
        except (python_calamine.CalamineError, OSError, ValueError):
            raise self._unreadable(f"sheet '{name}' is damaged") from None

    def _require_near(self, name: str, last: tuple[int, int]) -> None:
        size = (last[0] + 1) * (last[1] + 1)
        if size > limits.cells():
            raise self._unreadable(
                f"sheet '{name}' reaches to {cell_range(last, last)}, {size:,} cells; one sheet may have {limits.cells():,}: "
                "delete what stands far from the table and save it again, or set ASQ_MEMORY to more"
            )

    def chosen(self, wanted: Sequence[str] | None) -> list[str]:
        """The sheets that ``sheet:`` of sources.yaml asks for, by name or position; None: the first."""
        if not self.sheets:
            raise self._unreadable("has no worksheet")
        if wanted is None:
            return self.sheets[:1]
        return list(dict.fromkeys(name for each in wanted for name in self._meant(each)))

    def _meant(self, wanted: str) -> list[str]:
        if wanted in self.sheets:
            return [wanted]
        if wanted == ALL_SHEETS:
            visible = [name for name in self.sheets if name not in self.hidden]
            # Spreadsheet programs begin a workbook with empty sheets.
            return [name for name in visible if self.sheet(name).start is not None] or visible
        if wanted.isdecimal() and 1 <= int(wanted) <= len(self.sheets):
            return [self.sheets[int(wanted) - 1]]
        raise self._unreadable(f"has no sheet '{wanted}' (sheets: {listed(self.sheets)}){did_you_mean(wanted, self.sheets)}")

    def _refusal(self) -> UnreadableFile:
        """What is wrong with contents that are no workbook."""
        contents = self.contents.getvalue()
        if contents[:2] == _ZIP:
            parts = _parts(contents)
            if parts is None:
                problem = "the workbook ends too early or is damaged"
                return TruncatedFile(problem, table=self._file.table, file=self._file.name)
            if parts.isdisjoint(_BOOK_PARTS):
                return self._unreadable("is a ZIP archive, not a workbook: unpack it")
            return self._unreadable("is a damaged workbook")
        if contents[:4] == _OLE:
            is_encrypted = "EncryptedPackage".encode("utf-16-le") in contents
            return self._unreadable("is protected by a password" if is_encrypted else "is a damaged Excel workbook")
        if contents.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            problem = "is a page of HTML or XML, whatever its name says: open it in a spreadsheet program and save it as .xlsx"
            return self._unreadable(problem)
        return self._unreadable("is not an Excel workbook (.xlsx)")

    def _unreadable(self, problem: str) -> UnreadableFile:
        return UnreadableFile(problem, table=self._file.table, file=self._file.name)


def cell_range(first: tuple[int, int], last: tuple[int, int]) -> str:
    """A range in a spreadsheet's own words, from (row, column) counted from 0: A3:B5, or A3 for one cell."""
    begin, end = (f"{_letters(column)}{row + 1}" for row, column in (first, last))
    return begin if begin == end else f"{begin}:{end}"


def _letters(column: int) -> str:
    before, place = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + place)


def _parts(contents: bytes) -> set[str] | None:
    try:
        with zipfile.ZipFile(BytesIO(contents)) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
