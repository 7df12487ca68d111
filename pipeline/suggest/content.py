"""How well values of a source column fit a column of the contract, from 0 to 1, and what ``sources.yaml`` must say to read them.

Values only; what the column is called is judged in ``names.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipeline.check.shown import PLACEHOLDERS
from pipeline.lake.sql import literal, quoted
from pipeline.suggest.names import plain
from pipeline.suggest.profile import ColumnProfile, FileProfile
from pipeline.suggest.words import mapped
from schemas.contract import Column, Table

_CATEGORIES = ("product_category", "issue_class", "cause_class", "queue", "region_code", "scenario", "core_item", "product_model")
# A company is named by few words; very many are brands of products or suppliers.
_MOST_ENTERPRISES = 60
# So few numbers are states, levels or kinds, not names of anything.
_FEW_CODES = 12
_SHORTEST_REGION = 3
# A device comes back now and then; one that comes in so many rows is a kind of device.
_FEWEST_SERIALS, _ROWS_OF_A_DEVICE = 20, 5
# More times of day at midnight mean that there was none.
_NO_TIME = 0.05
_PHONE, _EMAIL, _ID_NUMBER = re.compile(r"[+(]?[9*]{2,}[-9* ()]{4,}"), re.compile(r".+@.+\..+"), re.compile(r"[9*]{14,17}[9Aa*]")
_UNITS = {"分钟": 60, "minutes": 60, "minute": 60, "mins": 60, "小时": 3600, "hours": 3600, "hour": 3600}


@dataclass(frozen=True)
class Fit:
    """How well values fit."""

    share: float
    reason: str
    written: dict[str, Any] = field(default_factory=dict)
    """Beside ``from``; with ``expression`` in place of it."""
    notes: tuple[str, ...] = ()
    readings: tuple[dict[str, Any], ...] = ()
    """Several, between which the values do not decide."""
    sources: tuple[str, ...] = ()
    """The columns that an expression names."""


NO_FIT = Fit(0.0, "")


def fit_of(profile: ColumnProfile, table: Table, column: Column, file: FileProfile) -> Fit:
    """How well a column's values fit a column of the contract."""
    if not profile.filled:
        return Fit(0.5 if column.required else 0.8, "it is empty here")
    found = _of_type(profile, table, column, file)
    if profile.filled_share < 0.95 and column.required:
        share = 0.8 if profile.filled_share >= 0.5 else 0.5
        reason = f"{found.reason}, but {1 - profile.filled_share:.0%} of the rows have no value"
        return replace(found, share=found.share * share, reason=reason)
    # Of two columns that are called alike, the fuller one is meant.
    return replace(found, share=found.share * (0.96 + 0.04 * profile.filled_share))


def _of_type(profile: ColumnProfile, table: Table, column: Column, file: FileProfile) -> Fit:
    if column.type in ("timestamp", "date"):
        return _moment(profile, table, column, file)
    if column.type == "boolean" or column.values:
        return _closed_set(profile, table, column)
    if column.type != "string":
        return _number(profile, column)
    if column.pii:
        return _personal(profile, column.pii)
    return _text(profile, table, column)


def _moment(profile: ColumnProfile, table: Table, column: Column, file: FileProfile) -> Fit:
    if profile.is_time_of_day:
        return _time_of_day(profile, table, column, file)
    dates = profile.dates
    if dates is None:
        return NO_FIT
    share = 1.0 if dates.share >= 0.95 else 0.9 if dates.share >= 0.8 else 0.7
    share *= 0.9 if dates.is_bare else 1.0
    words = sorted(PLACEHOLDERS & set(profile.values["text"]))
    written: dict[str, Any] = {}
    notes = ["these words mean no value"] if words and column.name not in table.dated_by else []
    if notes:
        written["values"] = dict.fromkeys(words)
    if dates.is_open:
        undecided = " and ".join(next(each for each in dates.formats if len(each) > 1))
        named = [*(["iso"] if dates.has_iso else [])]
        readings: list[list[str]] = [list(named)]
        for formats in dates.formats:
            if len(formats) == 1:
                readings = [[*each, formats[0]] for each in readings]
            else:
                readings = [[*each, one] for each in readings for one in formats]
        return Fit(
            share,
            f"{dates.share:.0%} are dates, but the days do not decide between {undecided}",
            written,
            (*notes,),
            tuple(written | {"date_format": _one(each)} for each in readings[:4]),
        )
    if dates.written:
        written["date_format"] = _one(dates.written)
    how = ", ".join(dates.written) or "ISO 8601"
    return Fit(share, f"{dates.share:.0%} are dates ({how})", written, tuple(notes))


