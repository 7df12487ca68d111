"""Dagster assets ``raw/<table>``: what the landing folder holds, in the contract's columns and types.

Reading and casting are in this folder's pure functions; here is only what Dagster needs to know.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline.extract.files import require_some_table
from pipeline.extract.partition import extract_quarter
from pipeline.extract.snapshot import take_snapshot
from pipeline.extract.sources import load_sources
from pipeline.neighbours import unevaluated_neighbours
from pipeline.partitions import OWNERS, one_quarter_a_run, quarter_of, quarterly, selected_tables
from pipeline.progress import announce
from pipeline.refusals import Refusals
from pipeline.resources import Places
from schemas.contract import TABLES


@dg.multi_asset(
    name="extract",
    specs=[
        dg.AssetSpec(
            ["raw", table.name],
            group_name="extract",
            description=f"{table.title} — {table.grain} Everything that came for the quarter, with file and row of origin.",
            kinds={"python", "duckdb", "parquet"},
            owners=OWNERS,
        )
        for table in TABLES.values()
    ],
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
    can_subset=True,
)
def extract(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Take every table's snapshot of the landing folder and cut out the quarter."""
    settings, quarter = places.settings(), quarter_of(context)
    sources = load_sources(settings.sources)
    # Of an empty landing folder once, not once a table.
    require_some_table(settings.landing, sources)
    refusals = Refusals()
    for table in selected_tables(context):
        announce("extract", table.name)
        with refusals.collected():
            snapshot = take_snapshot(table, settings.landing, sources, settings.lake)
            for neighbour in unevaluated_neighbours(table, quarter, settings.lake, snapshot.rows_by_quarter):
                extract_quarter(table, neighbour, settings.lake)
            result = extract_quarter(table, quarter, settings.lake)
            yield dg.MaterializeResult(
                asset_key=["raw", table.name],
                metadata={
                    "quarter": quarter.label,
                    "dagster/row_count": result.rows,
                    "delivered": snapshot.delivered,
                    "files": len(snapshot.files),
                },
            )
    refusals.raise_collected()
