"""SQL that reads a value into a contract type: ``reading`` converts it, ``accepted`` keeps or drops the result.

Two steps, because DuckDB evaluates an expression every time it is written: the first result becomes a column that the
second may name several times. Builds expressions only; the validate stage checks whether a value is plausible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.calendar.quarters import TIME_ZONE
from pipeline.lake.sql import literal
from pipeline.settings.sources import EPOCH, EPOCH_MS, EXCEL, ISO
from schemas.contract import Column, Table

# After-sales records are never older, and 25-03-01 would be a day of the year 25.
_FROM = "1900-01-01"
# A later date is a typing error: its quarter would never be run, and nobody would see the row.
_DATED_UNTIL = "2100-01-01"
# In other columns 9999-12-31 may mean "open"; DuckDB itself also reads 'infinity'.
_UNTIL = "10000-01-01"
# One more day on either side for other time zones; DuckDB cannot convert instants far beyond.
_CONVERTIBLE = ("1899-12-31", "10000-01-02")
# Digits of a count of seconds, milliseconds or days, also with a fraction.
_COUNT = "[0-9]{1,15}([.][0-9]+)?"
# Spreadsheets count days from 1899-12-30 and know a 29 February 1900, so that they are right from March 1900 on.
_DAYS_TO_1970, _FIRST_RIGHT_DAY, _DAYS_TO_10000 = 25_569, 61, 2_958_466
_SECONDS_TO_10000 = 253_402_300_800
# 1/3 of a ratio.
_FRACTION = "[0-9]+ *[/] *[1-9][0-9]*"
# Sums of binary fractions are inexact: 0.30000000000000004 is 0.30, while 0.301 is not an amount.
_AMOUNT_NOISE = 1e-6

_NATIVE_TYPES = ("BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "TIMESTAMP")
_WHOLE_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
# The most frequent spellings first.
_WORDS = {
    "true": ("true", "1", "yes", "y", "t", "是", "1.0"),
    "false": ("false", "0", "no", "n", "f", "否", "0.0"),
}


@dataclass(frozen=True)
class Value:
    """A SQL expression and its DuckDB type."""

    sql: str
    type: str

    @property
    def is_text(self) -> bool:
        return self.type == "VARCHAR"


@dataclass(frozen=True)
class Style:
    """How texts are written."""

    date_formats: Sequence[str] = ()
    """Formats of dates, tried in order, ``iso`` among them; empty: ISO 8601."""
    zone: str = TIME_ZONE
    """Time zone of times without an offset."""
    iso_beside_formats: bool = False
    """Real dates of a worksheet arrive as ISO 8601, whatever format its texts have."""


def is_native(type_: str) -> bool:
    """Whether values of a DuckDB type are read as they are; of other types, as text."""
    return type_ in _WHOLE_TYPES or (type_.startswith(_NATIVE_TYPES) and not type_.endswith("]"))


def as_text(value: Value, zone: str = TIME_ZONE) -> str:
    """The value as text; whole numbers without decimals, instants as wall time in ``zone``."""
    sql = value.sql
    if value.is_text:
        return sql
    if value.type in ("DOUBLE", "FLOAT"):
        whole = f"{sql} = trunc({sql}) AND abs({sql}) < 1e38"
        return f"(CASE WHEN isnan({sql}) THEN NULL WHEN {whole} THEN {sql}::HUGEINT::VARCHAR ELSE {sql}::VARCHAR END)"
    if value.type == "TIMESTAMP WITH TIME ZONE":
        return f"timezone({literal(zone)}, {sql})::VARCHAR"
    return f"{sql}::VARCHAR"


def reading(value: Value, column: Column, style: Style) -> str:
    """First step: the value in the column's contract type, as far as DuckDB can convert it."""
    sql = value.sql
    if column.sql_type == "VARCHAR":
        return as_text(value)
    if column.sql_type == "BOOLEAN":
        return _boolean(value)
    if column.sql_type == "TIMESTAMP":
        return f"CAST({_moment(value, style, style.zone)} AS TIMESTAMP)"
    if column.sql_type == "DATE":
        return f"CAST({_moment(value, style, TIME_ZONE)} AS DATE)"
    number = f"try_cast({sql} AS {column.sql_type})"
    if column.takes_fractions and value.is_text:
        above, below = (f"try_cast(split_part({sql}, '/', {part}) AS DOUBLE)" for part in (1, 2))
        return f"CASE WHEN regexp_full_match({sql}, '{_FRACTION}') THEN {above} / {below} ELSE {number} END"
    return number


