"""Dagster asset ``report/publication``: the switch that makes a run what users see."""

import dagster as dg

from pipeline import flow
from pipeline.publish.anonymity_assets import GATHERED_TABLES, anonymity
from pipeline.publish.scan_record import SCAN_TABLE, require_scanned
from pipeline.report.assets import REPORT
from pipeline.stage.partitions import OWNERS, PER_QUARTER, PUBLICATION
from pipeline.stage.places import Places

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
    **PER_QUARTER,
)
def publication(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Publish what the run gathered."""
    step = places.begin(context, flow.PUBLISH, "publish")
    require_scanned(step.run)
    link = step.run.publish([*_GATHERED, SCAN_TABLE])
    return dg.MaterializeResult(
        metadata={
            "quarter": step.quarter.label,
            "published": dg.MetadataValue.path(str(link)),
            "warehouse": dg.MetadataValue.path(str(step.lake.warehouse)),
        }
    )
