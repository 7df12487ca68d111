"""What the columns of a file hold: how many values, how they are written, whether they are dates, numbers or words.

Knows nothing of the contract's columns but how extract reads a date or a number. Values stay in memory; what may be shown of them
is decided by ``pipeline/check/shown.py`` (D-98).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import duckdb
import polars as pl

from pipeline.check import proposals
from pipeline.check.shown import PLACEHOLDERS, categories
from pipeline.extract import apart
from pipeline.extract.errors import UnclosedQuote
from pipeline.extract.mapping.casting import Style, Value, accepted, reading
from pipeline.extract.readers.open_records import open_records
from pipeline.lake.sql import quoted
from pipeline.privacy.shapes import shapes
from pipeline.settings.sources import DATE_WORDS
from pipeline.suggest.layout import Part
from schemas.contract import TABLES

MOST_ROWS = 200_000
"""Rows of a file that are looked at."""
_MOST_DISTINCT, _MOST_SHAPES, _FEWEST_MARKS = 4_000, 12, 3
# Signs, and words that no category is called: "no value" in every column. 无 or unknown may be an answer.
_NULL_MARKS = {mark for mark in PLACEHOLDERS if not any(character.isalpha() for character in mark)} | (
    PLACEHOLDERS
    & {"N/A", "n/a", "#N/A", "NULL", "null", "Null", "(null)", "<NULL>", "\\N", "NaN", "nan", "(空)", "(空白)", "[空]", "(跳过)"}
)
_TABLE = TABLES["service_requests"]
_MOMENT = _TABLE.column("requested_at")
_TIME_OF_DAY = re.compile(r"9{1,2}:99(:99)?")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
_MONEY = re.compile(r"[¥￥$€ ]*([+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?)[ 元]*")
_DIGITS, _FEW_COLUMNS = re.compile(r"[\d_-]+"), 3
# Years in which records of services are dated: digits without separators may be any number.
_YEARS = "1990", "2040"


@dataclass(frozen=True)
class Dates:
    """How dates of a column are written."""

    formats: tuple[tuple[str, ...], ...]
    """Each is a format, or several of which the days do not say which it is; empty: ISO 8601."""
    has_iso: bool
    share: float
    """Of the filled values, how many are read."""
    is_bare: bool = False
    """Digits without separators, which may be something else."""
    has_time: bool = True

    @property
    def is_open(self) -> bool:
        return any(len(each) > 1 for each in self.formats)

    @property
    def written(self) -> list[str]:
        """What ``date_format`` says; of open ones the first reading."""
        return [*(["iso"] if self.has_iso and self.formats else []), *(each[0] for each in self.formats)]


@dataclass(frozen=True)
class ColumnProfile:
    """One column: its values are those of at most ``MOST_ROWS`` rows."""

    name: str
    place: int
    cells: pl.Series = field(repr=False)
    """Text; null where empty or a mark for no value."""
    null_marks: tuple[str, ...]
    dates: Dates | None
    filled: int
    distinct: int
    values: pl.DataFrame = field(repr=False)
    """The most frequent: text, count, shape."""

    @property
    def filled_share(self) -> float:
        return self.filled / max(len(self.cells), 1)

    @cached_property
    def is_unique(self) -> bool:
        return self.filled > 0 and self.distinct == self.filled

    @cached_property
    def counted(self) -> list[tuple[str, int]]:
        """The texts with their numbers."""
        return list(self.values.select("text", "count").iter_rows())

    @cached_property
    def top_shapes(self) -> list[str]:
        by_shape = self.values.group_by("shape").agg(pl.col("count").sum()).sort("count", "shape", descending=[True, False])
        return by_shape["shape"].head(3).to_list()

    @cached_property
    def is_time_of_day(self) -> bool:
        return self._share(lambda text, shape: _TIME_OF_DAY.fullmatch(shape) is not None) >= 0.95

    @cached_property
    def midnight_share(self) -> float:
        """Of times of day: how many say 0:00:00, which often means that there was none."""
        return self._share(lambda text, shape: set(text) <= {"0", ":"})

    @cached_property
    def number_share(self) -> float:
        return self._share(lambda text, shape: _NUMBER.fullmatch(text) is not None and "," not in text)

    @cached_property
    def amount_share(self) -> float:
        """Also with separators of thousands and signs of currencies."""
        return self._share(lambda text, shape: _MONEY.fullmatch(text) is not None)

    @cached_property
    def numbers(self) -> list[float]:
        """The distinct numbers, those with separators too."""
        found = (_MONEY.fullmatch(text) for text in self.values["text"])
        return [float(match[1].replace(",", "")) for match in found if match]

    @cached_property
    def is_whole(self) -> bool:
        return self.number_share >= 0.95 and all(number.is_integer() for number in self.numbers)

    @cached_property
    def mean_length(self) -> float:
        total = int(self.values["count"].sum())
        return float((self.values["text"].str.len_chars() * self.values["count"]).sum()) / total if total else 0.0

    @cached_property
    def categories(self) -> set[str]:
        """The values that a message may show."""
        return categories(self.values.select("text", "count")) if self.distinct <= _MOST_DISTINCT else set()

    @property
    def kind(self) -> str:
        """In one word, for people."""
        if not self.filled:
            return "empty"
        if self.is_time_of_day:
            return "times of day"
        if self.dates is not None and not self.dates.is_bare:
            return "dates with time" if self.dates.has_time else "dates"
        if self.number_share >= 0.95:
            return "whole numbers" if self.is_whole else "numbers"
        if self.mean_length >= 25:
            return "long text"
        return "words" if self.distinct <= 0.2 * self.filled else "codes or names"

    def share_of(self, texts: set[str]) -> float:
        """How many of the filled cells are one of these texts."""
        return sum(count for text, count in self.counted if text in texts) / max(self.filled, 1)

    def _share(self, fits: object) -> float:
        assert callable(fits)
        total = int(self.values["count"].sum())
        fitting = sum(count for text, count, shape in self.values.iter_rows() if fits(text, shape))
        return fitting / total if total else 0.0


@dataclass(frozen=True)
class Join:
    """Another file in which a column of the file is looked up."""

    other: FileProfile
    own: str
    key: str
    columns: Mapping[str, str]
    """Name that the column gets → its name in the other file."""
    sql_name: str
    is_side: bool
    """The other file holds more columns of the same records."""


@dataclass(frozen=True)
class FileProfile:
    """Files of one header, or one sheet."""

    parts: tuple[Part, ...]
    columns: tuple[ColumnProfile, ...]
    rows: int
    is_cut: bool
    """There are more rows than were looked at."""
    joins: tuple[Join, ...] = ()
    """Where the last of the columns come from."""
    histories: tuple[str, ...] = ()
    """Files that have several rows with times for one of these: what happened to it."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def origin_of(self, name: str) -> str:
        """The column that holds the key by which a column is looked up; a column of the records themselves is its own."""
        return next((join.own for join in self.joins if name in join.columns and not join.is_side), name)

    @property
    def without_joins(self) -> FileProfile:
        """The columns that the file itself has."""
        joined = {name for join in self.joins for name in join.columns}
        return replace(self, joins=(), columns=tuple(column for column in self.columns if column.name not in joined))

    @property
    def looked_up(self) -> set[str]:
        """Columns whose values are keys of another file."""
        return {join.own for join in self.joins if not join.is_side}

    @property
    def null_marks(self) -> list[str]:
        """Marks for no value that come often enough to be a custom."""
        return sorted({mark for column in self.columns if column.mean_length < 25 for mark in column.null_marks})

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All cells, as text, by the columns' places."""
        return pl.DataFrame({str(column.place): column.cells for column in self.columns})


