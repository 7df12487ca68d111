"""The scratch DuckDB in which dbt builds, and the export of its marts as Parquet.

Counting belongs to dbt. One database per run, never shared; the builder (``dbt_builder``) decides whether it is a file or in
memory. The run's scratch folder holds the file, or what memory has no room for.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from pipeline.lake.files import atomic_path, make_private
from pipeline.lake.layout import Lake
from pipeline.lake.memory import Memory, in_mebibytes
from pipeline.lake.run_folder import RunFolder
from pipeline.lake.sql import literal
from pipeline.privacy.anonymity import LEFT_OUT_MARK, anonymised
from pipeline.settings.plan import PrivacyLimits
from schemas.expectations.privacy import RECORD_TABLES

# What dbt's profile reads.
_FOLDER, _MEMORY = "ASQ_SCRATCH_FOLDER", "ASQ_MARTS_MEMORY"

# Sorting by indicator halves the file size.
_SORTED_FIRST = ("indicator_id", "variant", "part")


@contextmanager
def scratch_folder(lake: Lake, run_id: str) -> Iterator[Path]:
    """Create a run's scratch folder and pass it and DuckDB's memory to dbt's profile; it is always removed at the end."""
    folder = lake.scratch / run_id
    for private in (lake.scratch, folder):
        make_private(private)
    given = {_FOLDER: str(folder), _MEMORY: in_mebibytes(Memory.of_run().database)}
    before = {name: os.environ.pop(name) for name in given if name in os.environ}
    os.environ.update(given)
    try:
        yield folder
    finally:
        for name in given:
            del os.environ[name]
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


def export_marts(
    tables: duckdb.DuckDBPyConnection, run: RunFolder, models: Iterable[str], privacy: PrivacyLimits
) -> dict[str, int]:
    """Write models of the scratch database to the run's folder in a fixed row order; returns rows per table.

    Record-level models are made k-anonymous; rows that could not be are counted in the file metadata ``LEFT_OUT_MARK``.
    """
    return export_tables(tables, run.table, models, privacy)


def export_tables(
    tables: duckdb.DuckDBPyConnection,
    file_of: Callable[[str], Path],
    models: Iterable[str],
    privacy: PrivacyLimits,
) -> dict[str, int]:
    """Write models of the scratch database to the Parquet files given by ``file_of``; see ``export_marts``."""
    rows = {}
    for model in models:
        relation = f"scratch.main.{model}"
        with ExitStack() as stack:
            path = stack.enter_context(atomic_path(file_of(model)))
            query, marks = _in_order(tables, relation), ""
            if declared := RECORD_TABLES.get(model):
                released = stack.enter_context(anonymised(tables, relation, declared, privacy.k, privacy.diversity))
                query = released.query
                left_out = [[*group, count] for group, count in released.left_out.items()]
                marks = f", kv_metadata {{{LEFT_OUT_MARK}: {literal(json.dumps(left_out))}}}"
            written = tables.execute(f"copy ({query}) to {literal(path)} (format parquet, compression zstd{marks})").fetchone()
            rows[model] = int(written[0]) if written else 0
    return rows


def _in_order(tables: duckdb.DuckDBPyConnection, relation: str) -> str:
    described = tables.execute(f"describe {relation}").fetchall()
    columns = sorted((name for name, *_ in described), key=lambda name: name not in _SORTED_FIRST)
    return f"select * from {relation} order by {', '.join(columns)}"
