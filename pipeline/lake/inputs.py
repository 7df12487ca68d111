"""Which clean files a run reads."""

from __future__ import annotations

from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters, read_quarters
from pipeline.lake.layout import Lake
from schemas.contract import Table


def clean_files(table: Table, quarter: Quarter, lake: Lake) -> list[Path]:
    """The clean Parquet files of a table this run reads, in time order.

    A table with quarters: those of the window; a register: that of the quarter itself; one that accumulates: also those before.
    """
    quarters = [quarter]
    if table.has_quarters:
        quarters = read_quarters(quarter)
    elif table.accumulates:
        quarters = counted_quarters(quarter)
    return [path for each in quarters if (path := lake.partition("clean", table.name, each)).exists()]
