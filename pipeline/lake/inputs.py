"""Which clean files a run reads."""

from __future__ import annotations

from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters, read_quarters
from pipeline.lake.layout import Lake
from pipeline.lake.sql import quoted
from schemas.contract import Table


def clean_files(table: Table, quarter: Quarter, lake: Lake) -> list[Path]:
    """The clean Parquet files of a table that this run reads, in time order.

    For a table with quarters: those of the window; for a register: the quarter's own; for an accumulating table: earlier ones too.
    """
    quarters = [quarter]
    if table.has_quarters:
        quarters = read_quarters(quarter)
    elif table.accumulates:
        quarters = counted_quarters(quarter)
    return [path for each in quarters if (path := lake.partition("clean", table.name, each)).exists()]


def no_rows(table: Table) -> str:
    """SQL: the columns of a clean table, and no rows, for one that has no file."""
    columns = ", ".join(f"cast(null as {column.sql_type}) as {quoted(column.name)}" for column in table.columns)
    return f"select {columns}, cast(null as varchar) as quarter, cast(null as bigint) as _row_id where false"
