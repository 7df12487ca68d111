"""What became of every delivered row: the tables ``row_accounting`` and ``quarantine`` of a quarter.

Counts what the stages wrote; no rule is evaluated here.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.lake import Lake, atomic_path
from pipeline.publication import RunFolder
from pipeline.quarters import Quarter
from pipeline.sql import literal
from pipeline.validate.delivered import is_marked_delivered
from pipeline.validate.quarter import RowsLost
from schemas.contract import TABLES


def write_accounting(lake: Lake, quarter: Quarter, run: RunFolder) -> dict[str, dict[str, int]]:
    """Write both tables into the run's folder; returns extracted, accepted and quarantined rows per table.

    Raises RowsLost where rows in ≠ accepted + quarantined, or where desensitizing changed the number of rows.
    """
    counts: dict[str, dict[str, int]] = {}
    with duckdb.connect() as connection:
        connection.execute(
            'create table row_accounting ("table" varchar, quarter varchar, extracted bigint, accepted bigint, '
            "quarantined bigint, delivered boolean)"
        )
        for name in TABLES:
            extracted, accepted, clean = (
                _rows(connection, lake, stage, name, quarter) for stage in ("raw", "accepted", "clean")
            )
            quarantined = int(_mark(connection, lake.partition("quarantine", name, quarter), "quarantined") or 0)
            if extracted != accepted + quarantined or clean != accepted:
                raise RowsLost(
                    f"{name} {quarter}: {extracted} rows came, {accepted} were accepted, {quarantined} quarantined, "
                    f"{clean} are clean"
                )
            counts[name] = {"extracted": extracted, "accepted": accepted, "quarantined": quarantined}
            connection.execute(
                "insert into row_accounting values (?, ?, ?, ?, ?, ?)",
                [
                    name,
                    quarter.label,
                    extracted,
                    accepted,
                    quarantined,
                    is_marked_delivered(lake.partition("raw", name, quarter)),
                ],
            )
        refusals = ", ".join(literal(lake.partition("quarantine", name, quarter)) for name in TABLES)
        for table, query in (
            ("row_accounting", "select * from row_accounting"),
            (
                "quarantine",
                f"select * from read_parquet([{refusals}], union_by_name = true, hive_partitioning = false)",
            ),
        ):
            with atomic_path(run.table(table)) as path:
                connection.execute(
                    f"copy (select *, '{run.run_id}' as run_id from ({query}) order by all) "
                    f"to {literal(path)} (format parquet, compression zstd)"
                )
    return counts


def _mark(connection: duckdb.DuckDBPyConnection, path: Path, key: str) -> str | None:
    found = connection.execute(
        "select decode(value) from parquet_kv_metadata($path) where decode(key) = $key", {"path": str(path), "key": key}
    ).fetchone()
    return found[0] if found else None


def _rows(connection: duckdb.DuckDBPyConnection, lake: Lake, stage: str, table: str, quarter: Quarter) -> int:
    found = connection.execute(
        "select num_rows from parquet_file_metadata($path)", {"path": str(lake.partition(stage, table, quarter))}
    ).fetchone()
    return int(found[0]) if found else 0
