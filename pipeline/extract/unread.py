"""What the landing folder holds that no table reads: files, and sheets of workbooks.

Names only; whether what is read is read rightly is found out elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from pipeline.extract import apart
from pipeline.extract.errors import SourceRefused
from pipeline.extract.files import (
    SourceFile,
    called,
    find_files,
    is_known_kind,
    known_kinds,
    pages_and_pictures,
    unused_files,
    without_kind,
)
from pipeline.extract.readers.workbook import Workbook, cell_range
from pipeline.privacy.hiding import hide
from pipeline.settings import landing_paths
from pipeline.settings.sources import SourceConfig, SourceConfigError
from pipeline.settings.suggestions import listed
from schemas.contract import TABLES

# In one line of a run; `asq check` has a line for each.
_FILES_NAMED = 50


@dataclass(frozen=True)
class UnreadSheet:
    """A sheet with cells of a workbook that feeds some table."""

    file: str
    sheet: str
    cells: str
    """The range that is filled: A1:F12."""
    rows: int
    is_hidden: bool

    @property
    def problem(self) -> str:
        kind = "hidden sheet" if self.is_hidden else "sheet"
        rows = "1 row" if self.rows == 1 else f"{self.rows} rows"
        return f"{kind} '{self.sheet}' ({self.cells}, {rows}) is not read: name it in sources.yaml if it holds records"

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True)
class Unread:
    """What a landing folder holds beside what is read."""

    missing: tuple[str, ...]
    """Tables that were not delivered."""
    files: dict[str, str]
    """Files that feed no table, and why (``unread_because``); one with a misspelt name appears in both."""
    sheets: tuple[UnreadSheet, ...]
    pages: dict[str, int]
    """Pages and pictures, which hold no records, by suffix."""

    @classmethod
    def of(cls, landing: Path, sources: SourceConfig, known: Iterable[Path] = ()) -> Unread:
        """Look through the landing folder; ``known``: files that are not data.

        A table of which the files are unclear stops the run with its own message: nothing is said of it here.
        """
        found: list[SourceFile] = []
        unclear: set[str] = set()
        for table in TABLES:
            try:
                found += find_files(table, landing, sources)
            except (SourceRefused, SourceConfigError):
                unclear.add(table)
        fed = {file.table for file in found} | unclear
        missing = tuple(table for table in TABLES if table not in fed and sources.table(table).rows is None)
        if len(missing) < len(TABLES):
            # Totals stand in for single records: without them nothing is missing that is not named already.
            missing = tuple(table for table in missing if TABLES[table].totals_of is None)
        used = {*known, *(file.path for file in found)}
        files = {
            landing_paths.shown(path, landing): unread_because(path, landing, sources)
            for path in unused_files(landing, used)
            if called(path, landing).lower() not in unclear
        }
        return cls(missing, files, tuple(unread_sheets(found)), pages_and_pictures(landing, used))

    def told(self) -> Iterator[str]:
        """One line each for tables, files left unread for one reason, pages and every sheet."""
        # That nothing at all was delivered is an error of its own.
        if self.missing and len(self.missing) < len(TABLES):
            yield f"tables not delivered: {', '.join(self.missing)}"
        for reason in dict.fromkeys(self.files.values()):
            names = listed((hide(name) for name, why in self.files.items() if why == reason), _FILES_NAMED)
            yield f"files that feed no table: {names}" + (f" ({reason})" if reason else "")
        if self.pages:
            yield f"pages and pictures that are not read: {pages_told(self.pages)}"
        yield from (hide(str(sheet)) for sheet in self.sheets)


def unread_because(path: Path, landing: Path, sources: SourceConfig) -> str:
    """Why a file feeds no table, as far as its kind tells; empty: no table is called like it."""
    if problem := landing_paths.fault(path, landing):
        return problem
    if not is_known_kind(path):
        return f"it is not one of the known kinds ({known_kinds()})"
    name = without_kind(path.relative_to(landing))
    for table, source in sources.tables.items():
        for pattern in source.patterns or ():
            if fnmatchcase(name, without_kind(PurePath(pattern))):
                return f"only its kind differs from the files of {table} in sources.yaml: '{pattern}'"
    return ""


def unread_sheets(files: Iterable[SourceFile]) -> Iterator[UnreadSheet]:
    """The sheets that none of the tables reads, of the workbooks among the files; a workbook that is refused is passed over."""
    by_path: defaultdict[Path, list[SourceFile]] = defaultdict(list)
    for file in files:
        if file.kind == "xlsx":
            by_path[file.path].append(file)
    for readers in by_path.values():
        with suppress(SourceRefused):
            yield from apart.call(_unread_of, readers)


def _unread_of(readers: list[SourceFile]) -> list[UnreadSheet]:
    """The sheets of one workbook that none of its readers reads; raises SourceRefused."""
    apart.at(apart.Place.reading(readers[0]))
    found = []
    book = Workbook(readers[0])
    read = {name for file in readers for name in book.chosen(file.form.sheet)}
    for name in book.sheets:
        cells = None if name in read else book.sheet(name)
        if cells is not None and cells.start is not None and cells.end is not None:
            filled = cell_range(cells.start, cells.end)
            found.append(UnreadSheet(readers[0].name, name, filled, cells.height, name in book.hidden))
    return found


def pages_told(pages: dict[str, int]) -> str:
    """How many pages and pictures of which kind: .jpg × 3, .pdf × 1."""
    return ", ".join(f"{suffix} × {count}" for suffix, count in pages.items())
