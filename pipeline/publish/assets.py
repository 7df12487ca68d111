"""Dagster asset ``report/publication``: the switch that makes a run what users see."""

import dagster as dg

from pipeline import flow
from pipeline.publish.anonymity_assets import GATHERED_TABLES, anonymity
from pipeline.publish.scan_record import SCAN_TABLE, require_scanned
from pipeline.report.assets import REPORT
from pipeline.stage.partitions import (
    OWNERS,
    PUBLICATION,
    one_quarter_a_run,
    quarter_of,
    quarterly,
)
from pipeline.stage.places import Places
from pipeline.stage.progress import announce

# What a whole run gathers beside the reports, before it is scanned for personal data.
_GATHERED = sorted([*GATHERED_TABLES, *(key.to_user_string() for key in anonymity.keys)])


@dg.asset(
    key=PUBLICATION,
    deps=[REPORT, *_GATHERED, SCAN_TABLE],
    group_name=flow.PUBLISH,
    description=(
        "The switch: all tables and reports of the run become current in one step, and warehouse.duckdb shows them. "
        "What a run did not make is taken over from the quarter's last publication."
    ),
    kinds={"parquet", "duckdb"},
    owners=OWNERS,
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def publication(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Publish what the run gathered."""
    quarter = quarter_of(context)
    announce(flow.PUBLISH, "publish")
    run = places.run_folder(quarter, context.run.run_id)
    require_scanned(run)
    link = run.publish([*_GATHERED, SCAN_TABLE])
    return dg.MaterializeResult(
        metadata={
            "quarter": quarter.label,
            "published": dg.MetadataValue.path(str(link)),
            "warehouse": dg.MetadataValue.path(str(places.settings().lake.warehouse)),
        }
    )
