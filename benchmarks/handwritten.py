"""The benchmark's reference: one hand-written DuckDB script for the indicator values of one quarter.

No validation, no treatment of personal data, no lineage, no intervals, scores or reports: what a good engineer would write
to get the numbers. Reads the same landing Parquet files as the pipeline and writes one Parquet file of values.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from pipeline.calendar.quarters import Quarter

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "handwritten.sql"
HOLIDAYS = HERE.parent / "dbt_project" / "seeds" / "holiday_notices.csv"


def compute(landing: Path, quarter: Quarter, output: Path) -> int:
    """Write ``output``: enterprise_id, period, scope_type, scope_id, indicator_id, variant, value, …; returns the row count."""
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        run_script(connection, landing, quarter)
        target = str(output).replace("'", "''")
        written = connection.execute(
            f"copy (select * from indicator_values where value is not null) to '{target}' (format parquet)"
        ).fetchone()
    return int(written[0]) if written else 0


def run_script(connection: duckdb.DuckDBPyConnection, folder: Path, quarter: Quarter) -> None:
    """Run the script on a folder of Parquet files, one a table; leaves its temporary tables, ``indicator_values`` last."""
    for name, value in {
        "landing": str(folder),
        "holidays": str(HOLIDAYS),
        "quarter": quarter.label,
        "first_day": quarter.first_day,
        "end_day": quarter.end_day,
    }.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(SCRIPT.read_text(encoding="utf-8"))


def main() -> None:
    """Command line: ``python -m benchmarks.handwritten LANDING OUTPUT [--quarter 2025-Q1]``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("landing", type=Path, help="folder of landing Parquet files, one a table")
    parser.add_argument("output", type=Path, help="Parquet file to write")
    parser.add_argument("--quarter", type=Quarter.parse, default="2025-Q1")
    arguments = parser.parse_args()
    print(f"{compute(arguments.landing, arguments.quarter, arguments.output)} values")


if __name__ == "__main__":
    main()