def accepted(read: str, value: Value, column: Column, table: Table) -> str:
    """Second step: ``read`` (the first step's column) if ``value`` is a proper way to write it, else null."""
    return _ACCEPTED.get(column.sql_type, _always)(read, value, column, table)


def _always(read: str, value: Value, column: Column, table: Table) -> str:
    return read


def _integer(read: str, value: Value, column: Column, table: Table) -> str:
    if value.is_text:
        # DuckDB also reads 5.7 (as 6), 1_000 and 0x1F; the first test spares most values the pattern.
        whole = f"{read}::VARCHAR = {value.sql} OR regexp_full_match({value.sql}, '[+-]?[0-9]+(\\.0*)?')"
    elif value.type in ("DOUBLE", "FLOAT") or value.type.startswith("DECIMAL"):
        whole = f"{value.sql} = trunc({value.sql})"
    else:
        return read
    return f"CASE WHEN {whole} THEN {read} END"


def _double(read: str, value: Value, column: Column, table: Table) -> str:
    plain = f" AND NOT contains({value.sql}, '_')" if value.is_text else ""
    return f"CASE WHEN isfinite({read}){plain} THEN {read} END"


def _decimal(read: str, value: Value, column: Column, table: Table) -> str:
    """DuckDB rounds to the fen; a value that it had to round is not an amount."""
    if value.is_text:
        exact = f"abs({read}::DOUBLE - try_cast({value.sql} AS DOUBLE)) < {_AMOUNT_NOISE} AND NOT contains({value.sql}, '_')"
    elif value.type == "DOUBLE":
        exact = f"abs({read}::DOUBLE - {value.sql}) < {_AMOUNT_NOISE}"
    elif value.type == "FLOAT":
        exact = f"{read}::FLOAT = {value.sql}"
    elif value.type.startswith("DECIMAL"):
        exact = f"{read} = {value.sql}"
    else:
        return read
    return f"CASE WHEN {exact} THEN {read} END"


def _within_years(read: str, value: Value, column: Column, table: Table) -> str:
    decides = column.is_event or column.name in table.dated_by
    kind, until = column.sql_type, _DATED_UNTIL if decides else _UNTIL
    return f"CASE WHEN {read} >= {kind} '{_FROM}' AND {read} < {kind} '{until}' THEN {read} END"


_ACCEPTED: dict[str, Callable[[str, Value, Column, Table], str]] = {
    "BIGINT": _integer,
    "DOUBLE": _double,
    "DECIMAL(12,2)": _decimal,
    "DATE": _within_years,
    "TIMESTAMP": _within_years,
}


def _boolean(value: Value) -> str:
    if value.type == "BOOLEAN":
        return value.sql
    if not value.is_text:
        return f"CASE {as_text(value)} WHEN '1' THEN true WHEN '0' THEN false END"
    words = [
        f"WHEN '{word}' THEN {meaning}"
        for pair in zip(_WORDS["true"], _WORDS["false"], strict=True)
        for word, meaning in zip(pair, _WORDS, strict=True)
    ]
    return f"CASE lower({value.sql}) {' '.join(words)} END"


def _moment(value: Value, style: Style, zone: str) -> str:
    """The wall time in Shanghai; a time without an offset is in ``zone`` (a day has no zone and stays as it is)."""
    sql = value.sql
    counted = [each for each in style.date_formats if each in _COUNTED]
    if value.is_text:
        if not style.date_formats:
            return _iso(sql, zone)
        tried = [_read_as(value, date_format, zone) for date_format in style.date_formats]
        if style.iso_beside_formats:
            is_iso = f"regexp_matches({sql}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T|$)')"
            tried.append(f"CASE WHEN {is_iso} THEN {_iso(sql, zone)} END")
        return f"coalesce({', '.join(tried)})"
    if value.type == "TIMESTAMP WITH TIME ZONE":
        return _wall_time(sql)
    if value.type.startswith("TIMESTAMP"):
        return _from_zone(f"{sql}::TIMESTAMP", zone)
    if value.type == "DATE":
        return f"{sql}::TIMESTAMP"
    if counted and value.type != "BOOLEAN":
        return f"coalesce({', '.join(_read_as(value, each, zone) for each in counted)})"
    return "NULL::TIMESTAMP"


