"""The sample's time: its quarters, when people ask for service, and working days ahead.

Days follow the standard's holiday data, so that Spring Festival is quiet and a make-up Saturday is a working day. Durations
belong to the subjects' modules.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import working_calendar
from pipeline.sample.draws import DAY, Days, Flags, Floats, Ints, Times, choose, day_of, hour_of
from pipeline.sample.effects import PEAK_DAY, Effects
from pipeline.sample.profiles import CHANNELS

OPENS_AT = np.timedelta64(8 * 3600 + 1800, "s")
CLOSES_AT = np.timedelta64(18 * 3600, "s")
"""Service hours of the hotline, every day: the default of service_schedule.csv."""

# Calls and visits to an outlet by hour of the day: a morning and an afternoon peak, a dip at noon.
_COUNTER_HOURS = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0.6, 1.5, 1.7, 1.2, 0.6, 0.9, 1.4, 1.5, 1.2, 0.8, 0, 0, 0, 0, 0, 0])
_PHONE_HOURS = _COUNTER_HOURS + 0.02 + np.array([0] * 7 + [0.1, 0.1] + [0] * 9 + [0.15, 0.15, 0.1, 0.05, 0.02, 0])
_ONLINE_HOURS = np.array(
    [0.06, 0.03, 0.02, 0.01, 0.01, 0.02, 0.06, 0.2, 0.6, 1.3, 1.5, 1.2, 0.9, 1.0, 1.3, 1.3, 1.1, 0.9, 0.7, 0.7, 0.7, 0.6, 0.4, 0.15]
)  # fmt: skip
_HOURS = {"phone": _PHONE_HOURS, "online": _ONLINE_HOURS, "outlet": _COUNTER_HOURS, "onsite": _PHONE_HOURS}

WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 1.05, 0.6, 0.5)
"""Demand from Monday to Sunday, against a usual Wednesday or Thursday."""
MAKEUP_DAY, HOLIDAY, SPRING_FESTIVAL = 1.0, 0.45, 0.2
"""Demand on working days at a weekend (调休), on days off of a holiday, and on those of Spring Festival."""


@dataclass(frozen=True)
class Clock:
    """The quarters of a sample, and the days around them."""

    quarters: tuple[Quarter, ...]
    _origin: np.datetime64 = field(init=False)
    _workdays: Days = field(init=False)
    _through: Ints = field(init=False)
    """Working days from the origin through each day."""

    def __post_init__(self) -> None:
        first = self.quarters[0].first_day - dt.timedelta(days=400)
        days = [first + dt.timedelta(days=count) for count in range((self.quarters[-1].end_day - first).days + 400)]
        calendar = working_calendar()
        is_workday = np.array([calendar.is_workday(day) for day in days])
        object.__setattr__(self, "_origin", np.datetime64(first))
        object.__setattr__(self, "_workdays", np.array(days, dtype="datetime64[D]")[is_workday])
        object.__setattr__(self, "_through", np.cumsum(is_workday))

    @property
    def start(self) -> np.datetime64:
        """The first moment of the first quarter."""
        return np.datetime64(self.quarters[0].first_day, "s")

    @property
    def end(self) -> np.datetime64:
        """The first moment after the last quarter: no row has a later event."""
        return np.datetime64(self.quarters[-1].end_day, "s")

    @property
    def as_of(self) -> np.datetime64:
        """When the files were written; they contain nothing later."""
        return self.end + 15 * DAY

    def known(self, times: Times) -> Times:
        """The times, null after ``as_of``."""
        return np.where(times < self.as_of, times, np.datetime64("NaT", "s")).astype("datetime64[s]")

    def add_workdays(self, days: Days, count: Ints) -> Days:
        """The ``count``-th working day after each day; for 0 the day itself or, on a rest day, the last working day before."""
        through = self._through[(days - self._origin).astype(np.int64)]
        return np.asarray(self._workdays[through - 1 + count])

    def is_workday(self, days: Days) -> Flags:
        """Whether each day is a working day by the State Council's calendar."""
        return np.isin(days, self._workdays)

    def contact_times(self, rng: np.random.Generator, quarter: Quarter, channels: Ints, effects: Effects) -> Times:
        """Contact times in a quarter: two peaks a day, and by the effects busy Mondays, quiet holidays and a season.

        ``channels``: each contact's channel (position in ``CHANNELS``), which decides the hours.
        """
        count = len(channels)
        days = np.arange(np.datetime64(quarter.first_day), np.datetime64(quarter.end_day))
        drawn = days[choose(rng, self._day_weights(days, effects), count)]
        hours = np.zeros(count, dtype=np.int64)
        for code, channel in enumerate(CHANNELS):
            here = channels == code
            hours[here] = choose(rng, _HOURS[channel], int(here.sum()))
        within_hour = rng.integers(0, 3600, count)
        # The counter opens at half past eight.
        at_counter = channels == CHANNELS.index("outlet")
        within_hour = np.where((hours == 8) & at_counter, 1800 + within_hour // 2, within_hour)
        return (drawn + (hours * 3600 + within_hour).astype("timedelta64[s]")).astype("datetime64[s]")

    def _day_weights(self, days: Days, effects: Effects) -> Floats:
        season = season_of(days, effects.season)
        if not effects.has_calendar:
            return season
        weights = np.array(WEEKDAYS)[(days.astype("datetime64[D]").astype(np.int64) + 3) % 7]
        calendar = working_calendar()
        names = [calendar.holiday_name(day) or "" for day in days.tolist()]
        off = ~self.is_workday(days)
        spring_festival = np.array(["春节" in name for name in names]) & off
        festival = np.array([bool(name) for name in names]) & off
        makeup_day = np.array([bool(name) for name in names]) & ~off
        weights = np.where(festival, HOLIDAY, weights)
        weights = np.where(spring_festival, SPRING_FESTIVAL, weights)
        return np.asarray(np.where(makeup_day, MAKEUP_DAY, weights)) * season


def season_of(days: Days, amplitude: float) -> Floats:
    """Demand by the day of the year: a wave around 1."""
    day_of_year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray(1 + amplitude * np.cos(2 * np.pi * (day_of_year - PEAK_DAY) / 365.25))


def quarter_code(quarter: Quarter) -> str:
    """The quarter as used in identifiers: ``2025Q1``."""
    return f"{quarter.year}Q{quarter.number}"


def in_service_hours(times: Times) -> Flags:
    """Whether each moment is in the hotline's service hours."""
    into_day = times - day_of(times)
    return np.asarray((into_day >= OPENS_AT) & (into_day < CLOSES_AT))


def at_night(times: Times) -> Flags:
    """Whether each moment is between 21:00 and 08:00."""
    hours = hour_of(times)
    return np.asarray((hours >= 21) | (hours < 8))


def next_morning(times: Times, delay: Floats) -> Times:
    """08:00 of the morning after each night-time moment, plus a delay in seconds."""
    evening = hour_of(times) >= 12
    morning = day_of(times) + np.where(evening, 1, 0).astype("timedelta64[D]")
    return (morning + np.timedelta64(8 * 3600, "s") + np.rint(delay).astype("timedelta64[s]")).astype("datetime64[s]")
