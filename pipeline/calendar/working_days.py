"""The two clocks besides the natural one: working days by the State Council's calendar, and service hours.

Both are pure functions of the standard's data (holiday_notices.csv, service_schedule.csv); their SQL twins are dim_calendar
and dim_service_hours. Which clock an indicator uses, and its limit, do not belong here. All timestamps are naive
Asia/Shanghai wall time.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import UsageError
from schemas.standard.calendar import Holiday, ServiceWindow, holidays, service_windows
from schemas.standard.catalogue import SEEDS
from schemas.standard.validity import in_force

DAY_SECONDS = 86_400
_ONE_DAY = dt.timedelta(days=1)
_MICROSECOND = dt.timedelta(microseconds=1)


class WorkingCalendar:
    """Monday to Friday, minus the days off and plus the make-up working days of the holiday rows.

    A year without an announced notice is provisional: its weekends and the statutory days off in the rows count, but the notice
    will still move days. Source: clause 七 (工作日), decision log C-09 and C-36.
    """

    def __init__(self, rows: Iterable[Holiday]) -> None:
        rows = list(rows)
        self._announced_years = frozenset(row.year for row in rows if row.status == "announced")
        self._names = {row.date: row.name for row in rows}
        # How the rows change plain weekdays, as sorted day numbers: counting up to a day is then two bisections.
        self._added = sorted(row.date.toordinal() for row in rows if row.is_workday and row.date.isoweekday() > 5)
        self._removed = sorted(row.date.toordinal() for row in rows if not row.is_workday and row.date.isoweekday() <= 5)
        self._added_set, self._removed_set = frozenset(self._added), frozenset(self._removed)

    def is_workday(self, day: dt.date) -> bool:
        ordinal = day.toordinal()
        return ordinal in self._added_set or (day.isoweekday() <= 5 and ordinal not in self._removed_set)

    def holiday_name(self, day: dt.date) -> str | None:
        """The festival whose notice names the day, as a day off or as a make-up working day; None for other days."""
        return self._names.get(dt.date(day.year, day.month, day.day))

    def status(self, day: dt.date) -> str:
        """``announced`` if the State Council's notice for the day's year is in the rows, else ``provisional``."""
        return "announced" if day.year in self._announced_years else "provisional"

    def span_status(self, first_day: dt.date, last_day: dt.date) -> str:
        """``provisional`` if any day from ``first_day`` through ``last_day`` is."""
        years = range(first_day.year, last_day.year + 1)
        return "announced" if all(year in self._announced_years for year in years) else "provisional"

    def workdays_between(self, start: dt.date, end: dt.date) -> int:
        """Working days after ``start`` up to and including ``end`` (``start`` is day 0); 0 if ``end`` is not later."""
        if end <= start:
            return 0
        return self._workdays_through(end.toordinal()) - self._workdays_through(start.toordinal())

    def add_workdays(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day`` (``day`` itself for 0); raises ValueError for a negative count."""
        if count < 0:
            raise ValueError(f"cannot go back {-count} working days")
        while count:
            day += _ONE_DAY
            count -= self.is_workday(day)
        return day

    def deadline(self, last_day: dt.date, working_days: int) -> dt.date:
        """The due day of a report on the period that ended with ``last_day``.

        Day 1 is the first working day after the period (clause 七: 15 for a quarter, 30 for a year; decision log C-36).
        Whether the date can still move is ``span_status(last_day, deadline)``.
        """
        return self.add_workdays(last_day, working_days)

    def working_seconds(self, start: dt.datetime, end: dt.datetime) -> float:
        """Seconds of working days between two moments; a working day counts 24 h; 0 if ``end`` is not later.

        Divided by 86 400 this is the fractional number of working days (decision log C-09).
        """
        if end <= start:
            return 0.0
        return (self._working_microseconds(end) - self._working_microseconds(start)) / 1_000_000

    def _workdays_through(self, ordinal: int) -> int:
        """Working days of the Gregorian calendar up to and including a day number (0001-01-01, a Monday, is 1)."""
        weeks, days = divmod(ordinal, 7)
        return weeks * 5 + min(days, 5) + bisect_right(self._added, ordinal) - bisect_right(self._removed, ordinal)

    def _working_microseconds(self, moment: dt.datetime) -> int:
        whole_days = self._workdays_through(moment.toordinal() - 1)
        into_day = _since_midnight(moment) if self.is_workday(moment) else 0
        return whole_days * DAY_SECONDS * 1_000_000 + into_day


@dataclass(frozen=True)
class ServiceSchedule:
    """The service hours of one enterprise: several windows per weekday, each valid for a time, and exceptions by date.

    ``exceptions`` gives the windows of single days in seconds since midnight, instead of their weekday's; an empty tuple is a
    closed day. Working days do not matter here: a service line may be open on holidays.
    """

    windows: tuple[ServiceWindow, ...]
    exceptions: Mapping[dt.date, tuple[tuple[int, int], ...]] = field(default_factory=lambda: MappingProxyType({}))

    def windows_on(self, day: dt.date) -> tuple[tuple[int, int], ...]:
        """(opens, closes) of a day in seconds since midnight, in order."""
        if day in self.exceptions:
            return tuple(sorted(self.exceptions[day]))
        weekday = day.isoweekday()
        return tuple(
            sorted(
                (window.opens_seconds, window.closes_seconds)
                for window in self.windows
                if window.weekday == weekday and in_force(window.valid_from, window.valid_to, day)
            )
        )


def schedule_of(
    enterprise_id: str,
    rows: Sequence[ServiceWindow],
    exceptions: Mapping[dt.date, tuple[tuple[int, int], ...]] | None = None,
) -> ServiceSchedule:
    """The schedule of an enterprise: its own rows, else the default '*'; raises UsageError when there is neither."""
    for schedule_id in (enterprise_id, "*"):
        windows = tuple(row for row in rows if row.enterprise_id == schedule_id)
        if windows:
            return ServiceSchedule(windows, MappingProxyType(dict(exceptions or {})))
    raise UsageError(f"service_schedule.csv has no rows for '{enterprise_id}' and no default '*'")


def service_seconds(start: dt.datetime, end: dt.datetime, schedule: ServiceSchedule) -> float:
    """Seconds of service hours between two moments; 0 if ``end`` is not later."""
    total = 0
    day = start.date()
    while day <= end.date() and start < end:
        from_second = _since_midnight(start) if day == start.date() else 0
        to_second = _since_midnight(end) if day == end.date() else DAY_SECONDS * 1_000_000
        for opens, closes in schedule.windows_on(day):
            total += max(0, min(closes * 1_000_000, to_second) - max(opens * 1_000_000, from_second))
        day += _ONE_DAY
    return total / 1_000_000


@lru_cache(maxsize=8)
def working_calendar(seeds: Path = SEEDS) -> WorkingCalendar:
    """The calendar of holiday_notices.csv; raises StandardDataError."""
    return WorkingCalendar(holidays(seeds))


def service_schedule(enterprise_id: str, seeds: Path = SEEDS) -> ServiceSchedule:
    """The schedule of an enterprise by service_schedule.csv; raises StandardDataError."""
    return schedule_of(enterprise_id, service_windows(seeds))


def _since_midnight(moment: dt.datetime) -> int:
    """Microseconds."""
    return (moment - dt.datetime.combine(moment.date(), dt.time.min)) // _MICROSECOND
