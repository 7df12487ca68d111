"""Holiday notices of the State Council, and service hours by weekday: the basis of clause 六's clocks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from schemas.sheet import SEEDS, Fault, Row, Sheet
from schemas.standard.validity import overlap

HOLIDAY_STATUSES = ("announced", "provisional")
# dim_service_hours has a column for each of three windows a day.
MAX_WINDOWS_A_DAY = 3


@dataclass(frozen=True)
class Holiday:
    """One row of holiday_notices.csv: a day off, or a make-up working day, by the notice for ``year``."""

    date: dt.date
    name: str
    is_workday: bool
    status: str
    source: str
    year: int


@dataclass(frozen=True)
class ServiceWindow:
    """One row of service_schedule.csv: service hours of one weekday (1 = Monday), in seconds since midnight.

    ``enterprise_id`` '*' is the default for enterprises without rows of their own.
    """

    enterprise_id: str
    weekday: int
    opens_seconds: int
    closes_seconds: int
    valid_from: dt.date | None
    valid_to: dt.date | None


@lru_cache(maxsize=8)
def holidays(seeds: Path = SEEDS) -> tuple[Holiday, ...]:
    """Days off and make-up working days in date order; raises StandardDataError.

    A year is announced (by the State Council's notice) or provisional (statutory days only), never both.
    """
    sheet = Sheet(seeds / "holiday_notices.csv", list(Holiday.__dataclass_fields__))
    found: dict[dt.date, Holiday] = {}
    status_of_year: dict[int, str] = {}
    for row in sheet:
        holiday = Holiday(
            date=row.date("date"),
            name=row.text("name"),
            is_workday=row.boolean("is_workday"),
            status=row.one_of("status", HOLIDAY_STATUSES),
            source=row.text("source"),
            year=row.integer("year", at_least=1900),
        )
        if row.has_faults:
            continue
        if holiday.date in found:
            row.fault("date", f"{holiday.date} is there twice")
        if holiday.is_workday and holiday.date.isoweekday() <= 5:
            row.fault("is_workday", f"{holiday.date} is a {holiday.date:%A}: a make-up working day lies on a weekend")
        if holiday.is_workday and holiday.status == "provisional":
            row.fault("is_workday", "make-up working days exist only once they are announced")
        if abs(holiday.date.year - holiday.year) > 1:
            row.fault("year", f"the notice for {holiday.year} says nothing about {holiday.date}")
        if status_of_year.setdefault(holiday.year, holiday.status) != holiday.status:
            row.fault("status", f"{holiday.year} is {status_of_year[holiday.year]} in an earlier row")
        found[holiday.date] = holiday
    sheet.finish()
    return tuple(found[day] for day in sorted(found))


@lru_cache(maxsize=8)
def service_windows(seeds: Path = SEEDS) -> tuple[ServiceWindow, ...]:
    """The service hours of all schedules; raises StandardDataError.

    Checked: the default schedule '*' exists, windows of one weekday do not overlap while both are valid, and there are
    at most three of them.
    """
    sheet = Sheet(seeds / "service_schedule.csv", ["enterprise_id", "weekday", "opens", "closes", "valid_from", "valid_to"])
    rows: list[tuple[Row, ServiceWindow]] = []
    for row in sheet:
        window = ServiceWindow(
            enterprise_id=row.text("enterprise_id"),
            weekday=row.integer("weekday", at_least=1, at_most=7),
            opens_seconds=row.time_of_day("opens"),
            closes_seconds=row.time_of_day("closes"),
            valid_from=row.optional_date("valid_from"),
            valid_to=row.optional_date("valid_to"),
        )
        if row.has_faults:
            continue
        if window.opens_seconds >= window.closes_seconds:
            row.fault("closes", "must be later than opens; hours past midnight belong to the next weekday")
        row.check_validity(window.valid_from, window.valid_to)
        same_day = [
            other
            for _, other in rows
            if (other.enterprise_id, other.weekday) == (window.enterprise_id, window.weekday) and overlap(other, window)
        ]
        if any(o.opens_seconds < window.closes_seconds and window.opens_seconds < o.closes_seconds for o in same_day):
            row.fault("opens", "overlaps an earlier row of the same weekday")
        if len(same_day) >= MAX_WINDOWS_A_DAY:
            row.fault("weekday", f"more than {MAX_WINDOWS_A_DAY} windows a day")
        rows.append((row, window))
    if not any(window.enterprise_id == "*" for _, window in rows):
        sheet.faults.append(Fault(None, "enterprise_id", "the default schedule '*' is missing"))
    sheet.finish()
    return tuple(window for _, window in rows)
