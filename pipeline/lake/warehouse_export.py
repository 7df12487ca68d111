"""The warehouse as one file that needs no lake: tables in place of views, for readers elsewhere and tools that open one file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.errors import UsageError
from pipeline.lake.database import connected
from pipeline.lake.files import private_path
from pipeline.lake.layout import Lake
from pipeline.lake.sql import literal, quoted
from pipeline.lake.warehouse import comment, refresh_stale_warehouse
from schemas.expectations.meanings import LATEST


def export_warehouse(lake: Lake, target: Path) -> dict[str, int]:
    """Write what readers may see of all published quarters into one DuckDB file; returns the rows of each table.

    The released layer only: tables with their comments, ``latest_…`` as views. Raises UsageError if nothing was published, or if
    the target lies in the lake.
    """
    quarters = lake.published_quarters()
    if not quarters:
        raise UsageError(f"{lake.root}: nothing was published yet; run `asq run` first")
    if target.resolve().is_relative_to(lake.root.resolve()):
        raise UsageError(f"{target}: is in the lake; choose a file outside it")
    refresh_stale_warehouse(lake)
    rows = {}
    with (
        connected(file=lake.warehouse, read_only=True) as warehouse,
        private_path(target) as temporary,
        connected(file=temporary) as connection,
    ):
        views = warehouse.execute("select view_name from duckdb_views() where not internal order by view_name").fetchall()
        names = [name for (name,) in views]
        for name in names:
            if not name.startswith(LATEST):
                rows[name] = _copy(warehouse, connection, name)
        for name in names:
            if name.startswith(LATEST):
                connection.execute(
                    f"create view {quoted(name)} as {_newest(connection, name.removeprefix(LATEST), quarters[-1], lake)}"
                )
        comment(connection)
        # Closing would do so, too, and say nothing of a full disk.
        connection.execute("checkpoint")
    return rows


def _copy(warehouse: duckdb.DuckDBPyConnection, connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Through Arrow: only a connection of its own finds the files of the lake from where it was opened."""
    rows = warehouse.execute(f"from {quoted(name)}").to_arrow_table()
    connection.register("copied", rows)
    connection.execute(f"create table {quoted(name)} as from copied order by all")
    connection.unregister("copied")
    return int(rows.num_rows)


def _newest(connection: duckdb.DuckDBPyConnection, name: str, quarter: Quarter, lake: Lake) -> str:
    """The query of a view over the rows of the newest publication, by what tells them apart in the table."""
    columns = {row[0] for row in connection.execute(f"describe {quoted(name)}").fetchall()}
    if "quarter" in columns:
        return f"from {quoted(name)} where quarter = {literal(quarter.label)}"
    if "run_id" in columns:
        return f"from {quoted(name)} where run_id = {literal(lake.current(quarter).resolve().name)}"
    periods = ", ".join(literal(period) for period in sorted({each.period for each in published_periods(quarter)}))
    return f"from {quoted(name)} where period in ({periods})"
