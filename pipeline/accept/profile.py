"""The profile of a table's quarter: rows, missing values and distributions per enterprise, counted once and kept.

Only what can be compared with another quarter without reading its rows again. ``figures`` decides which differences matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.quarter import clean_names
from pipeline.lake.database import connected
from pipeline.lake.files import make_private, pinned, private_path
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import DELIVERY_MARKS, FINGERPRINT, PARENTS, PSEUDONYM_KEY
from pipeline.lake.sql import literal, parquet, quoted
from schemas.contract import Column, Table
from schemas.expectations.acceptance import ALL_ENTERPRISES

ROWS, MISSING, LAST_DAY, LAST_DATED, VALUE = "rows", "missing", "last_day", "last_dated", "value"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "fact": pl.String,
        "column": pl.String,
        "bucket": pl.String,
        "count": pl.Int64,
    }
)
"""One row per enterprise × fact: ``rows``; ``missing`` per column; ``last_day`` (``bucket`` is the day of the last event) and
``last_dated`` (by the date that puts rows into their quarter: due days of hazards, effective days of projects);
``value`` per column and bucket: a category, or a half power of two of a number (durations in seconds, days of dates)."""

_VERSION = "2"
# Columns with more values are not categories: the shares would be too small to compare.
_MOST_CATEGORIES = 60
_NUMBERS = ("integer", "double", "decimal(12,2)")
_MARKS = (FINGERPRINT, PARENTS, PSEUDONYM_KEY)


def profile(table: Table, quarter: Quarter, lake: Lake, connection: duckdb.DuckDBPyConnection | None = None) -> pl.DataFrame | None:
    """The profile (``SCHEMA``) of a table's clean quarter; None if there is no clean partition.

    Kept in the lake next to the stages, and counted again when the clean partition has changed. ``connection``: a DuckDB to
    reuse when many are counted.
    """
    clean, kept = lake.partition("clean", table.name, quarter), lake.partition("profile", table.name, quarter)
    if not clean.is_file():
        return None
    with pinned(lake, [clean]) as (path,):
        marks = {mark: value for mark, value in read_metadata(path).items() if mark in (*_MARKS, *DELIVERY_MARKS)}
        wanted = marks | {"profile": _VERSION}
        if kept.is_file() and wanted.items() <= read_metadata(kept).items():
            return pl.read_parquet(kept)
        if connection is None:
            with connected(lake.scratch) as own:
                counted = _counted(table, path, own)
        else:
            counted = _counted(table, path, connection)
    make_private(lake.root / "profile")
    with private_path(kept) as temporary:
        counted.write_parquet(temporary, compression="zstd", statistics=False, metadata=wanted)
    return counted


@dataclass(frozen=True)
class _Bucket:
    """SQL of the bucket of a value, and of the bucket's name, in which ``{0}`` is its column."""

    sql: str
    name: str = "cast({0} as varchar)"

    def label(self, column: str) -> str:
        return self.name.format(column)


