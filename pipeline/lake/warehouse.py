"""``warehouse.duckdb``: views over the published Parquet of all quarters, for users and BI tools."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from pipeline.lake.database import connected
from pipeline.lake.files import readable_path
from pipeline.lake.layout import Lake
from pipeline.lake.sql import literal, parquet

# A file's name as a text literal in a view.
_FILE = re.compile(r"'((?:[^']|'')+\.parquet)'")


def refresh_stale_warehouse(lake: Lake) -> None:
    """Rebuild ``warehouse.duckdb`` if it does not show the current runs: a run died between its switch and the views."""
    if _shown_runs(lake) != {
        str(folder)
        for folder in (lake.current(quarter).resolve() for quarter in lake.published_quarters())
        if any(folder.glob("*.parquet"))
    }:
        refresh_warehouse(lake)


def _shown_runs(lake: Lake) -> set[str]:
    """The folders of the files named in the warehouse's views; none if it does not exist or cannot be read."""
    if not lake.warehouse.exists():
        return set()
    try:
        with connected(file=lake.warehouse, read_only=True) as connection:
            views = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    except duckdb.Error:
        return set()
    named = {text for (sql,) in views for text in _FILE.findall(sql)}
    return {str(Path(text.replace("''", "'")).parent) for text in named}


def refresh_warehouse(lake: Lake) -> None:
    """Rebuild ``warehouse.duckdb``: one view per published table over all published quarters, swapped in one step.

    The views name the runs' own files, which never change: an open warehouse keeps showing one publication in all tables while
    others are published. A run's file may hold the look-back quarters it used; the view shows only its own quarter. Tables without
    quarter, period or run (the standard as data, the calendar) are shown as last published.
    """
    with lake.lock("warehouse"):
        published = {quarter.label: lake.current(quarter).resolve() for quarter in lake.published_quarters()}
        names = sorted({path.stem for folder in published.values() for path in folder.glob("*.parquet")})
        with readable_path(lake.warehouse) as temporary, connected(file=temporary) as connection:
            for name in names:
                files = {quarter: folder / f"{name}.parquet" for quarter, folder in published.items()}
                connection.execute(f"create view {name} as {_view(connection, files)}")


def _view(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> str:
    """The query of a view over one table's files by quarter."""
    found = {quarter: path for quarter, path in files.items() if path.exists()}
    latest = found[max(found)]
    columns = {row[0] for row in connection.execute(f"describe from {parquet(latest)}").fetchall()}
    if "quarter" in columns:
        owners = " ".join(f"when {literal(path)} then '{quarter}'" for quarter, path in found.items())
        everything = parquet(found.values(), filename=True)
        return f"select * exclude (filename) from {everything} where quarter = case filename {owners} end"
    shown = found.values() if columns & {"period", "run_id"} else [latest]
    return f"select * from {parquet(shown)}"
