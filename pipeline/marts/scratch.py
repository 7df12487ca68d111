"""The scratch DuckDB of a run: where dbt builds, and how its marts leave it as Parquet.

One database a run, never shared. Whether it is a file or lies in memory is the builder's choice (``dbt_builder``); the
run's scratch folder is where the file lies, or what memory has no room for. Nothing here counts anything.
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
from pipeline.lake.run_folder import RunFolder
from pipeline.lake.sql import literal
from pipeline.privacy.anonymity import LEFT_OUT_MARK, anonymised
from pipeline.settings.plan import PrivacyLimits
from schemas.expectations.privacy import RECORD_TABLES

_ENVIRONMENT = "ASQ_SCRATCH_FOLDER"

# Rows of one indicator beside each other make a file half as large.
_SORTED_FIRST = ("indicator_id", "variant", "part")


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


def export_marts(
    tables: duckdb.DuckDBPyConnection, run: RunFolder, models: Iterable[str], privacy: PrivacyLimits
) -> dict[str, int]:
    """Write models of the scratch database into the run's folder, rows in a fixed order; returns rows per table.

    Record-level models leave it k-anonymous; the rows that could not be are counted in the file's mark ``LEFT_OUT_MARK``.
    """
    return export_tables(tables, run.table, models, privacy)


def export_tables(
    tables: duckdb.DuckDBPyConnection,
    file_of: Callable[[str], Path],
    models: Iterable[str],
    privacy: PrivacyLimits,
) -> dict[str, int]:
    """Write models of the scratch database as the Parquet files that ``file_of`` names; see ``export_marts``."""
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
            written = tables.execute(
                f"copy ({query}) to {literal(path)} (format parquet, compression zstd{marks})"
            ).fetchone()
            rows[model] = int(written[0]) if written else 0
    return rows


def _in_order(tables: duckdb.DuckDBPyConnection, relation: str) -> str:
    described = tables.execute(f"describe {relation}").fetchall()
    columns = sorted((name for name, *_ in described), key=lambda name: name not in _SORTED_FIRST)
    return f"select * from {relation} order by {', '.join(columns)}"
