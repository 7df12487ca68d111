"""Lines of ``sources.yaml`` that would read values which the contract's own way of writing does not.

Tries what people write on the values themselves, with the SQL that extract uses. Proposes; nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import polars as pl
import yaml

from pipeline.extract.mapping.casting import Style, Value, accepted, reading
from pipeline.settings.sources import EPOCH, EPOCH_MS, EXCEL, ISO, ColumnSource, SourceConfig
from schemas.contract import Column, Table

_DAYS = (
    *("%Y年%m月%d日", "%Y年%m月%d号", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y %m %d"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%y%m%d"),
    *("%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%a %b %d %Y", "%d/%b/%y", "%d/%b/%Y"),
)
_TIMES = (
    *("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H:%M:%S.%g", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", "%H:%M", "%H:%M:%S"),
    *("%H时%M分", " %H时%M分", "%H时%M分%S秒", " %H时%M分%S秒", "%H点%M分", " %H点%M分", " %H.%M", "%H%M", "%H%M%S", " %H%M"),
    *(" %H%M%S", "_%H%M%S", " %p%I:%M", " %p%I:%M:%S", " %p %I:%M", " %p %I:%M:%S", "%p%I:%M", "%p%I:%M:%S"),
)
# Moments that are counted: seconds and milliseconds have these many digits from 2001 to 2286, days from 1927 to 2173.
_COUNTS = {EPOCH: r"9{10}(\.9+)?", EPOCH_MS: "9{13}", EXCEL: r"9{5}(\.9+)?"}
# How a part of a format may look as a shape.
_LOOKS = {
    **dict.fromkeys("mdHMSI", "9{1,2}"),
    **{"Y": "9{4}", "y": "99", "g": "9{1,6}", "b": "[Aa]{3}", "a": "[Aa]{3}", "B": "[Aa]+", "p": "(?:[Aa]{2}|[上下]午)"},
}
_PARTS = re.compile(r"%([a-zA-Z])|(.)")
_VALUES_TRIED = 1000
# Of the values of one shape: a few may be no date at all (31/02/2025).
_READ_SHARE = 0.9


def _looks_like(date_format: str) -> re.Pattern[str]:
    parts = []
    for directive, mark in _PARTS.findall(date_format):
        parts.append(_LOOKS[directive] if directive else "A" if mark == "T" else re.escape(mark))
    return re.compile("".join(parts))


_FORMATS = (
    *((day + time, _looks_like(day + time)) for time in _TIMES for day in _DAYS),
    *((word, re.compile(looks)) for word, looks in _COUNTS.items()),
)


def date_formats(
    values: pl.DataFrame, column: Column, table: Table, zone: str, connection: duckdb.DuckDBPyConnection
) -> list[tuple[str, ...]]:
    """For each shape that some formats read, these formats; several where the days do not decide between them.

    ``values``: columns text, shape, count.
    """
    found: list[tuple[str, ...]] = []
    by_shape = values.group_by("shape").agg(pl.col("count").sum(), pl.col("text")).sort("count", "shape", descending=[True, False])
    for shape, _, texts in by_shape.iter_rows():
        fitting = [date_format for date_format, looks in _FORMATS if looks.fullmatch(shape)]
        read = _read_shares(texts[:_VALUES_TRIED], fitting, column, table, zone, connection)
        best = max(read, default=0.0)
        if best >= _READ_SHARE:
            found.append(tuple(date_format for date_format, share in zip(fitting, read, strict=True) if share == best))
    return _decided(found)


def _decided(found: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A column is written in one order of day and month: what one shape leaves open another may decide."""
    decided: list[tuple[str, ...]] = []
    for formats in sorted(found, key=len):
        if any(set(formats) & set(other) for other in decided):
            decided = [tuple(each for each in other if each in formats) or other for other in decided]
        else:
            decided.append(formats)
    return decided


def _read_shares(
    texts: Sequence[str],
    formats: Sequence[str],
    column: Column,
    table: Table,
    zone: str,
    connection: duckdb.DuckDBPyConnection,
) -> list[float]:
    """The share of the texts that each format reads."""
    if not formats:
        return []
    value = Value("x", "VARCHAR")
    reads = ", ".join(f"{reading(value, column, Style((each,), zone))} as t{place}" for place, each in enumerate(formats))
    counts = ", ".join(f"count({accepted(f't{place}', value, column, table)})" for place in range(len(formats)))
    connection.register("unread", pl.DataFrame({"x": list(texts)}).to_arrow())
    try:
        row = connection.execute(f"select {counts} from (select x, {reads} from unread)").fetchone()
    finally:
        connection.unregister("unread")
    assert row is not None
    return [count / len(texts) for count in row]


def date_line(
    column: Column, table: Table, sources: SourceConfig, found: Iterable[tuple[str, ...]], has_readable: bool
) -> str | None:
    """The line that reads what is read now and the formats found; None where an expression makes the column's values."""
    configured = sources.table(table.name).columns.get(column.name) or ColumnSource.model_validate(column.name)
    if configured.sources is None:
        return None
    formats = [*(configured.date_formats or ((ISO,) if has_readable else ())), *(first for first, *_ in found)]
    names = configured.sources
    written: dict[str, Any] = {"from": names[0] if len(names) == 1 else [*names]}
    if configured.values:
        written["values"] = dict(configured.values)
    if configured.has_otherwise:
        written["otherwise"] = configured.otherwise
    written["date_format"] = formats[0] if len(formats) == 1 else formats
    others = sorted({other for _, *rest in found for other in rest})
    unclear = f" (or {', '.join(others)}: the days do not decide)" if others else ""
    return _line(table, {"columns": {column.name: written}}) + unclear


def null_line(table: Table, sources: SourceConfig, words: Iterable[str]) -> str:
    """The line that reads these words as no value."""
    known = sources.table(table.name).format.null_values
    return _line(table, {"format": {"null_values": [*known, *words]}})


def both_lines(lines: Iterable[str | None]) -> str | None:
    """Several lines as one text; None if there is none."""
    return " and ".join(line for line in lines if line) or None


def _line(table: Table, content: dict[str, Any]) -> str:
    written = yaml.safe_dump(content, default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf"))
    return f"tables: {{{table.name}: {written.strip()}}}"
