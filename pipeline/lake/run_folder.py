"""How a run's results are published: gathered in two folders, all of it and what is released, then switched to in one step.

A run killed at any moment leaves the old or the new publication, never a mixture. The stages decide what the tables hold.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.files import atomic_path, close_to_others, make_private, open_folder, open_to_readers, remove_temporary_files
from pipeline.lake.layout import Lake
from pipeline.lake.sql import literal
from pipeline.lake.warehouse import refresh_stale_warehouse, refresh_warehouse

_BUILDING = ".building-"
_LOCK = ".lock"
_RELEASED = ".released"
"""Marks a released folder: earlier versions showed readers every table."""
_held_locks: dict[Path, TextIO] = {}


class RunFolder:
    """The folders in which a run gathers the tables and reports of its quarter.

    ``path`` has everything, for the owner's analysts; ``released`` has what readers will see of it, and the reports.
    """

    def __init__(self, lake: Lake, quarter: Quarter, run_id: str) -> None:
        self.lake = lake
        self.quarter = quarter
        self.run_id = run_id
        self.path = lake.analyst_runs / f"{_BUILDING}{run_id}"
        self.released = lake.runs / f"{_BUILDING}{run_id}"

    def open(self) -> RunFolder:
        """Make the folders, once per run. Everything this run does not make anew comes from the current publication."""
        if self.path not in _held_locks:
            # Under one lock, so that a folder being made is never taken for an abandoned one.
            with self.lake.lock("runs"):
                _remove_abandoned(self.lake)
                _close_earlier_versions(self.lake)
                make_private(self.lake.analyst_runs)
                open_folder(self.lake.runs)
                for folder in (self.path, self.released):
                    folder.mkdir(mode=0o700, exist_ok=True)
                (self.released / _RELEASED).touch()
                _held_locks[self.path] = _lock(self.path)
            remove_temporary_files(self.lake)
            refresh_stale_warehouse(self.lake)
            if self.lake.current(self.quarter).exists():
                for published, folder in (
                    (self.lake.analyst(self.quarter), self.path),
                    (self.lake.current(self.quarter).resolve(), self.released),
                ):
                    # A lake that was handed on to readers has no analysts' layer.
                    if not published.is_dir():
                        continue
                    shutil.copytree(published, folder, copy_function=_link, dirs_exist_ok=True)
        return self

    def table(self, name: str) -> Path:
        """The Parquet file of a table; writers replace it whole (``atomic_path``), because an earlier run may share it."""
        return self.path / f"{name}.parquet"

    def released_table(self, name: str) -> Path:
        """The Parquet file of what is released of a table, or of a table that is only released."""
        return self.released / f"{name}.parquet"

    def read_released(self, name: str) -> pl.DataFrame:
        """What is released of a table."""
        return pl.read_parquet(self.released_table(name))

    def write(self, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Make ``rows`` with this run's id the table ``name``, whole or not at all; returns what was written."""
        written = rows.with_columns(run_id=pl.lit(self.run_id))
        with atomic_path(self.table(name)) as path:
            written.write_parquet(path, compression="zstd", statistics=False)
        return written

    @contextlib.contextmanager
    def in_parts(self, name: str) -> Iterator[Callable[[pl.DataFrame], None]]:
        """``write`` for more rows than should be in memory: call what this yields with each part, in order, at least once."""
        with atomic_path(self.table(name)) as path, contextlib.ExitStack() as stack:
            writer: pq.ParquetWriter | None = None

            def add(rows: pl.DataFrame) -> None:
                nonlocal writer
                part = rows.with_columns(run_id=pl.lit(self.run_id)).to_arrow()
                if writer is None:
                    options: dict[str, Any] = {"compression": "zstd", "write_statistics": False, "store_schema": False}
                    writer = stack.enter_context(pq.ParquetWriter(path, part.schema, **options))
                writer.write_table(part)

            yield add

    def write_query(self, name: str, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        """``write`` for the rows of a query, sorted by all their columns."""
        with atomic_path(self.table(name)) as path:
            connection.execute(
                f"copy (select *, {literal(self.run_id)} as run_id from ({query}) order by all) "
                f"to {literal(path)} (format parquet, compression zstd)"
            )

    @property
    def reports(self) -> Path:
        return self.released / "report"

    @property
    def acceptance_pages(self) -> Path:
        """The pages on which a delivery is accepted, for the owner: they name columns, rows and rare values."""
        return self.path / "acceptance"

    def publish(self, tables: Iterable[str], released: Iterable[str]) -> Path:
        """Switch the quarter to this run's tables and reports, of both layers at once; returns the link readers follow.

        Raises UsageError if one of ``tables`` (all that a whole run makes), of ``released`` or the reports are missing: half a
        publication would count as an evaluated quarter.
        """
        missing = [name for name in sorted(tables) if not self.table(name).is_file()]
        unreleased = [name for name in sorted(released) if not self.released_table(name).is_file()]
        missing += [f"{name} (released)" for name in unreleased if name not in missing]
        missing += [] if self.reports.is_dir() else ["report"]
        if missing:
            raise UsageError(
                f"{self.quarter} cannot be published: {', '.join(missing)} not made and never published before. "
                f"Evaluate the whole quarter: `asq run {self.quarter}`, or materialize all its assets"
            )
        final = self.lake.runs / self.run_id
        open_to_readers(self.released)
        close_to_others(self.path)
        _synchronise(self.path)
        _synchronise(self.released)
        link = self.lake.current(self.quarter)
        open_folder(link.parent)
        fresh = link.with_name(f".{link.name}.{self.run_id}")
        with self.lake.lock("runs"):
            # A folder with its lock file that was never linked is removed when its process has died.
            _forget_lock(self.lake, self.quarter)
            os.replace(self.path, self.lake.analyst_runs / self.run_id)
            os.replace(self.released, final)
            fresh.symlink_to(os.path.relpath(final, link.parent))
            os.replace(fresh, link)
            _forget_lock(self.lake, self.quarter)
        _release(self.path)
        refresh_warehouse(self.lake)
        return link

    def discard(self) -> None:
        """Remove what a failed run gathered; the publication stays as it was."""
        for folder in (self.released, self.path):
            shutil.rmtree(folder, ignore_errors=True)
        _release(self.path)


def remove_abandoned(lake: Lake) -> list[str]:
    """Remove the folders of runs whose process died (their lock is free); returns their run ids.

    Published runs stay, including those replaced by a later run.
    """
    with lake.lock("runs"):
        return _remove_abandoned(lake)


def _remove_abandoned(lake: Lake) -> list[str]:
    removed = []
    quarters = lake.published_quarters()
    for quarter in quarters:
        _forget_lock(lake, quarter)
    linked = {lake.current(quarter).resolve().name for quarter in quarters}
    # Links are made under the lock held here: one without its final name belongs to a dead process.
    for stale in (lake.root / "published" / "current").glob(".quarter=*"):
        stale.unlink()
    unpublished = {path.parent.name for path in lake.analyst_runs.glob(f"*/{_LOCK}")} - linked
    building = {path.name for runs in (lake.analyst_runs, lake.runs) for path in runs.glob(f"{_BUILDING}*")}
    for name in building | unpublished:
        path = lake.analyst_runs / name
        if path in _held_locks:
            continue
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            # A process that died while it removed its folders may have left only the released one.
            handle = _lock(path) if path.is_dir() else None
            run_id = name.removeprefix(_BUILDING)
            for folder in (lake.runs / name, lake.runs / run_id, path):
                shutil.rmtree(folder, ignore_errors=True)
            if handle is not None:
                handle.close()
            shutil.rmtree(lake.scratch / run_id, ignore_errors=True)
            removed.append(run_id)
    return removed


def is_of_earlier_version(lake: Lake, quarter: Quarter) -> bool:
    """Whether a quarter was published by a version that showed readers every table."""
    return _is_earlier(lake.current(quarter))


def _is_earlier(published: Path) -> bool:
    return published.is_dir() and not (published / _RELEASED).exists()


def _close_earlier_versions(lake: Lake) -> None:
    """Take what earlier versions published, record-level tables too, from readers: it goes to the analysts' layer, unlinked."""
    for folder in lake.runs.glob("[!.]*"):
        if not _is_earlier(folder):
            continue
        make_private(lake.analyst_runs.parent)
        lake.analyst_runs.mkdir(exist_ok=True)
        for quarter in lake.published_quarters():
            if lake.current(quarter).resolve() == folder.resolve():
                lake.current(quarter).unlink()
        os.replace(folder, lake.analyst_runs / folder.name)


def _forget_lock(lake: Lake, quarter: Quarter) -> None:
    """A published folder has no lock: one without a lock file is never taken for an abandoned one."""
    if lake.current(quarter).exists():
        (lake.analyst(quarter) / _LOCK).unlink(missing_ok=True)


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
