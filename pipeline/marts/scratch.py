"""The scratch DuckDB of a run: where dbt builds, and how its marts leave it as Parquet.

One database a run, never shared: DuckDB locks its file for one writer. Nothing here counts anything.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.lake import Lake, atomic_path
from pipeline.publication import RunFolder
from pipeline.sql import literal

# The prepared manifest holds the database name, so the base name is the same in every run.
_DATABASE_FILE = "scratch.duckdb"
_ENVIRONMENT = "ASQ_SCRATCH_DATABASE"

# What leaves the scratch database beside the models of dbt_project/models/marts.
EXPORTED_DIMENSIONS = ("dim_calendar", "indicator_catalogue", "evaluation_nodes", "parameters", "process_rules")


@contextmanager
def scratch_database(lake: Lake, run_id: str) -> Iterator[Path]:
    """Make a run's scratch database known to dbt's profile; it is removed at the end, whatever happened."""
    folder = lake.scratch / run_id
    folder.mkdir(parents=True, exist_ok=True)
    before = os.environ.get(_ENVIRONMENT)
    os.environ[_ENVIRONMENT] = str(folder / _DATABASE_FILE)
    try:
        yield folder / _DATABASE_FILE
    finally:
        if before is None:
            del os.environ[_ENVIRONMENT]
        else:
            os.environ[_ENVIRONMENT] = before
        shutil.rmtree(folder, ignore_errors=True)


def export_marts(database: Path, run: RunFolder, models: Iterable[str]) -> dict[str, int]:
    """Write models of the scratch database into the run's folder, rows in a fixed order; returns rows per table."""
    rows = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for model in models:
            with atomic_path(run.table(model)) as path:
                written = connection.execute(
                    f"copy (select * from {model} order by all) to {literal(path)} (format parquet, compression zstd)"
                ).fetchone()
                rows[model] = int(written[0]) if written else 0
    return rows
