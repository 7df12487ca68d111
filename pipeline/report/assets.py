"""Dagster asset of the report stage: the quarter's reports."""

import os

import dagster as dg

from pipeline import flow
from pipeline.release.anonymity_assets import anonymity
from pipeline.release.assets import RELEASED_TABLES
from pipeline.report.write import Wanted, remove_reports, write_reports
from pipeline.settings.places import NO_REPORTS_VARIABLE
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places

REPORT = dg.AssetKey(["report", "quarterly_report"])


@dg.asset(
    key=REPORT,
    deps=[RELEASED_TABLES, *anonymity.keys],
    **gathered_asset(
        flow.REPORT,
        "One report per enterprise × edition × language × format: what moved, why, where, what to do, and the bookkeeping.",
        {"html"},
    ),
)
def quarterly_report(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Write the quarter's reports into the run's folder."""
    step = places.begin(context, flow.REPORT, "quarterly report")
    if os.environ.get(NO_REPORTS_VARIABLE):
        remove_reports(step.run.released)
        return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "reports": []})
    reports = write_reports(step.run.released, step.quarter, Wanted.of_plan(step.settings.plan.reports))
    names = [path.relative_to(step.run.released).as_posix() for path in reports]
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "reports": names})
