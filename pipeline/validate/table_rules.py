"""Phase 2: rules that compare a row with other rows of its table, among rows that meet all row rules.

In file order: the first of several rows that exclude each other is accepted, so a corrected row sent again next to its refused
original takes its place. Run in DuckDB, out of core. ``other_quarters`` finds the rows of other quarters that exclude a
row.
"""

from __future__ import annotations

from bisect import bisect_left
from math import inf
from pathlib import Path

import duckdb
import polars as pl

from pipeline.lake.row_key import joined_values
from pipeline.lake.sql import parquet, quoted
from pipeline.lake.versions import bounds_given, implied_bounds
from pipeline.validate.delivered import hashed
from pipeline.validate.row_rules import BROKEN_SCHEMA
from schemas.contract import Table

_RAW = parquet("$raw")


def broken_table_rules(table: Table, raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every rule between rows that a row of the partition breaks (``BROKEN_SCHEMA``).

    Reads the rows refused so far from the temporary table ``refused(_row_id)`` and adds its own to it; the table
    ``key_taken`` names rows that another quarter excludes.
    """
    found = [_unique_key(table, raw, connection)]
    if table.is_versioned:
        found.append(_version_overlap(table, raw, connection))
    return pl.concat(found)


def _unique_key(table: Table, raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    names = _identity(table, raw, connection)
    key, hash_of_key = ", ".join(map(quoted, names)), hashed(names)
    same = " and ".join(f"standing.{quoted(name)} is not distinct from repeated.{quoted(name)}" for name in names)
    return _refuse(
        "unique_key",
        names,
        f"""
        with suspected as (select {hash_of_key} as hash from {_RAW} group by hash having count(*) > 1),
        standing as (
            select _row_id, {key} from {_RAW} anti join refused using (_row_id)
            where {hash_of_key} in (from suspected) or _row_id in (from key_taken)
        ),
        repeated as (select {key}, min(_row_id) as first_row from standing group by {key} having count(*) > 1)
        select standing._row_id, {joined_values(names, "standing")} as value
        from standing join repeated on {same}
        where standing._row_id > repeated.first_row
        union
        select _row_id, {joined_values(names)} as value from standing semi join key_taken using (_row_id)
        """,
        raw,
        connection,
    )


def _identity(table: Table, raw: Path, connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The columns that tell rows apart: those of versions without any start are told apart by their ends (D-93)."""
    if table.is_versioned and bounds_given(parquet([raw]), connection) == (False, True):
        return tuple("valid_to" if name == "valid_from" else name for name in table.unique_key)
    return table.unique_key


def _version_overlap(table: Table, raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Versions of a register entry whose [valid_from, valid_to) overlaps one accepted before them.

    Where no row of the register has an end, a version ends where the next one begins, and the other way round (D-93).
    """
    key = ", ".join(map(quoted, table.key))
    starts, ends = implied_bounds(table.key, *bounds_given(parquet([raw]), connection))
    suspects = connection.execute(
        f"""
        with standing as (
            select *, coalesce(valid_from, date '-infinity') as starts, coalesce(valid_to, date 'infinity') as ends
            from (
                select {key}, _row_id, {starts} as valid_from, {ends} as valid_to
                from {_RAW} anti join refused using (_row_id)
            )
        ),
        versioned as (select {key} from standing group by {key} having count(*) > 1),
        looked_back as (
            select *, max(ends) over (
                partition by {key} order by starts, _row_id rows between unbounded preceding and 1 preceding
            ) > starts as meets_an_earlier_start
            from standing semi join versioned using ({key})
        ),
        suspect as (select distinct {key} from looked_back where meets_an_earlier_start)
        select dense_rank() over (order by {key}) as entry, _row_id,
            date_diff('day', date '1970-01-01', valid_from) as starts,
            date_diff('day', date '1970-01-01', valid_to) as ends
        from standing semi join suspect using ({key})
        order by _row_id
        """,
        {"raw": str(raw)},
    ).fetchall()
    overlapping = _overlapping(suspects)
    connection.register("overlapping", pl.DataFrame({"_row_id": overlapping}, schema={"_row_id": pl.Int64}).to_arrow())
    bounds = ("valid_from", "valid_to")
    try:
        return _refuse(
            "version_overlap",
            bounds,
            f"select _row_id, {joined_values(bounds)} as value from {_RAW} semi join overlapping using (_row_id)",
            raw,
            connection,
        )
    finally:
        connection.unregister("overlapping")


def _overlapping(versions: list[tuple[int, int, int | None, int | None]]) -> list[int]:
    """From (entry, row id, start, end) in file order: the row ids whose interval overlaps an accepted one of its entry."""
    # Accepted intervals of an entry never overlap, so only the previous and next in time can overlap a new one.
    accepted: dict[int, list[tuple[float, float]]] = {}
    refused = []
    for entry, row_id, start, end in versions:
        interval = (-inf if start is None else start, inf if end is None else end)
        intervals = accepted.setdefault(entry, [])
        place = bisect_left(intervals, interval)
        meets_previous = place > 0 and intervals[place - 1][1] > interval[0]
        meets_next = place < len(intervals) and intervals[place][0] < interval[1]
        if meets_previous or meets_next:
            refused.append(row_id)
        else:
            intervals.insert(place, interval)
    return refused


def _refuse(rule: str, columns: tuple[str, ...], query: str, raw: Path, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    found = connection.execute(query, {"raw": str(raw)}).pl()
    broken = found.select("_row_id", rule=pl.lit(rule), column=pl.lit("|".join(columns)), value="value")
    broken = broken.cast(BROKEN_SCHEMA)
    if not broken.is_empty():
        connection.register("found", broken.select("_row_id").to_arrow())
        connection.execute("insert into refused select _row_id from found")
        connection.unregister("found")
    return broken
