"""What a table's quarter looks like: rows, missing values and distributions per enterprise, counted once and kept.

Only what can be compared with another quarter's without reading its rows again. Which differences matter is judged
elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from pipeline.deliveries import DELIVERY_MARKS, FINGERPRINT, PARENTS, PSEUDONYM_KEY
from pipeline.desensitize.stage import clean_names
from pipeline.extract.writer import read_metadata
from pipeline.lake import Lake, make_private, pinned, private_path
from pipeline.quarters import Quarter
from pipeline.sql import literal, quoted
from schemas.acceptance import ALL_ENTERPRISES
from schemas.contract import Column, Table

ROWS, MISSING, LAST_DAY, VALUE = "rows", "missing", "last_day", "value"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "fact": pl.String,
        "column": pl.String,
        "bucket": pl.String,
        "count": pl.Int64,
    }
)
"""One row per enterprise × fact: ``rows``; ``missing`` per column; ``last_day`` (``bucket`` is the day of the last event);
``value`` per column and bucket: a category, or a half power of two of a number (durations in seconds, days of dates)."""

_VERSION = "1"
# More values than this are no categories: their shares are too small to be compared.
_MOST_CATEGORIES = 60
_NUMBERS = ("integer", "double", "decimal(12,2)")
_MARKS = (FINGERPRINT, PARENTS, PSEUDONYM_KEY)


def profile(table: Table, quarter: Quarter, lake: Lake) -> pl.DataFrame | None:
    """The profile (``SCHEMA``) of a table's clean quarter; None where there is no clean partition.

    Kept beside the lake's other stages, and counted anew when it was not made from the clean partition as it is now.
    """
    clean, kept = lake.partition("clean", table.name, quarter), lake.partition("profile", table.name, quarter)
    if not clean.is_file():
        return None
    with pinned(lake, [clean]) as (path,):
        marks = {mark: value for mark, value in read_metadata(path).items() if mark in (*_MARKS, *DELIVERY_MARKS)}
        wanted = marks | {"profile": _VERSION}
        if kept.is_file() and {name: read_metadata(kept).get(name) for name in wanted} == wanted:
            return pl.read_parquet(kept, hive_partitioning=False)
        counted = _counted(table, path)
    make_private(lake.root / "profile")
    with private_path(kept) as temporary:
        counted.write_parquet(temporary, compression="zstd", statistics=False, metadata=wanted)
    return counted


def _counted(table: Table, clean: Path) -> pl.DataFrame:
    source = f"read_parquet({literal(clean)}, hive_partitioning = false)"
    enterprise = _enterprise(table)
    with duckdb.connect() as connection:
        texts = [column for column in table.columns if _may_be_category(column)]
        distinct = connection.execute(
            f"select {', '.join([f'approx_count_distinct({quoted(c.name)})' for c in texts] or ['0'])} from {source}"
        ).fetchone()
        assert distinct is not None
        few = {column.name for column, number in zip(texts, distinct, strict=False) if number <= _MOST_CATEGORIES}
        selects = [f"select {enterprise} as e, '{ROWS}' as f, '' as c, '' as b, count(*) as n from {source} group by 1"]
        selects += [
            f"select {enterprise}, '{MISSING}', {literal(column.name)}, '', count(*) - count({quoted(name)}) "
            f"from {source} group by 1"
            for column in table.columns
            for name in clean_names(column)[:1]
        ]
        if table.event:
            selects.append(
                f"select {enterprise}, '{LAST_DAY}', {literal(table.event.name)}, "
                f"coalesce(cast(cast(max({quoted(table.event.name)}) as date) as varchar), ''), 0 from {source} group by 1"
            )
        for column in table.columns:
            bucket = _bucket(table, column, few)
            if bucket:
                selects.append(
                    f"select {enterprise}, '{VALUE}', {literal(column.name)}, {bucket} as b, count(*) "
                    f"from {source} group by 1, b having b is not null"
                )
        found = connection.execute(
            f'select e as enterprise_id, f as fact, c as "column", b as bucket, n as "count" '
            f"from ({' union all '.join(selects)}) order by all"
        ).pl()
    return found.cast(SCHEMA)


def _enterprise(table: Table) -> str:
    return "enterprise_id" if "enterprise_id" in table.polars_schema else literal(ALL_ENTERPRISES)


def _may_be_category(column: Column) -> bool:
    is_place = column.references == "regions"
    return column.type == "string" and not (
        column.values or column.is_key or column.pii or (column.references and not is_place)
    )


def _bucket(table: Table, column: Column, few: set[str]) -> str | None:
    """SQL of the bucket a value counts in; None where a column has no distribution that means anything."""
    name = quoted(column.name)
    if column.pii or column.is_key:
        return None
    if column.values or column.name in few:
        return name
    if column.type == "boolean":
        return f"cast({name} as varchar)"
    if column.type in _NUMBERS:
        return _scaled(f"cast({name} as double)")
    if column.type == "timestamp" and table.event and not column.is_event and table.event.type == "timestamp":
        return _scaled(f"cast(date_diff('second', {quoted(table.event.name)}, {name}) as double)")
    return None


def _scaled(number: str) -> str:
    return (
        f"case when {number} = 0 then '0' when isfinite({number}) then "
        f"case when {number} < 0 then '-' else '+' end || cast(floor(2 * log2(abs({number}))) as integer) end"
    )
