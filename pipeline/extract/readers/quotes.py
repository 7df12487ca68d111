"""Refuses delimited text whose quotes do not close where intended, before a row is lost.

Arrow reads text after a closing quote as part of the cell. An unclosed quote therefore swallows all rows up to the next
quoted cell, silently. Checks bytes on their way to the parser; ``text_records`` parses.
"""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from pipeline.extract.errors import TruncatedFile, UnclosedQuote
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.encoding import Utf8Stream

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_FEED, _CARRIAGE_RETURN = 10, 13
_NUMBER_OR_DATE = re.compile(r"[+-]?[0-9][0-9TtZz:.+/ -]*")


class QuoteCheckedStream(io.RawIOBase):
    """Passes UTF-8 bytes on unchanged; raises UnclosedQuote and TruncatedFile as soon as a read shows the fault."""

    def __init__(self, text: Utf8Stream, file: SourceFile, quote: str, delimiter: str, columns: int) -> None:
        self._text, self._check = text, _QuoteCheck(file, quote, delimiter, columns)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Like ``Utf8Stream.read``: fewer than ``size`` bytes only at the end."""
        part = self._text.read(size)
        self._check.feed(part, is_last=len(part) < size)
        return part


class _QuoteCheck:
    """Checks whole records; an unfinished one is checked again with the next block."""

    def __init__(self, file: SourceFile, quote: str, delimiter: str, columns: int) -> None:
        self._file, self._quote, self._delimiter, self._columns = file, quote, delimiter, columns
        ends_cell = [ord(delimiter), _LINE_FEED, _CARRIAGE_RETURN]
        self._begins_cell = np.zeros(256, dtype=bool)
        self._begins_cell[ends_cell] = True
        # A quote after a quote is the second half of a doubled one.
        self._fits = self._begins_cell.copy()
        self._fits[ord(quote)] = True
        self._rest: bytes | None = None
        self._records = 0
        """Records before the unfinished one."""

    def feed(self, block: bytes, is_last: bool) -> None:
        data = block.removeprefix(_BYTE_ORDER_MARK) if self._rest is None else self._rest + block
        view = np.frombuffer(data, dtype=np.uint8)
        turns = self._turns(data, view, is_last)
        if is_last and turns.size % 2:
            row = self._row(view, turns, int(turns[-1]))
            problem = f"ends inside a quoted field that begins in row {row}"
            raise TruncatedFile(problem, table=self._file.table, file=self._file.name)
        end = len(data) if is_last else _end_of_records(data, turns)
        breaks = _line_ends(view[:end])
        turns_before = np.searchsorted(turns, breaks)
        is_within = turns_before % 2 == 1
        if self._columns > 1 and is_within.any():
            closes = turns[np.minimum(turns_before, turns.size - 1)]
            self._refuse_swallowed_records(data, view, breaks, is_within, closes)
        self._rest = data[end:]
        # The parser fails on it too, but cannot tell the row.
        if turns.size % 2 and len(self._rest) > len(block):
            raise self._unclosed(self._row(view, turns, int(turns[-1])), "does not end")
        self._records += breaks.size - int(np.count_nonzero(is_within))

    def _turns(self, data: bytes, view: np.ndarray, is_last: bool) -> np.ndarray:
        """Positions where quoted text begins and ends, alternating; a doubled quote ends it and begins it again.

        Raises UnclosedQuote where a closing quote is followed by anything but a delimiter or a line end (RFC 4180). A quote in a
        cell that does not begin with one is an ordinary character (5" pipe).
        """
        if self._quote.encode() not in data:
            return np.array([], dtype=np.int64)
        marks = np.flatnonzero(view == ord(self._quote))
        if not is_last and marks[-1] == len(data) - 1:
            marks = marks[:-1]
        before = np.where(marks > 0, view[marks - 1], _LINE_FEED)
        after = np.where(marks + 1 < len(data), view[np.minimum(marks + 1, len(data) - 1)], _LINE_FEED)
        if self._fits[before[::2]].all() and self._fits[after[1::2]].all():
            return marks
        turns: list[int] = []
        for mark, previous, following in zip(marks.tolist(), before.tolist(), after.tolist(), strict=True):
            if len(turns) % 2:
                if not self._fits[following]:
                    row = self._row(view, np.array(turns), turns[-1])
                    raise self._unclosed(row, "is followed by other text after its closing quote")
            elif not self._begins_cell[previous] and not (turns and turns[-1] == mark - 1):
                continue
            turns.append(mark)
        return np.array(turns, dtype=np.int64)

    def _refuse_swallowed_records(
        self, data: bytes, view: np.ndarray, breaks: np.ndarray, is_within: np.ndarray, closes: np.ndarray
    ) -> None:
        """Raise UnclosedQuote where a line within a cell looks like a record of this file.

        The right number of delimiters is not enough: a comment of several lines may hold commas. The line must also begin like
        the record around it, see ``_is_like``.
        """
        starts = breaks[is_within] + 1
        ends = np.append(breaks[1:], view.size)[is_within]
        closes = closes[is_within]
        # The line on which the cell ends is complete if nothing follows the cell.
        is_whole = (closes >= ends - 1) | ((closes == ends - 2) & (view[ends - 1] == _CARRIAGE_RETURN))
        delimiters = np.flatnonzero(view == ord(self._delimiter))
        count = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts)
        outside = breaks[~is_within]
        for place in np.flatnonzero(is_whole & (count == self._columns - 1)).tolist():
            start = int(starts[place])
            known = int(np.searchsorted(outside, start))
            record = int(outside[known - 1]) + 1 if known else 0
            line_before = int(outside[known - 2]) + 1 if known > 1 else 0
            # The cells before this one in its record; without any, the previous record.
            example = self._cells(data[record:start])[:-1] or self._cells(data[line_before:record])
            line = data[start : int(min(ends[place], closes[place]))].decode().removesuffix("\r")
            if _is_like(line.split(self._delimiter), example):
                row = self._records + known + 1
                raise self._unclosed(row, "holds lines that are records of their own")

    def _cells(self, text: bytes) -> list[str]:
        lines = io.StringIO(text.decode(), newline="")
        return next(csv.reader(lines, delimiter=self._delimiter, quotechar=self._quote), [])

    def _row(self, view: np.ndarray, turns: np.ndarray, position: int) -> int:
        breaks = _line_ends(view[:position])
        return self._records + int(np.count_nonzero(np.searchsorted(turns, breaks) % 2 == 0)) + 1

    def _unclosed(self, row: int, problem: str) -> UnclosedQuote:
        return UnclosedQuote(
            f"the quoted field that begins in row {row} {problem}: close or double the quote",
            table=self._file.table,
            file=self._file.name,
        )


def _end_of_records(data: bytes, turns: np.ndarray) -> int:
    """Position where the last whole record ends."""
    # The line feed after a final carriage return may be in the next block.
    for line_end, end in ((b"\n", len(data)), (b"\r", len(data) - 1)):
        while (at := data.rfind(line_end, 0, end)) >= 0:
            before = int(np.searchsorted(turns, at))
            if before % 2 == 0:
                return at + 1
            end = int(turns[before - 1])
    return 0


def _line_ends(view: np.ndarray) -> np.ndarray:
    """The last byte of every LF, CRLF or CR."""
    is_feed, is_return = view == _LINE_FEED, view == _CARRIAGE_RETURN
    return np.flatnonzero(is_feed | (is_return & ~np.append(is_feed[1:], False)) if is_return.any() else is_feed)


def _is_like(line: list[str], example: list[str]) -> bool:
    """Whether a line can be a record, compared with the record that begins with the cells of ``example``.

    Its key must have the same form (V17 and V3, not 很好 and V3), and its other cells must hold a number or date where that
    record does. A bare number as key is not enough: many comments are numbered lists.
    """
    if not example or not line[0] or len(line[0]) - len(example[0]) not in (-1, 0, 1):
        return False
    others = list(zip(line[1:], example[1:], strict=False))
    if example[0].isdecimal() and not any(one and other for one, other in others):
        return False
    return _shape(line[0]) == _shape(example[0]) and all(
        not one or not other or _is_number_or_date(one) == _is_number_or_date(other) for one, other in others
    )


def _shape(key: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"[a-zA-Z]+", "A", re.sub(r"\d+", "9", key.strip())))


def _is_number_or_date(cell: str) -> bool:
    return bool(_NUMBER_OR_DATE.fullmatch(cell.strip()))
