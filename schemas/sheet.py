"""Reads a CSV file into typed cells and reports every invalid cell with its position and the broken rule.

The columns of a file and the rules between its rows belong to its reader: ``schemas/standard/`` and ``pipeline/settings/``.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds"

# int() also takes 1_000 and ２.
_WHOLE = re.compile(r"-?[0-9]+")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True)
class Fault:
    """One cell (or row, or the whole file) that breaks a rule; row 1 is the header."""

    row: int | None
    column: str | None
    rule: str

    def __str__(self) -> str:
        place = [f"row {self.row}"] if self.row is not None else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place)}: {self.rule}" if place else self.rule


class StandardDataError(ValueError):
    """A CSV file breaks its rules; the message names file, row, column and rule of every fault."""

    # Exit code of the command line: the configuration is wrong.
    exit_code = 2

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{file}: {fault}" for fault in self.faults))


class Row:
    """One record of a file: typed cells by column; a cell that cannot be read becomes a fault.

    The readers return a placeholder for such a cell, so that all faults of a file are found at once.
    """

    def __init__(self, number: int, cells: Mapping[str, str], faults: list[Fault]) -> None:
        self._number = number
        self._cells = cells
        self._faults = faults
        self.has_faults = False

    @property
    def number_in_file(self) -> int:
        """The row's number in the file; 1 is the header."""
        return self._number

    def fault(self, column: str, rule: str) -> None:
        self.has_faults = True
        self._faults.append(Fault(self._number, column, rule))

    def optional_text(self, column: str) -> str | None:
        return self._cells[column] or None

    def text(self, column: str) -> str:
        if not self._cells[column]:
            self.fault(column, "must not be empty")
        return self._cells[column]

    def match(self, column: str, pattern: re.Pattern[str], what: str) -> str:
        text = self.text(column)
        if text and not pattern.fullmatch(text):
            self.fault(column, f"'{text}' is not {what}")
        return text

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        text = self.text(column)
        if text and text not in allowed:
            self.fault(column, f"'{text}' is not one of {', '.join(allowed)}")
        return text

    def names(self, column: str, pattern: re.Pattern[str], what: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in self._cells[column].split(";") if part.strip())
        for part in parts:
            if not pattern.fullmatch(part):
                self.fault(column, f"'{part}' does not fit: {what}")
        return parts

    def optional_number(self, column: str) -> float | None:
        text = self._cells[column]
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fault(column, f"'{text}' is not a number (a share of 95 % is written 0.95, without separators)")
            return None
        return number

    def number(self, column: str, above: float | None = None) -> float:
        number = self.optional_number(column)
        if number is None:
            if not self._cells[column]:
                self.fault(column, "must not be empty")
            return 1.0
        if above is not None and number <= above:
            self.fault(column, f"must be above {above:g}")
        return number

    def integer(self, column: str, at_least: int, at_most: int | None = None) -> int:
        text = self.text(column)
        if not _WHOLE.fullmatch(text):
            if text:
                self.fault(column, f"'{text}' is not a whole number")
            return at_least
        number = int(text)
        if number < at_least or (at_most is not None and number > at_most):
            limits = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
            self.fault(column, f"must be {limits}")
        return number

    def boolean(self, column: str) -> bool:
        text = self.text(column).lower()
        if text not in ("true", "false", ""):
            self.fault(column, f"'{text}' is not true or false")
        return text == "true"

    def optional_date(self, column: str) -> dt.date | None:
        text = self._cells[column]
        if not text:
            return None
        try:
            # The pattern first: fromisoformat also accepts week dates, dbt does not.
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                raise ValueError(text)
            return dt.date.fromisoformat(text)
        except ValueError:
            self.fault(column, f"'{text}' is not a date like 2025-01-31")
            return None

    def date(self, column: str) -> dt.date:
        if not self._cells[column]:
            self.fault(column, "must not be empty")
        return self.optional_date(column) or dt.date.min

    def time_of_day(self, column: str) -> int:
        """Seconds since midnight."""
        text = self.match(column, _TIME_OF_DAY, "a time of day like 08:30 (24:00 ends the day)")
        return int(text[:2]) * 3600 + int(text[3:]) * 60 if _TIME_OF_DAY.fullmatch(text) else 0

    def check_validity(self, valid_from: dt.date | None, valid_to: dt.date | None) -> None:
        if valid_from is not None and valid_to is not None and valid_from >= valid_to:
            self.fault("valid_to", "must be later than valid_from (the first day on which the row no longer holds)")


class Sheet:
    """A CSV file being read: its rows, and the faults found so far.

    ``optional``: columns that may be missing, whose cells are empty then; ``content``: the file's bytes, where they were read
    before; ``shown``: what messages call the file, its name unless given; ``read_cell``: what a cell of the file says.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        content: bytes | None = None,
        *,
        optional: Sequence[str] = (),
        shown: str | None = None,
        read_cell: Callable[[str], str] = str,
    ) -> None:
        self._read_cell = read_cell
        self.file = shown or path.name
        self.faults: list[Fault] = []
        try:
            text = (path.read_bytes() if content is None else content).decode("utf-8-sig")
        except FileNotFoundError:
            raise StandardDataError(self.file, [Fault(None, None, "the file is missing")]) from None
        except UnicodeDecodeError:
            raise StandardDataError(self.file, [Fault(None, None, "is not UTF-8: save it as 'CSV UTF-8'")]) from None
        try:
            records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            raise StandardDataError(self.file, [Fault(None, None, f"is not CSV: {error}")]) from None
        header = [name.strip() for name in records[0]] if records else []
        wrong = [f"column '{name}' is missing" for name in columns if name not in header]
        wrong += [f"column '{name}' is not known" for name in header if name not in (*columns, *optional)]
        wrong += [f"column '{name}' is there twice" for name, count in Counter(header).items() if count > 1]
        if wrong:
            raise StandardDataError(self.file, [Fault(1, None, rule) for rule in wrong])
        self._records = records
        self._header = header
        self._absent = {name: "" for name in optional if name not in header}

    def __iter__(self) -> Iterator[Row]:
        for number, record in enumerate(self._records[1:], start=2):
            if not any(cell.strip() for cell in record):
                continue
            if len(record) != len(self._header):
                rule = f"has {len(record)} cells, the header has {len(self._header)}"
                self.faults.append(Fault(number, None, rule))
                continue
            cells = {name: self._read_cell(cell).strip() for name, cell in zip(self._header, record, strict=True)}
            yield Row(number, self._absent | cells, self.faults)

    def fault(self, row: int | None, column: str | None, rule: str) -> None:
        """Record a fault between several rows."""
        self.faults.append(Fault(row, column, rule))

    def finish(self) -> None:
        """Raise StandardDataError if anything was wrong."""
        if self.faults:
            raise StandardDataError(self.file, self.faults)
