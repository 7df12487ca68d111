"""Dagster assets ``raw/<table>``: what the landing folder holds, in the contract's columns and types.

Only what Dagster needs is here; this folder's pure functions read and cast.
"""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from pipeline import flow
from pipeline.extract.tables import extract_tables
from pipeline.extract.unread import Unread
from pipeline.lake.access_log import log_reading
from pipeline.stage.partitions import OWNERS, PER_QUARTER, quarter_of, selected_tables
from pipeline.stage.resources import Places
from schemas.contract import TABLES


@dg.multi_asset(
    name="extract",
    specs=[
        dg.AssetSpec(
            ["raw", table.name],
            group_name=flow.EXTRACT,
            description=f"{table.title} — {table.grain} Everything that came for the quarter, with file and row of origin.",
            kinds={"python", "duckdb", "parquet"},
            owners=OWNERS,
        )
        for table in TABLES.values()
    ],
    **PER_QUARTER,
    can_subset=True,
)
def extract(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Take every table's snapshot of the landing folder and cut the quarter out of it."""
    settings, quarter = places.settings(), quarter_of(context)
    sources, tables = settings.sources, selected_tables(context)
    log_reading(settings.lake, context.job_name, "landing", quarter, [table.name for table in tables], context.run.run_id)
    purged = []
    for table, (snapshot, result) in extract_tables(tables, quarter, settings.landing, sources, settings.lake):
        purged += [table.name] if result.is_purged and result.rows else []
        yield dg.MaterializeResult(
            asset_key=["raw", table.name],
            metadata={
                "quarter": quarter.label,
                "dagster/row_count": result.rows,
                "delivered": snapshot.delivered,
                "files": len(snapshot.files),
                "rows left out": snapshot.left_out,
                "records purged": result.is_purged,
            },
        )
    if len(tables) == len(TABLES):
        # Dagster keeps it; `asq run` prints it. Tables that did not come say so themselves.
        unread = replace(Unread.of(settings.landing, sources, settings.paths()), missing=())
        for line in unread.told():
            context.log.warning(line)
    if purged:
        context.log.warning(f"purged, and not delivered again: {', '.join(purged)} (evaluated from their clean rows)")
