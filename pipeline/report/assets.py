"""Dagster asset of the report stage: the quarter's reports."""

import dagster as dg

from pipeline import flow
from pipeline.report.write import write_reports
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places

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
    **gathered_asset(
        flow.REPORT,
        "One self-contained HTML page per enterprise: scores, indicators, row accounting, process rules, choices.",
        {"html", "jinja"},
    ),
)
def quarterly_report(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Write the quarter's reports into the run's folder."""
    step = places.begin(context, flow.REPORT, "quarterly report")
    reports = write_reports(step.run.path, step.quarter)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "reports": [path.name for path in reports]})
