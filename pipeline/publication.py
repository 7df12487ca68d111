"""How a run's results become what users see: gathered in one folder, then switched to in one step.

A run killed at any moment leaves the old publication or the new one, never a mixture. What is in the tables is the stages'
business.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import TextIO

import duckdb

from pipeline.lake import Lake, atomic_path
from pipeline.quarters import Quarter
from pipeline.sql import literal

_BUILDING = ".building-"
_LOCK = ".lock"
_held_locks: dict[Path, TextIO] = {}


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

    def publish(self) -> Path:
        """Switch the quarter to this run's tables and reports; returns the link users follow."""
        final = self.lake.runs / self.run_id
        _synchronise(self.path)
        # Without its lock file the folder would look abandoned until it has its final name.
        with self.lake.lock("runs"):
            (self.path / _LOCK).unlink(missing_ok=True)
            os.replace(self.path, final)
        link = self.lake.current(self.quarter)
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f".{link.name}.{self.run_id}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.path.relpath(final, link.parent))
        os.replace(fresh, link)
        _release(self.path)
        refresh_warehouse(self.lake)
        return link

    def discard(self) -> None:
        """Drop what a failed run gathered; the publication stays as it was."""
        shutil.rmtree(self.path, ignore_errors=True)
        _release(self.path)


def remove_abandoned(lake: Lake) -> list[str]:
    """Remove the folders of runs whose process died (nobody holds their lock); returns their run ids."""
    with lake.lock("runs"):
        return _remove_abandoned(lake)


def _remove_abandoned(lake: Lake) -> list[str]:
    removed = []
    for path in lake.runs.glob(f"{_BUILDING}*"):
        if path in _held_locks:
            continue
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            handle = _lock(path)
            shutil.rmtree(path, ignore_errors=True)
            handle.close()
            shutil.rmtree(lake.scratch / path.name.removeprefix(_BUILDING), ignore_errors=True)
            removed.append(path.name.removeprefix(_BUILDING))
    return removed


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
    columns = {row[0] for row in connection.execute(f"describe from read_parquet({latest})").fetchall()}
    if "quarter" in columns:
        owners = " ".join(f"when {path} then '{quarter}'" for quarter, path in found.items())
        everything = f"read_parquet([{', '.join(found.values())}], union_by_name = true, filename = true)"
        return f"select * exclude (filename) from {everything} where quarter = case filename {owners} end"
    shown = found.values() if columns & {"period", "run_id"} else [latest]
    return f"select * from read_parquet([{', '.join(shown)}], union_by_name = true)"


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
