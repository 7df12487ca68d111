"""How a run's results become what users see: gathered in one folder, then switched to in one step.

A run killed at any moment leaves the old publication or the new one, never a mixture. What is in the tables is the stages'
business.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.layout import Lake, atomic_path, remove_temporary_files
from pipeline.lake.sql import literal

_BUILDING = ".building-"
_LOCK = ".lock"
_held_locks: dict[Path, TextIO] = {}
# A lake below a folder called quarter=2020-Q3 must not lend its tables a column of that name.
_AS_WRITTEN = "hive_partitioning = false"
# A file's name as a text literal in a view.
_FILE = re.compile(r"'((?:[^']|'')+\.parquet)'")


class RunFolder:
    """The folder in which one run gathers the tables and reports it will publish for its quarter."""

    def __init__(self, lake: Lake, quarter: Quarter, run_id: str) -> None:
        self.lake = lake
        self.quarter = quarter
        self.run_id = run_id
        self.path = lake.runs / f"{_BUILDING}{run_id}"

    def open(self) -> RunFolder:
        """Make the folder, once a run. Whatever this run does not make anew is taken over from the current publication."""
        if self.path not in _held_locks:
            # Under one lock, so that nobody takes a folder that is just being made for an abandoned one.
            with self.lake.lock("runs"):
                _remove_abandoned(self.lake)
                self.path.mkdir(parents=True, exist_ok=True)
                _held_locks[self.path] = _lock(self.path)
            remove_temporary_files(self.lake)
            refresh_stale_warehouse(self.lake)
            current = self.lake.current(self.quarter)
            if current.exists():
                shutil.copytree(current.resolve(), self.path, copy_function=_link, dirs_exist_ok=True)
        return self

    def table(self, name: str) -> Path:
        """The Parquet file of a table; writers replace it whole (``atomic_path``), for it may be shared with an earlier run."""
        return self.path / f"{name}.parquet"

    @property
    def reports(self) -> Path:
        return self.path / "report"

    def publish(self, tables: Iterable[str]) -> Path:
        """Switch the quarter to this run's tables and reports; returns the link users follow.

        Raises UsageError where one of ``tables``, all that a whole run makes, or the reports are not in the folder: half a
        publication would count as an evaluated quarter.
        """
        missing = [name for name in sorted(tables) if not self.table(name).is_file()]
        missing += [] if self.reports.is_dir() else ["report"]
        if missing:
            raise UsageError(
                f"{self.quarter} cannot be published: {', '.join(missing)} not made and never published before. "
                f"Evaluate the whole quarter: `asq run {self.quarter}`, or materialize all its assets"
            )
        final = self.lake.runs / self.run_id
        _synchronise(self.path)
        link = self.lake.current(self.quarter)
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f".{link.name}.{self.run_id}")
        with self.lake.lock("runs"):
            # A folder that keeps its lock file without being linked never was: it is removed when its process has died.
            _forget_lock(link)
            os.replace(self.path, final)
            fresh.symlink_to(os.path.relpath(final, link.parent))
            os.replace(fresh, link)
            _forget_lock(link)
        _release(self.path)
        refresh_warehouse(self.lake)
        return link

    def discard(self) -> None:
        """Drop what a failed run gathered; the publication stays as it was."""
        shutil.rmtree(self.path, ignore_errors=True)
        _release(self.path)


def remove_abandoned(lake: Lake) -> list[str]:
    """Remove the folders of runs whose process died (nobody holds their lock); returns their run ids.

    Published runs stay, also those that a later run replaced.
    """
    with lake.lock("runs"):
        return _remove_abandoned(lake)


def _remove_abandoned(lake: Lake) -> list[str]:
    removed = []
    links = [lake.current(quarter) for quarter in lake.published_quarters()]
    for link in links:
        _forget_lock(link)
    linked = {link.resolve() for link in links}
    # Links are made under the lock that is held here: one without its final name is a dead process's.
    for stale in (lake.root / "published" / "current").glob(".quarter=*"):
        stale.unlink()
    unpublished = [path.parent for path in lake.runs.glob(f"*/{_LOCK}") if path.parent.resolve() not in linked]
    for path in {*lake.runs.glob(f"{_BUILDING}*"), *unpublished}:
        run_id = path.name.removeprefix(_BUILDING)
        if path in _held_locks:
            continue
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            handle = _lock(path)
            shutil.rmtree(path, ignore_errors=True)
            handle.close()
            shutil.rmtree(lake.scratch / run_id, ignore_errors=True)
            removed.append(run_id)
    return removed


def _forget_lock(link: Path) -> None:
    (link / _LOCK).unlink(missing_ok=True)


def refresh_stale_warehouse(lake: Lake) -> None:
    """Rebuild ``warehouse.duckdb`` where it does not show the current runs: a run died between its switch and the views."""
    if _shown_runs(lake) != {
        str(folder)
        for folder in (lake.current(quarter).resolve() for quarter in lake.published_quarters())
        if any(folder.glob("*.parquet"))
    }:
        refresh_warehouse(lake)


def _shown_runs(lake: Lake) -> set[str]:
    """The folders whose files the warehouse's views name; none where it is not there or cannot be read."""
    if not lake.warehouse.exists():
        return set()
    try:
        with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
            views = connection.execute("select sql from duckdb_views() where not internal").fetchall()
    except duckdb.Error:
        return set()
    named = {text for (sql,) in views for text in _FILE.findall(sql)}
    return {str(Path(text.replace("''", "'")).parent) for text in named}


