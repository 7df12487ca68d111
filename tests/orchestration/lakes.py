"""What a lake published, read as bytes so that two runs can be compared, and what a run must not leave behind."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake


def current(lake: Path, quarter: str) -> Path:
    """The folder of the run that is published for a quarter."""
    return Lake(lake).current(Quarter.parse(quarter)).resolve()


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def published_contents(lake: Path) -> dict[str, bytes]:
    """Everything that readers of a lake reach: the current run of each quarter."""
    return {
        f"{quarter}/{name}": data
        for quarter in Lake(lake).published_quarters()
        for name, data in contents(current(lake, quarter.label)).items()
    }


def without_run_id(run: Path) -> dict[str, bytes]:
    """The bytes of every published file of a run, its run id taken out.

    A table without a run id stays as it was written; the others are written anew without that column.
    """
    return {
        path.relative_to(run).as_posix(): _table_without(path, run.name)
        if path.suffix == ".parquet"
        else path.read_bytes().replace(run.name.encode(), b"")
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }


# A lake says how many rows belong to quarters that were run in it, and to others; two of the tables count the lines of that one.
OF_THE_LAKE = ["anonymity.parquet", "privacy_scan.parquet", "row_reconciliation.parquet"]


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The names of files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def leftovers(lake: Path) -> list[str]:
    """What a finished run must not leave behind: folders of runs under way, scratch databases, temporary files."""
    return sorted(
        path.relative_to(lake).as_posix()
        for pattern in ("published/runs/.*", "published/current/.*", "scratch/*", "**/.*.tmp")
        for path in lake.glob(pattern)
    )


def _table_without(path: Path, run_id: str) -> bytes:
    table = pl.read_parquet(path)
    if "run_id" not in table.columns:
        return path.read_bytes()
    assert table["run_id"].unique().to_list() in ([], [run_id]), f"{path}: not only rows of its own run"
    table = table.drop("run_id")
    if path.stem == "run_info":
        table = table.filter(pl.col("key") != "run_id")
    written = io.BytesIO()
    table.write_parquet(written)
    return written.getvalue()
