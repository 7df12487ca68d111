"""CSV files that users hand in, read strictly: every fault is named by file, row, column and rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Document
from schemas.sheet import Row, Sheet, StandardDataError


@contextmanager
def read_sheet(
    document: Document, columns: Sequence[str], optional: Sequence[str] = (), *, read_cell: Callable[[str], str] = str
) -> Iterator[Sheet]:
    """A CSV file, read strictly; raises UsageError that names every fault noted by the end by path, row, column and rule.

    read_cell   what a cell says: ``spreadsheets.restored`` for a file that the project wrote itself
    """
    try:
        sheet = Sheet(document.path, columns, document.content, optional=optional, shown=str(document.path), read_cell=read_cell)
        yield sheet
        sheet.finish()
    except StandardDataError as error:
        raise UsageError(str(error)) from None


def quarter_in(row: Row, column: str = "quarter") -> Quarter | None:
    """The quarter that a cell names; None, and a fault of the row, where it names none."""
    text = row.text(column)
    try:
        return Quarter.parse(text)
    except UsageError as error:
        if text:
            row.fault(column, str(error))
    return None