def _read_as(value: Value, date_format: str, zone: str) -> str:
    if date_format == ISO:
        return _iso(value.sql, zone)
    return _COUNTED[date_format](_count(value), zone) if date_format in _COUNTED else _formatted(value.sql, date_format, zone)


def _count(value: Value) -> str:
    number = f"try_cast({value.sql} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({value.sql}, '{_COUNT}') THEN {number} END" if value.is_text else number


def _since_1970(number: str, per_second: int) -> str:
    """An instant: the wall time in Shanghai."""
    is_known = f"{number} >= 0 AND {number} < {_SECONDS_TO_10000 * per_second}"
    moment = f"make_timestamp(CAST(round({number} * {1_000_000 // per_second}) AS BIGINT))"
    return f"CASE WHEN {is_known} THEN timezone('{TIME_ZONE}', timezone('UTC', {moment})) END"


def _spreadsheet_days(number: str, zone: str) -> str:
    """A wall time in ``zone``, to the millisecond: fractions of a day are inexact."""
    is_known = f"{number} >= {_FIRST_RIGHT_DAY} AND {number} < {_DAYS_TO_10000}"
    moment = f"make_timestamp(CAST(round(({number} - {_DAYS_TO_1970}) * 86400000) AS BIGINT) * 1000)"
    return f"CASE WHEN {is_known} THEN {_from_zone(moment, zone)} END"


_COUNTED: dict[str, Callable[[str, str], str]] = {
    EPOCH: lambda number, _: _since_1970(number, 1),
    EPOCH_MS: lambda number, _: _since_1970(number, 1000),
    EXCEL: _spreadsheet_days,
}


def _formatted(sql: str, date_format: str, zone: str) -> str:
    written = f"replace(replace({sql}, '上午', 'AM'), '下午', 'PM')" if "%p" in date_format else sql
    moment = f"try_strptime({written}, {literal(date_format)})"
    # With %z or %Z the text names its own offset, and DuckDB returns an instant.
    has_offset = "%z" in date_format or "%Z" in date_format
    return _wall_time(moment) if has_offset else _from_zone(moment, zone)


def _iso(sql: str, zone: str) -> str:
    """ISO 8601 with T or space, also 2025/1/5 8:03; a date alone is midnight.

    DuckDB's cast to TIMESTAMP ignores an offset and the word UTC, so texts with one are cast separately (a hyphen after a
    colon cannot belong to the date); that cast needs seconds and no space before the offset.
    """
    has_word = " OR ".join(f"ends_with({sql}, '{letter}')" for letter in "CcTt")
    word = "' *(UTC|GMT)$'"
    in_utc = f"CASE WHEN regexp_matches(upper({sql}), {word}) THEN regexp_replace(upper({sql}), {word}, 'Z') END"
    has_offset = f"contains({sql}, '+') OR {sql} LIKE '%:%-%' OR ends_with({sql}, 'Z') OR ends_with({sql}, 'z')"
    wall = _from_zone(f"try_cast({sql} AS TIMESTAMP)", zone)
    begins_with_digit = f"{sql} >= '0' AND {sql} < ':'"
    return (
        f"CASE WHEN {begins_with_digit} THEN CASE WHEN {has_offset} THEN {_instant(sql)} "
        f"WHEN {has_word} THEN {_instant(in_utc)} ELSE {wall} END END"
    )


def _instant(sql: str) -> str:
    tight = f"regexp_replace(upper({sql}), ' +([Z+-][0-9:]*)$', '\\1')"
    with_seconds = f"regexp_replace({tight}, '([T ][0-9]{{1,2}}:[0-9]{{1,2}})([Z+-])', '\\1:00\\2')"
    return _wall_time(f"try_cast({with_seconds} AS TIMESTAMPTZ)")


def _wall_time(instant: str) -> str:
    """The instant in Shanghai; null outside the years a date may have."""
    first, until = (f"TIMESTAMPTZ '{day} 00:00:00+00'" for day in _CONVERTIBLE)
    return f"CASE WHEN {instant} >= {first} AND {instant} < {until} THEN timezone('{TIME_ZONE}', {instant}) END"


def _from_zone(sql: str, zone: str) -> str:
    if zone == TIME_ZONE:
        return sql
    first, until = (f"TIMESTAMP '{day}'" for day in _CONVERTIBLE)
    return f"CASE WHEN {sql} >= {first} AND {sql} < {until} THEN timezone('{TIME_ZONE}', timezone({literal(zone)}, {sql})) END"
