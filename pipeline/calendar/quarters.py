"""The quarter: the unit of evaluation, written ``2025-Q1`` everywhere.

Only the calendar belongs here; working days are in ``working_days.py``. Dagster's time-window partitions use a quarter's
first day as key; only ``partition_key`` and ``from_partition_key`` translate.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import UsageError

TIME_ZONE = "Asia/Shanghai"
_LABEL = re.compile(r"(\d{4})-Q([1-4])")
# No row is dated outside these years, see casting.
_YEARS = range(1900, 2100)


@dataclass(frozen=True, order=True)
class Quarter:
    """One calendar quarter, ordered in time."""

    year: int
    number: int

    @classmethod
    def parse(cls, label: str) -> Quarter:
        """Read ``2025-Q1``; raises UsageError for anything else, and for a year out of range."""
        match = _LABEL.fullmatch(label.strip())
        if not match:
            raise UsageError(f"'{label}' is not a quarter: write it like 2025-Q1")
        if int(match[1]) not in _YEARS:
            raise UsageError(f"'{label}' is not a quarter of the years {_YEARS[0]} to {_YEARS[-1]}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        """The quarter that contains a day."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @classmethod
    def from_partition_key(cls, key: str) -> Quarter:
        """The quarter of a Dagster partition key (its first day, ``2025-01-01``)."""
        return cls.of(dt.date.fromisoformat(key[:10]))

    @property
    def partition_key(self) -> str:
        """The Dagster partition key: the quarter's first day."""
        return self.first_day.isoformat()

    @property
    def label(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def end_day(self) -> dt.date:
        """The first day after the quarter (exclusive end)."""
        return self.shift(1).first_day

    @property
    def last_day(self) -> dt.date:
        return self.end_day - dt.timedelta(days=1)

    def shift(self, quarters: int) -> Quarter:
        """The quarter ``quarters`` later (negative: earlier)."""
        index = self.year * 4 + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1)

    def require_begun(self) -> None:
        """Raise UsageError for a coming quarter: nothing can have happened in it."""
        if self.first_day > today():
            raise UsageError(f"{self} has not begun: its first day is {self.first_day}")

    def __str__(self) -> str:
        return self.label


def quarter_range(text: str) -> list[Quarter]:
    """Read ``2024-Q1..2025-Q1`` (both ends included) or a single quarter, in time order."""
    first, separator, last = text.partition("..")
    start = Quarter.parse(first)
    end = Quarter.parse(last) if separator else start
    if end < start:
        raise UsageError(f"'{text}' ends before it starts")
    return list(_walk(start, end))


def _walk(start: Quarter, end: Quarter) -> Iterator[Quarter]:
    quarter = start
    while quarter <= end:
        yield quarter
        quarter = quarter.shift(1)


def today() -> dt.date:
    """The date in China; no number depends on it."""
    return dt.datetime.now(zoneinfo.ZoneInfo(TIME_ZONE)).date()
