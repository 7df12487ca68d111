"""Dagster assets of the report stage: the quarter's reports, and the publication that makes a run what users see."""

import dagster as dg

from pipeline import flow
from pipeline.report.write import write_reports
from pipeline.stage.partitions import (
    GATHERED,
    OWNERS,
    gathered_metadata,
    one_quarter_a_run,
    quarter_of,
    quarterly,
)
from pipeline.stage.places import Places
from pipeline.stage.progress import announce

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
    group_name=flow.REPORT,
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
    announce(flow.REPORT, "quarterly report")
    reports = write_reports(places.run_folder(quarter, context.run.run_id).path, quarter)
    return dg.MaterializeResult(
        metadata={**gathered_metadata(context, quarter), "reports": [path.name for path in reports]}
    )