def _time_of_day(profile: ColumnProfile, table: Table, column: Column, file: FileProfile) -> Fit:
    days = [each for each in file.columns if each.dates is not None and not each.dates.has_time and not each.dates.is_open]
    if len(days) != 1 or column.type != "timestamp":
        return Fit(0.2, "times of day without a single column of days beside them")
    day = days[0]
    time, notes = profile, [f"the day is taken from {day.name}; a time after midnight would need the next day"]
    reason = f"times of day, with the days of {day.name}"
    share = 0.9
    is_event = column.name in table.dated_by
    condition = ""
    if profile.midnight_share >= _NO_TIME:
        twin = fuller_twin(profile, file) if is_event else None
        if twin is not None:
            reason = f"{twin.name} is the same where {profile.name} has a time, and has one in every row"
            time, share = twin, 0.8
        else:
            condition = f"case when {_sql(profile.name)} not in ('0:00:00', '00:00:00', '0:00', '00:00') then "
            notes.append(f"{profile.midnight_share:.0%} of the times are 0:00:00, which is taken for none")
            share = 0.5 if is_event else share
    has_seconds = any(shape.count(":") == 2 for shape in time.top_shapes)
    assert day.dates is not None
    if day.dates.written:
        form = literal(f"{day.dates.written[0]} {'%H:%M:%S' if has_seconds else '%H:%M'}")
        moment = f"try_strptime({_sql(day.name)} || ' ' || {_sql(time.name)}, {form})"
    else:
        moment = f"try_cast({_sql(day.name)} || ' ' || {_sql(time.name)} as timestamp)"
    expression = f"{condition}{moment} end" if condition else moment
    return Fit(share, reason, {"expression": expression}, tuple(notes), sources=(day.name, time.name))


def fuller_twin(profile: ColumnProfile, file: FileProfile) -> ColumnProfile | None:
    """Another column of times that is the same where this one has a time, and has one in (nearly) every row."""
    for other in file.columns:
        if other.place == profile.place or not other.is_time_of_day or other.midnight_share >= 0.01 or other.filled_share < 0.99:
            continue
        both = file.frame.select(pl.col(str(profile.place)).alias("a"), pl.col(str(other.place)).alias("b"))
        both = both.filter(pl.col("a").str.contains("[1-9]"))
        if both.height >= 30 and both.filter(pl.col("a") == pl.col("b")).height >= 0.9 * both.height:
            return other
    return None


def _closed_set(profile: ColumnProfile, table: Table, column: Column) -> Fit:
    found = mapped(profile, table, column)
    written: dict[str, Any] = {"values": dict(found.values)} if found.values else {}
    notes = []
    if found.open_texts:
        named = ", ".join(f"'{text}'" for text in found.open_texts[:8]) + (" …" if len(found.open_texts) > 8 else "")
        notes.append(
            f"no value is known for {named} ({'true, false' if column.type == 'boolean' else ', '.join(column.values or ())})"
        )
    if found.hidden and found.share > 0:
        notes.append(f"{found.hidden} more texts have no known value; they may be names, so they are not shown")
    reason = f"{found.share:.0%} are words for its values"
    if column.type == "boolean":
        is_one_of_two = found.share >= 0.6 and profile.distinct <= 6
        return Fit((1.0 if found.share >= 0.95 else 0.8) if is_one_of_two else 0.05, reason, written, tuple(notes))
    steps = ((0.95, 1.0), (0.8, 0.95), (0.6, 0.85), (0.3, 0.7))
    share = next((worth for limit, worth in steps if found.share >= limit), 0.0)
    if not share:
        share, reason = (
            (0.55, "few different words, of which the meaning is not known") if profile.distinct <= 15 else (0.1, reason)
        )
    # A set of which one value occurs may be anything.
    return Fit(share, reason, written, tuple(notes))


def _number(profile: ColumnProfile, column: Column) -> Fit:
    if profile.amount_share < 0.9 or profile.is_time_of_day:
        return NO_FIT
    numbers = profile.numbers
    low, high = min(numbers), max(numbers)
    source = _sql(profile.name)
    if column.name.endswith("_seconds"):
        for unit, seconds in _UNITS.items():
            if unit in plain(profile.name).replace(" ", "") if len(unit) == 2 else unit in plain(profile.name).split():
                expression = f"cast(round(try_cast({source} as double) * {seconds}) as bigint)"
                return Fit(0.9, f"numbers in {unit}", {"expression": expression}, sources=(profile.name,))
    if column.type == "integer" and not profile.is_whole:
        return Fit(0.2, "numbers, not all of them whole")
    if profile.number_share < 0.95:
        expression = f"regexp_replace({source}, '[¥￥$€元, ]', '', 'g')"
        return Fit(0.95, "amounts with signs or separators", {"expression": expression}, sources=(profile.name,))
    outside = (column.minimum is not None and low < column.minimum) or (column.maximum is not None and high > column.maximum)
    if outside and column.type == "integer" and column.minimum == 1 and low == 0 and column.maximum is None:
        expression = f"try_cast({source} as bigint) + 1"
        note = f"{profile.name} counts from 0, {column.name} from 1: is one of the first one more than none of the other?"
        return Fit(0.78, "whole numbers from 0", {"expression": expression}, (note,), sources=(profile.name,))
    if outside or (column.above is not None and low <= column.above):
        return Fit(0.5, f"numbers, some of them outside {column.range}")
    return Fit(1.0, "all are numbers in its range" if column.range else "all are numbers")