def profiles(parts: Sequence[Part], connection: duckdb.DuckDBPyConnection) -> Iterator[FileProfile]:
    """One profile for each header; files written in the same way with the same columns are one delivery in several parts."""
    groups: dict[object, list[tuple[Part, pl.DataFrame]]] = {}
    for part in parts:
        try:
            records = _records_of(part) if part.file.kind == "csv" else apart.call(_records_of, part)
        except UnclosedQuote:
            part = replace(part, written=part.written | {"quote": ""}, notes=(*part.notes, "quotes do not enclose fields here"))
            records = _records_of(part)
        names = tuple(records.columns)
        # Lists of a database have the same few columns, whatever they list.
        called = _DIGITS.sub("", part.name) if len(names) <= _FEW_COLUMNS else ""
        groups.setdefault((names, repr(part.written), called), []).append((part, records))
    for group in groups.values():
        together = pl.concat([records for _, records in group])
        cut = together.head(MOST_ROWS)
        columns = tuple(profiled(cut, connection))
        yield FileProfile(tuple(part for part, _ in group), columns, cut.height, together.height >= MOST_ROWS)


def _records_of(part: Part) -> pl.DataFrame:
    """The first records as text."""
    for _, records in open_records(part.opened):
        names = records.schema.names
        batches, height = [], 0
        for batch in records.batches(names):
            found = pl.DataFrame(batch)
            if "_field_rule" in found.columns:
                found = found.filter(pl.col("_field_rule").is_null())
            batches.append(found.select(pl.col(name).cast(pl.String) for name in names))
            height += batches[-1].height
            if height >= MOST_ROWS:
                break
        return pl.concat(batches).head(MOST_ROWS) if batches else pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.DataFrame()


