"""Dagster assets of the report stage: the quarter's reports, and the publication that makes a run what users see."""

import dagster as dg

from pipeline.publish.anonymity_assets import GATHERED_TABLES, anonymity
from pipeline.publish.scan_record import SCAN_TABLE, require_scanned
from pipeline.report.write import write_reports
from pipeline.stage.partitions import (
    GATHERED,
    OWNERS,
    PUBLICATION,
    gathered_metadata,
    one_quarter_a_run,
    quarter_of,
    quarterly,
)
from pipeline.stage.places import Places
from pipeline.stage.progress import announce

# What a whole run gathers beside the reports, before it is scanned for personal data.
_GATHERED = sorted([*GATHERED_TABLES, *(key.to_user_string() for key in anonymity.keys)])
REPORT = dg.AssetKey(["report", "quarterly_report"])


@dg.asset(
    key=REPORT,
    deps=[
        *("indicator_values", "indicator_variants", "scores", "run_info", "quarantine"),
        *("weights", "weight_judgements", "weight_rounds", "row_accounting", "row_accounting_by_enterprise"),
        *("acceptance_results", "data_quality", "data_quality_rules"),
        *("anonymity", "mart_survey_respondents"),
        *("rule_results", "process_rules", "survey_validity", "outlier_groups", "outlier_effects"),
        *("cleaning_log", "row_reconciliation"),
        *("indicator_catalogue", "evaluation_nodes", "mart_period_coverage", "mart_source_rows"),
    ],
    group_name="report",
    description=(
        "One self-contained HTML page per enterprise: scores, indicators, row accounting, process rules, choices. "
        + GATHERED
    ),
    kinds={"html", "jinja"},
    owners=OWNERS,
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def quarterly_report(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Write the quarter's reports into the run's folder."""
    quarter = quarter_of(context)
    announce("report", "quarterly report")
    reports = write_reports(places.run_folder(quarter, context.run.run_id).path, quarter)
    return dg.MaterializeResult(
        metadata={**gathered_metadata(context, quarter), "reports": [path.name for path in reports]}
    )


@dg.asset(
    key=PUBLICATION,
    deps=[REPORT, *_GATHERED, SCAN_TABLE],
    group_name="report",
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
    announce("report", "publish")
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
