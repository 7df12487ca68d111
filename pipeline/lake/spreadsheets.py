"""Cells of the CSV files that people open in a spreadsheet: none of them is run as a formula, and each can be read back as it was.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``. An apostrophe in front of it makes it a text
(https://owasp.org/www-community/attacks/CSV_Injection). Files that people send back are read with ``restored``, which takes off
exactly what ``neutralised`` put there. HTML pages and files that only programs read need neither.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, TextIO

REASON_COLUMNS = ("refused_file", "refused_row", "refused_for")
"""Columns that an export of refused rows has after the source's own: the file and row of origin, and every broken rule. A delivered
file that has all of them is such an export, with rows corrected."""

_MARK = "'"
_STARTS = frozenset("=+-@")
_CONTROLS = ("\t", "\r", "\n")
# Plain numbers below zero do no harm, whichever column they are in.
_NEGATIVE = re.compile(r"-[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?%?")
_SIGNED = re.compile(rf"\+{_NEGATIVE.pattern[1:]}|{_NEGATIVE.pattern}")


def neutralised(text: str, *, is_text: bool | None = None) -> str:
    """The cell to write for a text.

    is_text   whether the column is for texts: then not even a number with a sign stays as it is; False: for numbers; None: unknown

    >>> neutralised("=1+1"), neutralised("-5"), neutralised("'=1+1"), neutralised("'tis")
    ("'=1+1", '-5', "''=1+1", "'tis")
    """
    number = {True: None, False: _SIGNED, None: _NEGATIVE}[is_text]
    if not is_run(text.lstrip(_MARK)) or (number is not None and number.fullmatch(text)):
        return text
    return _MARK + text


def restored(cell: str) -> str:
    """The text for which ``neutralised`` wrote this cell."""
    return cell[1:] if cell.startswith(_MARK) and is_run(cell.lstrip(_MARK)) else cell


def is_run(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula, whatever its width and whatever blanks stand in front of it."""
    if text.startswith(_CONTROLS):
        return True
    first = next((character for character in text if unicodedata.category(character)[0] not in "ZC"), "")
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in _STARTS


def is_export(columns: Sequence[str]) -> bool:
    """Whether a delivered file with these columns is an export of refused rows."""
    return set(REASON_COLUMNS) <= set(columns)


def csv_writer(handle: TextIO, **form: Any) -> Any:
    """``csv.writer`` of lines that end with a line feed, in which a cell with a carriage return is quoted as well.

    Python up to 3.12 quotes only those characters that end its own lines.
    """
    return csv.writer(_LineFeeds(handle), lineterminator=_END, **form)


_END = "\r\n"


class _LineFeeds:
    """A file that gets a whole line at a time."""

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle

    def write(self, line: str) -> int:
        return self._handle.write(line.removesuffix(_END) + "\n")