def profiled(records: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> Iterator[ColumnProfile]:
    """The columns of records of text."""
    counted = [_counted(records[name]) for name in records.columns]
    # Once for all columns: to make shapes of many short series costs more than of a long one.
    texts = pl.concat([values["text"] for _, _, values, _ in counted])
    every = shapes(texts)
    start = 0
    for place, (kept, marks, values, distinct) in enumerate(counted):
        values = values.with_columns(shape=every.slice(start, values.height)).select(
            "text", pl.col("count").cast(pl.Int64), "shape"
        )
        start += values.height
        filled = len(kept) - kept.null_count()
        yield ColumnProfile(kept.name, place, kept, marks, _dates(values, connection), filled, distinct, values)


def _counted(cells: pl.Series) -> tuple[pl.Series, tuple[str, ...], pl.DataFrame, int]:
    """The cells without marks for no value, these marks, the most frequent texts with their numbers, and how many there are."""
    found = cells.filter(cells.is_in(list(_NULL_MARKS)).fill_null(False)).value_counts()
    marks = tuple(sorted(text for text, count in found.iter_rows() if count >= _FEWEST_MARKS or count * 10 >= len(cells)))
    kept = cells.set(cells.is_in(list(marks)).fill_null(False), None) if marks else cells
    values = kept.rename("text").drop_nulls().value_counts().sort("count", "text", descending=[True, False])
    return kept, marks, values.head(_MOST_DISTINCT), values.height


def _dates(values: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> Dates | None:
    """How the values are written if at least half of them are dates."""
    shown = values.filter(pl.col("shape").str.contains("9") & (pl.col("shape").str.len_chars() <= 32))
    total = int(values["count"].sum())
    if not total or int(shown["count"].sum()) < total / 2:
        return None
    frequent = (
        shown.group_by("shape").agg(pl.col("count").sum()).sort("count", "shape", descending=[True, False]).head(_MOST_SHAPES)
    )
    shown = shown.filter(pl.col("shape").is_in(frequent["shape"].to_list()))
    # Texts that some column of dates may hold have two numbers at least, or are digits alone.
    is_bare = bool(frequent["shape"].head(1).str.contains(r"^9+$")[0])
    if is_bare and len(frequent["shape"][0]) not in (6, 8, 10, 12, 13, 14):
        return None
    iso = pl.Series([]) if is_bare else _read(shown, Style(), connection)
    read = int(iso.sum()) if len(iso) else 0
    has_iso = read > 0
    unread = shown if is_bare else shown.filter(~iso.gt(0)).select("text", "shape", "count")
    found: list[tuple[str, ...]] = []
    if read < total:
        for formats in proposals.date_formats(unread, _MOMENT, _TABLE, "Asia/Shanghai", connection):
            usable = tuple(each for each in formats if is_bare or each not in DATE_WORDS)
            if not usable:
                continue
            count = int(_read(unread, Style((usable[0],)), connection, _YEARS if is_bare else None).sum())
            if count:
                found.append(usable)
                read += count
    if read < total / 2 or not (found or has_iso):
        return None
    has_time = values.filter(pl.col("shape").str.contains(r"[:时點点]|9T9"))["count"].sum() > 0 or any(
        "%H" in each[0] for each in found
    )
    return Dates(tuple(dict.fromkeys(found)), has_iso, min(read / total, 1.0), is_bare, bool(has_time))


def _read(
    values: pl.DataFrame, style: Style, connection: duckdb.DuckDBPyConnection, years: tuple[str, str] | None = None
) -> pl.Series:
    """For each value its count if it is read as a date, else 0."""
    value = Value("x", "VARCHAR")
    within = f" and year(t) between {years[0]} and {years[1]}" if years else ""
    query = (
        f"select case when {accepted('t', value, _MOMENT, _TABLE)} is not null{within} then n else 0 end as {quoted('n')} "
        f"from (select x, n, place, {reading(value, _MOMENT, style)} as t from probed) order by place"
    )
    probed = pl.DataFrame({"x": values["text"], "n": values["count"], "place": range(values.height)})
    connection.register("probed", probed.to_arrow())
    try:
        return pl.Series([row[0] for row in connection.execute(query).fetchall()], dtype=pl.Int64)
    finally:
        connection.unregister("probed")
