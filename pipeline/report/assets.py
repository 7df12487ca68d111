"""Dagster assets of the report stage: what the quarter's reports conclude, and the reports."""

import os

import dagster as dg

from pipeline import flow
from pipeline.release.anonymity_assets import anonymity
from pipeline.release.assets import RELEASED_TABLES
from pipeline.release.tables import Layer
from pipeline.report.claims.table import TABLE as CLAIMS
from pipeline.report.claims.table import claims_table
from pipeline.report.model.run_tables import RunTables
from pipeline.report.write import Wanted, write_no_reports, write_reports
from pipeline.settings.places import NO_REPORTS_VARIABLE
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places

REPORT = dg.AssetKey(["report", "quarterly_report"])


@dg.asset(
    key=CLAIMS,
    deps=[RELEASED_TABLES, *anonymity.keys],
    **gathered_asset(
        flow.REPORT,
        "One row per enterprise × period × edition × conclusion × fact: the sentence in two languages, and the rows of released "
        "tables that each of its numbers is read from (PR-46).",
        {"polars", "parquet"},
    ),
)
def claims(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Draw the conclusions of all editions from the released layer, and release them."""
    step = places.begin(context, flow.REPORT, "conclusions")
    drawn = claims_table(RunTables.read(step.run.released, step.quarter))
    rows = Layer(step.run, step.settings.plan.privacy.k).release(CLAIMS, drawn)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key=REPORT,
    deps=[RELEASED_TABLES, *anonymity.keys, CLAIMS],
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
        write_no_reports(step.run.released)
        return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "reports": []})
    reports = write_reports(step.run.released, step.quarter, Wanted.of_plan(step.settings.plan.reports))
    names = [path.relative_to(step.run.released).as_posix() for path in reports]
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "reports": names})
