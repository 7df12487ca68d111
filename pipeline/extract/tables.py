"""The extract stage of one run: every table's snapshot, and the quarter cut out of it.

``assets.py`` connects it to Dagster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline import flow
from pipeline.calendar.quarters import Quarter
from pipeline.extract.files import require_some_table
from pipeline.extract.look_back import quarters_to_extract
from pipeline.extract.partition import ExtractResult, extract_quarter, require_some_row
from pipeline.extract.snapshot import Snapshot, take_snapshot
from pipeline.lake.damaged import require_source
from pipeline.lake.layout import Lake
from pipeline.settings.sources import SourceConfig
from pipeline.stage.per_table import for_each_table
from schemas.contract import TABLES, Table


def extract_tables(
    tables: Sequence[Table], quarter: Quarter, landing: Path, sources: SourceConfig, lake: Lake
) -> Iterator[tuple[Table, tuple[Snapshot, ExtractResult]]]:
    """Yield each table with what was taken, in the order of ``tables``.

    Raises what ``take_snapshot`` and ``require_source`` do, and what ``require_some_row`` does once all tables of the contract
    were taken.
    """
    # Reports an empty landing folder once, not once per table.
    require_some_table(landing, sources)

    def take(table: Table) -> tuple[Snapshot, ExtractResult]:
        snapshot = take_snapshot(table, landing, sources, lake, quarter)
        require_source(lake, table.name, quarter, snapshot.rows_by_quarter, snapshot.rows)
        for other in quarters_to_extract(table, quarter, lake):
            extract_quarter(table, other, lake)
        return snapshot, extract_quarter(table, quarter, lake)

    results = []
    for table, taken in for_each_table(flow.EXTRACT, tables, take):
        results.append(taken[1])
        yield table, taken
    if len(results) == len(TABLES):
        require_some_row(quarter, landing, results, lake)
