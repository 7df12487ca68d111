"""``warehouse.duckdb`` and ``analyst.duckdb``: views over the Parquet of all published runs, for readers and for analysts.

The views find the files in the folder that the database was opened from, so that a lake can be copied, moved or mounted elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.lake.database import connected
from pipeline.lake.files import private_path, readable_path
from pipeline.lake.layout import Lake
from pipeline.lake.sql import literal, parquet, quoted
from schemas.expectations.meanings import LATEST, column_comment, table_comment

# The folder of a run in the text of a view: the name that ``_files`` gave it.
_RUN = re.compile(r"'/((?:[^'/]|'')+)/(?:[^'/]|'')+\.parquet'")


def refresh_stale_warehouse(lake: Lake) -> None:
    """Rebuild the databases unless both show the current runs of this lake, where it is now.

    They do not if a run died between its switch and the views, or if the lake was moved.
    """
    for layer in _layers(lake):
        if _shown_runs(layer) != {folder.name for folder in _published(layer, lake).values() if any(folder.glob("*.parquet"))}:
            refresh_warehouse(lake)
            return


@dataclass(frozen=True)
class _Layer:
    """A database, the folders of the runs it shows, and the lake's folder."""

    database: Path
    runs: Path
    root: Path


def _layers(lake: Lake) -> tuple[_Layer, _Layer]:
    return _Layer(lake.warehouse, lake.runs, lake.root), _Layer(lake.analyst_warehouse, lake.analyst_runs, lake.root)


def _published(layer: _Layer, lake: Lake) -> dict[str, Path]:
    """The layer's folder of each published quarter's run."""
    found = {quarter.label: layer.runs / lake.current(quarter).resolve().name for quarter in lake.published_quarters()}
    return {quarter: folder for quarter, folder in found.items() if folder.is_dir()}


def _shown_runs(layer: _Layer) -> set[str]:
    """The runs named in the database's views; none if it does not exist, cannot be read or was made elsewhere."""
    if not layer.database.exists():
        return set()
    try:
        with connected(file=layer.database, read_only=True) as connection:
            views = [sql for (sql,) in connection.execute("select sql from duckdb_views() where not internal").fetchall()]
    except duckdb.Error:
        return set()
    return {text.replace("''", "'") for sql in views if literal(layer.runs) in sql for text in _RUN.findall(sql)}


def refresh_warehouse(lake: Lake) -> None:
    """Rebuild both databases: one view per table over all published quarters, each database swapped in one step.

    The views name the runs' own files, which never change: an open warehouse keeps showing one publication in all tables while
    others are published. A run's file may hold the look-back quarters it used; the view shows only its own quarter. Tables without
    quarter, period or run (the standard as data, the calendar) are shown as last published. ``latest_<table>`` is what the newest
    publication says. Tables, columns and views carry their meanings as comments.
    """
    with lake.lock("warehouse"):
        for layer in _layers(lake):
            published = _published(layer, lake)
            names = sorted({path.stem for folder in published.values() for path in folder.glob("*.parquet")})
            path_of = private_path if layer.database == lake.analyst_warehouse else readable_path
            with path_of(layer.database) as temporary, connected(file=temporary) as connection:
                for name in names:
                    files = {quarter: folder / f"{name}.parquet" for quarter, folder in published.items()}
                    connection.execute(f"create view {name} as {_view(connection, files, layer)}")
                    if newest := _newest(connection, files, layer):
                        connection.execute(f"create view {LATEST}{name} as {newest}")
                comment(connection)
                # Closing would do so, too, and say nothing of a full disk.
                connection.execute("checkpoint")


def comment(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the meanings of tables, views and columns into a database, as far as they are known."""
    kinds = {"BASE TABLE": "table", "VIEW": "view"}
    relations = connection.execute("select table_name, table_type from information_schema.tables").fetchall()
    statements = [
        f"comment on {kinds[kind]} {quoted(name)} is {literal(text)}" for name, kind in relations if (text := table_comment(name))
    ]
    columns = connection.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
    statements += [
        f"comment on column {quoted(name)}.{quoted(column)} is {literal(text)}"
        for name, column in columns
        if (text := column_comment(name, column))
    ]
    # At once: a third faster than one by one.
    if statements:
        connection.execute(f"begin; {'; '.join(statements)}; commit")


def _newest(connection: duckdb.DuckDBPyConnection, files: dict[str, Path], layer: _Layer) -> str | None:
    """The query of a view over what the newest publication says; None for a table that is only shown as last published."""
    found = {quarter: path for quarter, path in files.items() if path.exists()}
    newest = max(found)
    columns = {row[0] for row in connection.execute(f"describe from {parquet(found[newest])}").fetchall()}
    if not columns & {"quarter", "period", "run_id"}:
        return None
    rows = f"select * from {parquet(_files([found[newest]], layer))}"
    return f"{rows} where quarter = {literal(newest)}" if "quarter" in columns else rows


def _view(connection: duckdb.DuckDBPyConnection, files: dict[str, Path], layer: _Layer) -> str:
    """The query of a view over one table's files by quarter."""
    found = {quarter: path for quarter, path in files.items() if path.exists()}
    latest = found[max(found)]
    columns = {row[0] for row in connection.execute(f"describe from {parquet(latest)}").fetchall()}
    if "quarter" in columns:
        owners = " ".join(f"when {literal(path.parent.name)} then '{quarter}'" for quarter, path in found.items())
        everything = parquet(_files(found.values(), layer), union_by_name=True, filename=True)
        run = "parse_filename(parse_dirpath(filename))"
        return f"select * exclude (filename) from {everything} where quarter = case {run} {owners} end"
    shown = found.values() if columns & {"period", "run_id"} else [latest]
    return f"select * from {parquet(_files(shown, layer), union_by_name=True)}"


def _files(paths: Iterable[Path], layer: _Layer) -> str:
    """SQL: a list of files of runs, below the folder of the database that is asked.

    A view cannot name files relative to its database, but DuckDB's default folder for temporary files is ``<database>.tmp``,
    beside it. Where that is another folder (the warehouse is attached to a database in memory, or the user has chosen one), the
    files are sought where the lake was when the views were made. There are no files of other runs to be met by mistake: the
    folders of runs are named by their ids. https://duckdb.org/docs/stable/configuration/overview
    """
    own = f"parse_filename(current_setting('temp_directory')) = {literal(f'{layer.database.name}.tmp')}"
    beside = f"parse_dirpath(current_setting('temp_directory')) || {literal(f'/{layer.runs.relative_to(layer.root)}')}"
    folder = f"case when {own} then {beside} else {literal(layer.runs)} end"
    names = [literal(f"/{path.parent.name}/{path.name}") for path in paths]
    return f"[{', '.join(f'{folder} || {name}' for name in names)}]"
