"""Dagster asset of the report stage: the quarter's reports."""

import dagster as dg

from pipeline import flow
from pipeline.release.anonymity_assets import anonymity
from pipeline.release.assets import RELEASED_TABLES
from pipeline.report.write import write_reports
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places

REPORT = dg.AssetKey(["report", "quarterly_report"])


@dg.asset(
    key=REPORT,
    deps=[RELEASED_TABLES, *anonymity.keys],
    **gathered_asset(
        flow.REPORT,
        "One self-contained HTML page per enterprise: scores, indicators, row accounting, process rules, choices.",
        {"html", "jinja"},
    ),
)
def quarterly_report(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Write the quarter's reports into the run's folder."""
    step = places.begin(context, flow.REPORT, "quarterly report")
    reports = write_reports(step.run.released, step.quarter)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "reports": [path.name for path in reports]})