def _personal(profile: ColumnProfile, kind: str) -> Fit:
    shapes = profile.values.group_by("shape").agg(pl.col("count").sum())
    total = int(shapes["count"].sum())

    def share(pattern: re.Pattern[str]) -> float:
        return sum(count for shape, count in shapes.iter_rows() if pattern.fullmatch(shape)) / max(total, 1)

    if kind == "free_text":
        return _free_text(profile)
    if kind in ("phone", "email", "id_number"):
        found = share({"phone": _PHONE, "email": _EMAIL, "id_number": _ID_NUMBER}[kind])
        return Fit(1.0 if found >= 0.8 else 0.8 if found >= 0.4 else 0.3, f"{found:.0%} are written like one")
    if profile.dates is not None or profile.number_share >= 0.5:
        return Fit(0.2, "numbers or dates")
    if kind == "name":
        if profile.distinct <= 2 < profile.filled:
            return Fit(0.4, "one or two different")
        return Fit(1.0 if profile.mean_length <= 30 else 0.4, "short texts" if profile.mean_length <= 30 else "long texts")
    return Fit(1.0 if profile.mean_length >= 4 else 0.6, "texts")


def _free_text(profile: ColumnProfile) -> Fit:
    if profile.dates is not None or profile.number_share >= 0.5:
        return Fit(0.2, "numbers or dates")
    is_free = profile.mean_length >= 6 and profile.distinct >= 0.3 * profile.filled
    return Fit(1.0, "texts of their own") if is_free else Fit(0.75, "short or repeated texts")


def _text(profile: ColumnProfile, table: Table, column: Column) -> Fit:
    if (profile.dates is not None and not profile.dates.is_bare) or profile.is_time_of_day:
        return Fit(0.1, "dates or times")
    if profile.number_share >= 0.95 and not profile.is_whole:
        return Fit(0.2, "fractions")
    if profile.mean_length > 60 and column.name not in ("wording", "evidence", "parts_used"):
        return Fit(0.3, "long texts")
    if column.name == "enterprise_id":
        is_few = profile.distinct <= _MOST_ENTERPRISES and profile.filled_share >= 0.99
        return (
            Fit(1.0, f"{profile.distinct} different, in every row")
            if is_few
            else Fit(0.4, "too many different, or not in every row")
        )
    keys = [name for name in table.key if name != "enterprise_id"]
    if keys == [column.name]:
        if profile.is_unique:
            return Fit(1.0, "different in every row")
        return Fit(0.85, f"{profile.distinct} different in {profile.filled} rows")
    if column.name in ("staff_id", "customer_id") and not profile.values["text"].str.contains("[0-9]").any():
        note = "texts without digits may be people's names: deliver numbers, or leave the column out"
        # Neither column is masked: names in it would be published, so that a person decides.
        return Fit(0.65, f"{profile.distinct} different, none with a digit", notes=(note,))
    if (
        column.name == "product_serial"
        and profile.filled >= _FEWEST_SERIALS
        and profile.distinct * _ROWS_OF_A_DEVICE < profile.filled
    ):
        return Fit(0.4, f"{profile.distinct} different in {profile.filled} rows: kinds rather than single devices")
    if column.name in _CATEGORIES and profile.filled > 50 and profile.distinct > 0.5 * profile.filled:
        return Fit(0.6, "nearly every row has its own")
    if column.name == "region_code" and profile.number_share >= 0.95 and profile.mean_length < _SHORTEST_REGION:
        return Fit(0.4, "numbers too short for codes of regions")
    if column.name in _CATEGORIES and profile.number_share >= 0.95:
        return Fit(0.7 if profile.distinct <= _FEW_CODES else 0.92, f"{profile.distinct} different numbers")
    return Fit(1.0, f"{profile.distinct} different")


def _one(formats: Iterable[str]) -> str | list[str]:
    every = list(formats)
    return every[0] if len(every) == 1 else every


def _sql(name: str) -> str:
    return quoted(name)