def _counted(table: Table, clean: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    source = parquet(clean)
    texts = [column.name for column in table.columns if _may_be_category(column)]
    cells = {column.name: clean_names(column)[0] for column in table.columns}
    distinct = connection.execute(
        f"select {', '.join(f'approx_count_distinct({quoted(name)})' for name in texts) or 'count(*)'} from {source}"
    ).fetchone()
    assert distinct is not None
    few = {name for name, number in zip(texts, distinct, strict=False) if number <= _MOST_CATEGORIES}
    last = f"cast(cast(max({quoted(table.event.name)}) as date) as varchar)" if table.event else "null"
    dated = f"cast(cast(max(coalesce({', '.join(map(quoted, table.dated_by))})) as date) as varchar)" if table.event else "null"
    found = connection.execute(
        f"select {_enterprise(table)} as enterprise_id, {last}, {dated}, count(*), "
        f"{', '.join(f'count(*) - count({quoted(name)})' for name in cells.values())} from {source} group by 1 order by 1"
    ).fetchall()
    facts: list[tuple[str | None, str, str, str, int]] = []
    for enterprise, day, dated_day, rows, *missing in found:
        facts.append((enterprise, ROWS, "", "", rows))
        facts += [(enterprise, MISSING, name, "", count) for name, count in zip(cells, missing, strict=True)]
        if table.event and day:
            facts.append((enterprise, LAST_DAY, table.event.name, day, 0))
        if table.event and dated_day:
            facts.append((enterprise, LAST_DATED, table.dated_by[0], dated_day, 0))
    buckets = {c.name: bucket for c in table.columns if (bucket := _bucket(table, c, few))}
    facts += _values(table, buckets, source, connection)
    return pl.DataFrame(facts, schema=SCHEMA, orient="row").sort(pl.all())


def _values(
    table: Table, buckets: dict[str, _Bucket], source: str, connection: duckdb.DuckDBPyConnection
) -> list[tuple[str | None, str, str, str, int]]:
    """Rows per enterprise, column and bucket: one pass over the file, grouped by each column in turn."""
    if not buckets:
        return []
    columns = [quoted(name) for name in buckets]
    selected = ", ".join(f"{bucket.sql} as {name}" for name, bucket in zip(columns, buckets.values(), strict=True))
    # Groups are named when they are counted, not row by row.
    labels = ", ".join(bucket.label(name) for name, bucket in zip(columns, buckets.values(), strict=True))
    found = connection.execute(
        f"with bucketed as (select {_enterprise(table)} as enterprise_id, {selected} from {source}), "
        f"counted as (select enterprise_id, grouping({', '.join(columns)}) as mask, {', '.join(columns)}, count(*) as n "
        f"from bucketed group by grouping sets ({', '.join(f'(enterprise_id, {name})' for name in columns)})) "
        f"select enterprise_id, mask, coalesce({labels}), n from counted"
    ).fetchall()
    # The one bit of the mask that is 0 is the column grouped by; the first column has the highest bit.
    all_bits = (1 << len(columns)) - 1
    names = {all_bits ^ (1 << (len(columns) - 1 - place)): name for place, name in enumerate(buckets)}
    return [(enterprise, VALUE, names[mask], bucket, count) for enterprise, mask, bucket, count in found if bucket is not None]


def _enterprise(table: Table) -> str:
    return "enterprise_id" if "enterprise_id" in table.polars_schema else literal(ALL_ENTERPRISES)


def _may_be_category(column: Column) -> bool:
    is_place = column.references == "regions"
    return column.type == "string" and not (column.values or column.is_key or column.pii or (column.references and not is_place))


def _bucket(table: Table, column: Column, few: set[str]) -> _Bucket | None:
    """The buckets in which a column's values count; None if it has no meaningful distribution."""
    name = quoted(column.name)
    if column.pii or column.is_key:
        return None
    if column.values or column.name in few or column.type == "boolean":
        return _Bucket(name)
    if column.type in _NUMBERS:
        return _scaled(f"cast({name} as double)")
    if column.type == "timestamp" and table.event and not column.is_event and table.event.type == "timestamp":
        return _scaled(f"cast(date_diff('second', {quoted(table.event.name)}, {name}) as double)")
    return None


# Above the number of half powers of two in a double, so that the sign of a bucket is that of its values.
_OFFSET = 1 << 12


def _scaled(number: str) -> _Bucket:
    """Half powers of two by sign: a number that holds both, and 0."""
    return _Bucket(
        f"case when isfinite({number}) then cast(case when {number} = 0 then 0 else "
        f"sign({number}) * (floor(2 * log2(abs({number}))) + {_OFFSET}) end as integer) end",
        "case when {0} = 0 then '0' when {0} < 0 then '-' || cast(-{0} - " + f"{_OFFSET}" + " as varchar) "
        "else '+' || cast({0} - " + f"{_OFFSET}" + " as varchar) end",
    )
