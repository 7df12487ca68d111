"""Dagster asset ``report/publication``: the switch that makes a run current for users."""

import dagster as dg

from pipeline import flow
from pipeline.publish.scan_record import SCAN_TABLE, require_scanned
from pipeline.release.anonymity_assets import anonymity
from pipeline.release.assets import GATHERED_TABLES, RELEASED_TABLES
from pipeline.report.assets import REPORT
from pipeline.report.portal import write_portal
from pipeline.stage.partitions import OWNERS, PER_QUARTER, PUBLICATION
from pipeline.stage.resources import Places
from schemas.expectations.release import released_tables

# Everything a whole run gathers except the reports, before it is scanned for personal data.
_GATHERED = sorted([*GATHERED_TABLES, *(key.to_user_string() for key in anonymity.keys)])


@dg.asset(
    key=PUBLICATION,
    deps=[REPORT, *_GATHERED, RELEASED_TABLES, SCAN_TABLE],
    group_name=flow.PUBLISH,
    description=(
        "The switch: both layers of the run become current in one step; warehouse.duckdb shows the released, analyst.duckdb all. "
        "Tables the run did not make are copied from the quarter's last publication."
    ),
    kinds={"parquet", "duckdb"},
    owners=OWNERS,
    **PER_QUARTER,
)
def publication(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Publish what the run gathered."""
    step = places.begin(context, flow.PUBLISH, "publish")
    require_scanned(step.run)
    link = step.run.publish([*_GATHERED, SCAN_TABLE], released_tables())
    portal = write_portal(step.lake)
    return dg.MaterializeResult(
        metadata={
            "quarter": step.quarter.label,
            "published": dg.MetadataValue.path(str(link)),
            "portal": dg.MetadataValue.path(str(portal[0])) if portal else "",
            "warehouse": dg.MetadataValue.path(str(step.lake.warehouse)),
            "analyst warehouse": dg.MetadataValue.path(str(step.lake.analyst_warehouse)),
        }
    )
