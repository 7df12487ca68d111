"""How a run's results are published: gathered in one folder, then switched to in one step.

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
from pipeline.lake.files import atomic_path, open_folder, open_to_readers, remove_temporary_files
from pipeline.lake.layout import Lake
from pipeline.lake.sql import literal
from pipeline.lake.warehouse import refresh_stale_warehouse, refresh_warehouse

_BUILDING = ".building-"
_LOCK = ".lock"
_held_locks: dict[Path, TextIO] = {}


class RunFolder:
    """The folder in which a run gathers the tables and reports that it will publish for its quarter."""

    def __init__(self, lake: Lake, quarter: Quarter, run_id: str) -> None:
        self.lake = lake
        self.quarter = quarter
        self.run_id = run_id
        self.path = lake.runs / f"{_BUILDING}{run_id}"

    def open(self) -> RunFolder:
        """Make the folder, once per run. Everything this run does not make anew comes from the current publication."""
        if self.path not in _held_locks:
            # Under one lock, so that a folder being made is never taken for an abandoned one.
            with self.lake.lock("runs"):
                _remove_abandoned(self.lake)
                open_folder(self.lake.runs)
                self.path.mkdir(mode=0o700, exist_ok=True)
                _held_locks[self.path] = _lock(self.path)
            remove_temporary_files(self.lake)
            refresh_stale_warehouse(self.lake)
            current = self.lake.current(self.quarter)
            if current.exists():
                shutil.copytree(current.resolve(), self.path, copy_function=_link, dirs_exist_ok=True)
        return self

    def table(self, name: str) -> Path:
        """The Parquet file of a table; writers replace it whole (``atomic_path``), because an earlier run may share it."""
        return self.path / f"{name}.parquet"

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
        return self.path / "report"

    def publish(self, tables: Iterable[str]) -> Path:
        """Switch the quarter to this run's tables and reports; returns the link users follow.

        Raises UsageError if one of ``tables`` (all that a whole run makes) or the reports are missing: half a publication
        would count as an evaluated quarter.
        """
        missing = [name for name in sorted(tables) if not self.table(name).is_file()]
        missing += [] if self.reports.is_dir() else ["report"]
        if missing:
            raise UsageError(
                f"{self.quarter} cannot be published: {', '.join(missing)} not made and never published before. "
                f"Evaluate the whole quarter: `asq run {self.quarter}`, or materialize all its assets"
            )
        final = self.lake.runs / self.run_id
        open_to_readers(self.path)
        _synchronise(self.path)
        link = self.lake.current(self.quarter)
        open_folder(link.parent)
        fresh = link.with_name(f".{link.name}.{self.run_id}")
        with self.lake.lock("runs"):
            # A folder with its lock file that was never linked is removed when its process has died.
            _forget_lock(link)
            os.replace(self.path, final)
            fresh.symlink_to(os.path.relpath(final, link.parent))
            os.replace(fresh, link)
            _forget_lock(link)
        _release(self.path)
        refresh_warehouse(self.lake)
        return link

    def discard(self) -> None:
        """Remove what a failed run gathered; the publication stays as it was."""
        shutil.rmtree(self.path, ignore_errors=True)
        _release(self.path)


def remove_abandoned(lake: Lake) -> list[str]:
    """Remove the folders of runs whose process died (their lock is free); returns their run ids.

    Published runs stay, including those replaced by a later run.
    """
    with lake.lock("runs"):
        return _remove_abandoned(lake)


def _remove_abandoned(lake: Lake) -> list[str]:
    removed = []
    links = [lake.current(quarter) for quarter in lake.published_quarters()]
    for link in links:
        _forget_lock(link)
    linked = {link.resolve() for link in links}
    # Links are made under the lock held here: one without its final name belongs to a dead process.
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
