"""The scratch DuckDB of a run: where dbt builds, and how its marts leave it as Parquet.

One database a run, never shared. Whether it is a file or lies in memory is the builder's choice (``dbt_builder``); the
run's scratch folder is where the file lies, or what memory has no room for. Nothing here counts anything.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.lake import Lake, atomic_path, make_private
from pipeline.publication import RunFolder
from pipeline.sql import literal

_ENVIRONMENT = "ASQ_SCRATCH_FOLDER"

# Rows of one indicator beside each other make a file half as large.
_SORTED_FIRST = ("indicator_id", "variant", "part")

# What leaves the scratch database beside the models of dbt_project/models/marts.
EXPORTED_DIMENSIONS = ("dim_calendar", "indicator_catalogue", "evaluation_nodes", "parameters", "process_rules")


@contextmanager
def scratch_folder(lake: Lake, run_id: str) -> Iterator[Path]:
    """Make a run's scratch folder known to dbt's profile; it is removed at the end, whatever happened."""
    folder = lake.scratch / run_id
    for private in (lake.scratch, folder):
        make_private(private)
    before = os.environ.get(_ENVIRONMENT)
    os.environ[_ENVIRONMENT] = str(folder)
    try:
        yield folder
    finally:
        if before is None:
            del os.environ[_ENVIRONMENT]
        else:
            os.environ[_ENVIRONMENT] = before
        shutil.rmtree(folder, ignore_errors=True)


def export_marts(tables: duckdb.DuckDBPyConnection, run: RunFolder, models: Iterable[str]) -> dict[str, int]:
    """Write models of the scratch database into the run's folder, rows in a fixed order; returns rows per table."""
    rows = {}
    for model in models:
        described = tables.execute(f"describe scratch.main.{model}").fetchall()
        columns = sorted((name for name, *_ in described), key=lambda name: name not in _SORTED_FIRST)
        with atomic_path(run.table(model)) as path:
            written = tables.execute(
                f"copy (select * from scratch.main.{model} order by {', '.join(columns)}) "
                f"to {literal(path)} (format parquet, compression zstd)"
            ).fetchone()
            rows[model] = int(written[0]) if written else 0
    return rows