def refresh_warehouse(lake: Lake) -> None:
    """Rebuild ``warehouse.duckdb``: one view a published table over all published quarters, swapped in one step.

    The views name the files of the runs themselves, which never change: whoever has the warehouse open goes on seeing one
    publication, in all tables, while others are published. A run's own file may hold the look-back quarters it used: the view
    shows of each publication just its quarter. A table that belongs to no quarter, period or run (the standard as data, the
    calendar) is shown as last published.
    """
    with lake.lock("warehouse"):
        published = {quarter.label: lake.current(quarter).resolve() for quarter in lake.published_quarters()}
        names = sorted({path.stem for folder in published.values() for path in folder.glob("*.parquet")})
        with atomic_path(lake.warehouse) as temporary, duckdb.connect(str(temporary)) as connection:
            for name in names:
                files = {quarter: folder / f"{name}.parquet" for quarter, folder in published.items()}
                connection.execute(f"create view {name} as {_view(connection, files)}")


def _view(connection: duckdb.DuckDBPyConnection, files: dict[str, Path]) -> str:
    """The query of a view over one table's files by quarter."""
    found = {quarter: literal(path) for quarter, path in files.items() if path.exists()}
    latest = found[max(found)]
    columns = {row[0] for row in connection.execute(f"describe from read_parquet({latest}, {_AS_WRITTEN})").fetchall()}
    if "quarter" in columns:
        owners = " ".join(f"when {path} then '{quarter}'" for quarter, path in found.items())
        everything = (
            f"read_parquet([{', '.join(found.values())}], union_by_name = true, {_AS_WRITTEN}, filename = true)"
        )
        return f"select * exclude (filename) from {everything} where quarter = case filename {owners} end"
    shown = found.values() if columns & {"period", "run_id"} else [latest]
    return f"select * from read_parquet([{', '.join(shown)}], union_by_name = true, {_AS_WRITTEN})"


def _link(source: str, target: str) -> None:
    if not Path(target).exists():
        os.link(source, target)


def _lock(folder: Path) -> TextIO:
    handle = (folder / _LOCK).open("w")
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def _release(folder: Path) -> None:
    handle = _held_locks.pop(folder, None)
    if handle is not None:
        handle.close()


def _synchronise(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        if path.is_file() or path.is_dir():
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
